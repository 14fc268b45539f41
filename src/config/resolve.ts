/** Resolves the written configuration: ids for names, stations for references, values for what was left out. */
import type { BrokerConfig, MachineConfig, MqttConfig, StationConfig } from "./config.ts";
import { type ReadFile, readText } from "./files.ts";
import { idOf } from "./names.ts";
import type { Path } from "./path.ts";
import type { Problem } from "./problems.ts";
import { broker } from "./schema/broker.ts";
import type { FileConfig } from "./schema.ts";
import { shown } from "./secrets.ts";
import { nearest } from "./suggest.ts";
import { list } from "./units.ts";

type Told = { origin: (path: Path) => string; problems: Problem[] };

/** The stations by id; two that would share an id, a name or a serial are a problem. */
export function resolveStations(file: FileConfig, { origin, problems }: Told): Record<string, StationConfig> {
  const stations: Record<string, StationConfig> = {};
  const words = new Map<string, string>();
  for (const [name, station] of Object.entries(file.stations)) {
    const id = idOf(name);
    const { serial } = station;
    for (const word of new Set([id, name, serial ?? id])) {
      const other = words.get(word);
      if (other !== undefined) problems.push(sameStation(origin, name, word, other, word === serial));
      words.set(word, other ?? name);
    }
    stations[id] ??= { ...station, name, upstream: null };
  }
  return stations;
}

/** Writes into each station the id of the one that feeds it; one that is unknown, or that feeds itself, is a problem (S35). */
export function resolveUpstreams(
  file: FileConfig,
  stations: Record<string, StationConfig>,
  known: ReadonlyMap<string, string>,
  { origin, problems }: Told,
): void {
  for (const [name, { upstream: word }] of Object.entries(file.stations)) {
    const station = stations[idOf(name)];
    if (word === null || station?.name !== name) continue;
    const path = origin(["stations", name, "upstream"]);
    const found = known.get(word);
    if (found === undefined) problems.push(unknownStation(path, word, known));
    else if (feeds(stations, idOf(name), found)) problems.push(circle(path, word, name));
    else station.upstream = found;
  }
}

/** Whether `id` is `of`, or feeds it directly or through others. */
function feeds(stations: Record<string, StationConfig>, id: string, of: string): boolean {
  for (let next: string | null = of; next !== null; next = stations[next]?.upstream ?? null)
    if (next === id) return true;
  return false;
}

const circle = (path: string, word: string, name: string): Problem => ({
  path,
  value: shown(word),
  problem: `closes a circle: ${name} would feed itself`,
  remedy:
    "Name the station that this one is plugged into, and none for the one that is plugged into the wall.",
});

const sameWord = (path: string, kind: string, word: string, other: string): Problem => ({
  path,
  value: shown(word),
  problem: `already stands for the ${kind} "${other}"`,
  remedy: `Give each ${kind} a name of its own: in topics, other characters than A–Z a–z 0–9 . _ - become "-".`,
});

/** Two stations share a name, or the serial of one is the name or serial of the other. */
function sameStation(origin: Told["origin"], name: string, word: string, other: string, serial: boolean) {
  const path = ["stations", name];
  if (!serial) return sameWord(origin(path), "station", word, other);
  return {
    ...sameWord(origin([...path, "serial"]), "station", word, other),
    remedy:
      "If the two are one station, keep one of them; else write each one's own, from its label or the app.",
  };
}

/** The machines by id, each with the ids of its stations. */
export function resolveMachines(
  file: FileConfig,
  stationIds: ReadonlyMap<string, string>,
  told: Told,
): Record<string, MachineConfig> {
  const machines: Record<string, MachineConfig> = {};
  for (const [name, machine] of Object.entries(file.machines)) {
    const id = idOf(name);
    const other = machines[id];
    if (other) told.problems.push(sameWord(told.origin(["machines", name]), "machine", id, other.name));
    const stations = machine.stations.flatMap((word, index) => {
      const found = stationIds.get(word);
      if (found === undefined) {
        told.problems.push(
          unknownStation(told.origin(["machines", name, "stations", index]), word, stationIds),
        );
      }
      return found ?? [];
    });
    const { shutdownAt, delaySec } = machine;
    const { policy } = file;
    machines[id] ??= {
      ...machine,
      name,
      stations: [...new Set(stations)],
      minSupplies: suppliesOf(name, machine, told),
      shutdownAt: { ...shutdownAt, socPercent: shutdownAt.socPercent ?? policy.socMinPercent },
      delaySec: delaySec ?? policy.delaySec,
    };
  }
  return machines;
}

