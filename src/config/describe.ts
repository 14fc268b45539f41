/** The summary at the start: what will be done, in words, without a secret. */
import type { Config, MachineConfig, StationConfig } from "./config.ts";
import { sourceTexts } from "./schema/source.ts";
import { redact } from "./secrets.ts";
import { duration, list } from "./units.ts";

/** Stations, machines, broker, policy, warnings and notes, one sentence a line. */
export function describeConfig(config: Config): string {
  const lines: [word: string, text: string][] = [
    ["read", config.files.length > 0 ? list(config.files) : "the environment"],
    ["broker", brokerLine(config)],
    ["sources", sourcesLine(config)],
    ...Object.entries(config.stations).map(([id, station]): [string, string] => [
      "station",
      stationLine(id, station),
    ]),
    ...Object.entries(config.machines).map(([id, machine]): [string, string] => [
      "machine",
      machineLine(id, machine),
    ]),
    ["policy", policyLine(config)],
    [
      "state",
      `${config.stateDir}, log ${config.logLevel}${config.site === null ? "" : `, site ${config.site}`}`,
    ],
    ...config.warnings.map((text): [string, string] => ["WARNING", text]),
    ...config.notes.map((text): [string, string] => ["note", text]),
  ];
  return redact(lines.map(([word, text]) => `${word.padEnd(8)} ${text}`).join("\n"), config.secrets);
}

function brokerLine({ mqtt, broker, base }: Config): string {
  const topics = `topics ${base}/… and power-manager/…`;
  if (mqtt) {
    const user = mqtt.username === null ? "anonymous" : `as ${mqtt.username}`;
    const password = mqtt.password === null ? "" : ", password set";
    const ca = mqtt.ca === null ? "" : `, CA ${mqtt.ca.path}`;
    return `${mqtt.url} ${user}${password}${ca}; ${topics}`;
  }
  const users = broker?.users ? `users ${list(Object.keys(broker.users))}` : "anonymous";
  return `embedded, ${broker?.host}:${broker?.port}, ${users}; ${topics}`;
}

function sourcesLine({ sources }: Config): string {
  const kinds = [...new Set(sources.map(({ kind }) => kind))];
  if (!kinds.includes("mqtt")) {
    const own = kinds.map((kind) => sourceTexts[kind]);
    return [...own, "readings of others for stations that no source serves"].join("; ");
  }
  return kinds.map((kind) => sourceTexts[kind]).join("; ");
}

function stationLine(id: string, station: StationConfig): string {
  const facts = [
    station.name === id ? null : `written "${station.name}"`,
    station.serial === null ? null : `serial ${station.serial}`,
    station.capacityWh === null ? null : `${station.capacityWh} Wh`,
    station.dischargeLimitPercent === null ? null : `cuts at ${station.dischargeLimitPercent + 1} %`,
    station.assumedLoadWatts === null ? null : `at least ${station.assumedLoadWatts} W assumed`,
    station.upstream === null ? null : `fed by ${station.upstream}`,
  ].filter((fact) => fact !== null);
  return facts.length > 0 ? `${id}: ${facts.join(", ")}` : id;
}

function machineLine(id: string, machine: MachineConfig): string {
  const { socPercent, runtimeSec, onBatterySec } = machine.shutdownAt;
  const when = [
    `at ${socPercent} %`,
    runtimeSec === null ? null : `with ${duration(runtimeSec)} left`,
    onBatterySec === null ? null : `after ${duration(onBatterySec)} on battery`,
  ].filter((word) => word !== null);
  const supplies = machine.stations.length > 1 ? `, needs ${machine.minSupplies} of them` : "";
  const times = `waits ${duration(machine.delaySec)}, stops in ${duration(machine.stopSec)}`;
  const key = machine.key === null ? "commands unsigned" : "commands signed";
  return `${id} on ${list(machine.stations)}${supplies}: goes ${when.join(" or ")}; ${times}; ${key}`;
}

function policyLine({ policy }: Config): string {
  const blindMax =
    policy.blindMaxSec === "auto" ? "half of the projected time" : duration(policy.blindMaxSec);
  return [
    `${policy.socMinPercent} % for ${duration(policy.debounceSec)}`,
    `abort after ${duration(policy.abortAfterSec)} of mains`,
    `outage over after ${duration(policy.wakeAfterSec)}`,
    `blind after ${duration(policy.blindAfterSec)}, acts by ${blindMax}`,
    `repeats to silent agents every ${duration(policy.cooldownSec)}`,
    `command valid ${duration(policy.ttlSec)}`,
    `dead-man ${duration(policy.deadmanSec)}`,
  ].join("; ");
}
