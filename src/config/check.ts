/** Checks across fields: warnings about machines that are not protected, and notes. */
import type { MachineConfig, StationConfig } from "./config.ts";
import { type CheckContext, type Draft, isLoopback } from "./draft.ts";
import { duration, list } from "./units.ts";

/** Warnings: what may leave a machine unprotected, or shut it down without need. */
export function warningsOf(draft: Draft): string[] {
  const { machines, stations, policy } = draft;
  return [
    ...reach(draft),
    ...Object.entries(stations).flatMap(([id, station]) => ofStation(id, station, draft)),
    ...Object.entries(machines).flatMap(([id, machine]) => ofMachine(id, machine, draft)),
    ...(policy.ttlSec < policy.delaySec
      ? [
          `A command is valid for ${duration(policy.ttlSec)} (ttlSec) and waits ${duration(policy.delaySec)} (delaySec): it ends before it is carried out.`,
        ]
      : []),
    ...(policy.cooldownSec < 120
      ? [
          `cooldownSec is ${policy.cooldownSec} s: an agent of the original begins its minute anew with each repeat; 120 s or more lets it finish.`,
        ]
      : []),
    ...(policy.deadmanSec < 60
      ? [
          `deadmanSec is ${policy.deadmanSec} s: a switch or broker that restarts in an outage takes longer, and machines would go down by themselves.`,
        ]
      : []),
  ];
}

function reach({ machines, stations, mqtt, broker, sources }: Draft): string[] {
  const told: string[] = [];
  const unlimited = Object.keys(stations).filter((id) => stations[id]?.dischargeLimitPercent === null);
  if (unlimited.length > 0) {
    told.push(
      `The discharge limit of ${list(unlimited)} is left to what the station says; where it says nothing, a threshold below it is not raised. Write stations.<name>.dischargeLimitPercent as in the app.`,
    );
  }
  if (Object.keys(machines).length === 0) {
    told.push(
      "No machine is configured: nothing is protected. Write DEVICE_TO_AGENTS_JSON, or machines: in YAML.",
    );
  }
  if (mqtt !== null && mqtt.username === null) {
    told.push(
      "The broker is used without a user: anyone on this network can fake these readings and, without keys, shut your machines down. Give the broker users, set MQTT_USER and MQTT_PASS, and give each machine a key.",
    );
  }
  if (broker !== null && isLoopback(broker.host) && Object.keys(machines).length > 0) {
    told.push(
      `The embedded broker listens on ${broker.host} alone: agents on other machines cannot reach it. Set MQTT_HOST to a broker of the house, or broker.host and broker.users.`,
    );
  }
  if (sources.length === 0) {
    told.push("sources is empty: stations are heard only where others publish their readings.");
  }
  return told;
}

function ofStation(id: string, station: StationConfig, draft: Draft): string[] {
  const told: string[] = [];
  const fed = Object.values(draft.machines).filter(({ stations }) => stations.includes(id));
  if (fed.length === 0 && Object.keys(draft.machines).length > 0) {
    told.push(`${id} feeds no machine: it is watched, and nothing goes down when it runs empty.`);
  }
  const lists = draft.sources.flatMap((source) =>
    "devices" in source && source.devices !== null ? [source.devices] : [],
  );
  const { serial } = station;
  if (serial !== null && lists.length > 0 && !lists.some((list) => list.includes(serial))) {
    told.push(
      `${id} (${serial}) is not among the devices that count (ECOFLOW_DEVICE_LIST): EcoFlow's cloud is not asked for it. Add its serial there.`,
    );
  }
  return told;
}

function ofMachine(id: string, machine: MachineConfig, draft: Draft): string[] {
  const told: string[] = [];
  const { socPercent, runtimeSec } = machine.shutdownAt;
  const own = machine.delaySec + machine.stopSec;
  if (id !== machine.name) {
    told.push(`${machine.name} is called ${id} in topics: its agent needs AGENT_ID=${id}.`);
  }
  for (const stationId of machine.stations) {
    const sentence = thresholdWarning(id, machine, stationId, draft.stations[stationId]);
    if (sentence !== null) told.push(sentence);
  }
  if (socPercent >= 90) {
    told.push(`${id} goes down at ${socPercent} %: nearly every outage takes it down, however short.`);
  }
  if (socPercent + draft.policy.hysteresisPercent > 100) {
    told.push(
      `${id} at ${socPercent} % with hysteresisPercent ${draft.policy.hysteresisPercent} is never disarmed by charge.`,
    );
  }
  if (runtimeSec !== null && runtimeSec < own) {
    told.push(
      `${id} goes with ${duration(runtimeSec)} left but needs ${duration(own)} (delaySec + stopSec): it will be commanded earlier.`,
    );
  }
  if (machine.key !== null && machine.key.length < 16) {
    told.push(`The key of ${id} is short: 16 characters or more cannot be guessed.`);
  }
  if (machine.stopSec > 900) {
    told.push(
      `${id} is given ${duration(machine.stopSec)} to stop: that long before the end it has to be commanded.`,
    );
  }
  return told;
}

/** I6, S8: a threshold at or below the level at which the station cuts its output can never fire in time. */
export function thresholdWarning(
  id: string,
  machine: MachineConfig,
  stationId: string,
  station?: StationConfig,
): string | null {
  if (!station || station.dischargeLimitPercent === null) return null;
  const cut = station.dischargeLimitPercent + 1;
  const { capacityWh, assumedLoadWatts } = station;
  const own = machine.delaySec + machine.stopSec;
  const needed = own + Math.max(60, own * 0.2);
  const known = capacityWh !== null && assumedLoadWatts !== null;
  const points = known ? (assumedLoadWatts * needed) / 3_600 / (capacityWh * 0.9) / 0.01 : 0;
  const least = Math.min(100, Math.ceil(cut + points));
  if (machine.shutdownAt.socPercent > least || (known && machine.shutdownAt.socPercent === least))
    return null;
  const why = known ? ` and ${id} needs ${duration(Math.ceil(needed))} at ${assumedLoadWatts} W` : "";
  const enough = known ? least : Math.min(100, cut + 9);
  return `${id} goes at ${machine.shutdownAt.socPercent} %, but ${stationId} cuts its output at ${cut} % (limit ${station.dischargeLimitPercent} + 1)${why}: the threshold is raised while it runs. Write ${enough} % or more.`;
}

/** Sentences about what is worth knowing. */
export function notesOf(draft: Draft, context: CheckContext): string[] {
  const { stations, machines } = draft;
  const slugs = Object.entries(stations).filter(([id, { name }]) => id !== name);
  const { accountSettings } = context;
  const isAccount = draft.sources.some((source) => "apiUrl" in source);
  const either = Object.values(machines).filter(
    ({ name, stations: feeds }) =>
      feeds.length > 1 && context.fromEnvironment(["machines", name, "minSupplies"]),
  );
  return [
    ...(accountSettings.length > 0 && !isAccount
      ? [
          `${list(accountSettings)} has no effect without an account: set ECOFLOW_ACCESS_KEY and ECOFLOW_SECRET_KEY, or ECOFLOW_USERNAME and ECOFLOW_PASSWORD.`,
        ]
      : []),
    ...slugs.map(([id, { name }]) => `${name} is called ${id} in topics.`),
    ...either.map(
      ({ name, stations: feeds }) =>
        `${name} hangs on ${list(feeds)}, and either one alone takes it down, as in the original; with redundant supplies write machines.${name}.minSupplies: 1 in YAML.`,
    ),
  ];
}