function unknownStation(path: string, word: string, known: ReadonlyMap<string, string>): Problem {
  const near = nearest(word, known.keys());
  return {
    path,
    value: shown(word),
    problem: "is no station of this configuration",
    remedy: near
      ? `Did you mean ${near}?`
      : `Add it under stations: as "${word}: {}", with its serial if you know it.`,
  };
}

function suppliesOf(name: string, machine: FileConfig["machines"][string], told: Told): number {
  const count = new Set(machine.stations).size;
  const given = machine.minSupplies;
  const path = told.origin(["machines", name, "minSupplies"]);
  if (given === null && count > 1) {
    told.problems.push({
      path,
      value: shown(undefined),
      problem: `is not set, and ${name} hangs on ${count} stations (${list(machine.stations)})`,
      remedy: `Write minSupplies: 1 if any one of them can feed it, minSupplies: ${count} if it needs them all.`,
    });
  }
  if (given !== null && given > count) {
    told.problems.push({
      path,
      value: shown(given),
      problem: `is more than the ${count} station${count === 1 ? "" : "s"} of ${name}: it would always be short of one`,
      remedy: `Write a number from 1 to ${count}.`,
    });
  }
  return given ?? 1;
}

/** The text of the certificate authority, or null where none is named or it is no PEM file. */
export function resolveCa(file: FileConfig, readFile: ReadFile, { origin, problems }: Told): string | null {
  const path = file.mqtt?.ca ?? null;
  const read = path === null ? { pem: null } : pemOf(path, readFile);
  if ("pem" in read) return read.pem;
  const remedy = "Name the PEM file of the authority that signed the broker's certificate.";
  problems.push({ path: origin(["mqtt", "ca"]), value: shown(path), problem: read.wrong, remedy });
  return null;
}

/** Reports the certificate authority of an account whose file is missing or holds no certificate. */
export function resolveSourceCas(file: FileConfig, readFile: ReadFile, { origin, problems }: Told): void {
  for (const [index, source] of file.sources.entries()) {
    const path = "ca" in source ? source.ca : null;
    const read = path === null ? null : pemOf(path, readFile);
    if (read === null || "pem" in read) continue;
    const remedy = "Name the PEM file of the authority that signed the certificate of EcoFlow's API.";
    problems.push({
      path: origin(["sources", index, "ca"]),
      value: shown(path),
      problem: read.wrong,
      remedy,
    });
  }
}

/** Returns the text of a PEM file with a certificate, or what is wrong with it. */
function pemOf(path: string, readFile: ReadFile): { pem: string } | { wrong: string } {
  const found = readText(readFile, path);
  if ("absent" in found) return { wrong: "is not there" };
  if ("unreadable" in found) return { wrong: "cannot be read" };
  if (!found.text.includes("-----BEGIN CERTIFICATE-----"))
    return { wrong: "holds no certificate in PEM form" };
  return { pem: found.text };
}

/** The broker of the house with its port written out, or null. */
export function resolveMqtt(file: FileConfig, pem: string | null): MqttConfig | null {
  if (!file.mqtt) return null;
  const { url, ca } = file.mqtt;
  const withPort = /:\d+$/.test(url) ? url : `${url}:${url.startsWith("mqtts:") ? 8883 : 1883}`;
  return { ...file.mqtt, url: withPort, ca: ca === null ? null : { path: ca, pem: pem ?? "" } };
}

/** The embedded broker, used only where the house names none. */
export function resolveBroker(file: FileConfig): BrokerConfig | null {
  return file.mqtt ? null : (file.broker ?? broker.parse({}));
}
