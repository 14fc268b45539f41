/** Stations and machines of `DEVICE_TO_AGENTS_JSON`, laid over the YAML's. */
import { type Mapping, readMapping } from "./mapping.ts";
import { idOf, nameProblem } from "./names.ts";
import type { Put } from "./path.ts";
import type { Problem } from "./problems.ts";
import { isSection, type Section } from "./yaml.ts";

const variable = "DEVICE_TO_AGENTS_JSON";

/** Adds machines, and replaces the stations of those that it names. */
export function layMapping(raw: Section, text: string | undefined, put: Put, problems: Problem[]): void {
  if (text === undefined) return;
  const read = readMapping(text);
  const named = read.mapping.map((entry) => ({ entry, wrong: namesWrong(entry) }));
  problems.push(...read.problems, ...named.flatMap(({ wrong }) => wrong));
  const known: Known = { stations: namesIn(raw["stations"]), machines: namesIn(raw["machines"]) };
  const feeds = new Map<string, Set<string>>();
  for (const { entry, wrong } of named) {
    if (wrong.length === 0) layEntry(known, entry, put, feeds);
  }
  for (const [machine, stations] of feeds) layMachine(raw, machine, [...stations], put);
}

function namesWrong([station, agents]: Mapping[number]): Problem[] {
  const path = `${variable}.${station}`;
  const all = [
    nameProblem("station", station, path),
    ...agents.map((agent) => nameProblem("machine", agent, path)),
  ];
  return all.filter((problem) => problem !== null);
}

function layEntry(
  known: Known,
  [written, agents]: Mapping[number],
  put: Put,
  feeds: Map<string, Set<string>>,
): void {
  const station = known.stations.get(written);
  if (station === undefined) put(["stations", written], {}, variable);
  for (const agent of agents) {
    const machine = known.machines.get(agent) ?? agent;
    feeds.set(machine, (feeds.get(machine) ?? new Set()).add(station ?? written));
  }
}

/** Unless the YAML says otherwise, the loss of either station takes the machine down, as in the project that this one replaces. */
function layMachine(raw: Section, machine: string, stations: string[], put: Put): void {
  put(["machines", machine, "stations"], stations, variable);
  const written = isSection(raw["machines"]) ? raw["machines"][machine] : null;
  if (stations.length > 1 && isSection(written) && written["minSupplies"] === undefined) {
    put(["machines", machine, "minSupplies"], stations.length, variable);
  }
}

/** Maps names, ids and serials of stations or machines to their names in the YAML. */
interface Known {
  stations: ReadonlyMap<string, string>;
  machines: ReadonlyMap<string, string>;
}

function namesIn(section: unknown): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  if (!isSection(section)) return words;
  for (const [name, value] of Object.entries(section)) {
    const serial = isSection(value) ? value["serial"] : undefined;
    for (const word of [idOf(name), typeof serial === "string" ? serial : name]) words.set(word, name);
  }
  for (const name of Object.keys(section)) words.set(name, name);
  return words;
}
