/** Tests the EcoFlow accounts for `check`: whether a login works, and whether the configured stations are among those listed. */
import type { Config } from "../config/config.ts";
import type { Problem } from "../config/problems.ts";
import { list } from "../config/units.ts";
import type { CloudStation } from "../core/cloud/account.ts";
import { needsPerson, sentenceOf, wordsOf } from "../core/cloud/problems.ts";
import { modelOf, whyNoStation } from "../core/decode/models.ts";
import { printable } from "../core/printable.ts";
import type { CloudDoors } from "../io/cloud.ts";
import { cloudSources, doorsOf, isServed, type Surveyed, survey } from "./accounts.ts";

/** What `check` adds about the accounts. */
export interface ProbedAccounts {
  problems: Problem[];
  warnings: string[];
  notes: string[];
}

/** Tries every account of the configuration; a cloud that is away is a warning, because it is no mistake. */
export async function probeAccounts(
  config: Config,
  doors: CloudDoors = doorsOf(config),
): Promise<ProbedAccounts> {
  const surveyed = await Promise.all(cloudSources(config).map((source) => survey(source, doors)));
  if (surveyed.length === 0) return { problems: [], warnings: [], notes: [] };
  const failed = surveyed.flatMap(({ problem }) => (problem === null ? [] : [problem]));
  const problems = surveyed.flatMap((each) => mistakeOf(each, config));
  const away = failed.filter((problem) => !needsPerson(problem));
  const warnings = [
    ...away.map((problem) => `The EcoFlow account was not tested: ${sentenceOf(problem)}.`),
    ...(await closedStations(surveyed)),
    ...(failed.length === 0 ? strangers(surveyed, config) : []),
  ];
  const notes = surveyed.filter(({ entered }) => entered !== null).map(noteOf);
  return { problems, warnings: warnings.map(printable), notes: notes.map(printable) };
}

/** What a person has to correct. */
function mistakeOf({ source, problem }: Surveyed, { sources }: Config): Problem[] {
  if (problem === null || !needsPerson(problem)) return [];
  const { what, remedy } = wordsOf(problem);
  return [
    {
      path: `sources.${sources.findIndex(({ name }) => name === source.name)}`,
      value: source.kind,
      problem: `cannot be used: ${printable(what)}`,
      remedy: `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}; or check with --offline.`,
    },
  ];
}

function noteOf({ source, entered, stations }: Surveyed): string {
  const words = stations.map(({ serial, name }) => {
    const model = modelOf(serial)?.name ?? whyNoStation(serial) ?? "of no known model";
    return `${name ?? serial} (${serial}, ${model})`;
  });
  const which = words.length === 0 ? "no station" : list(words);
  return `The account of ${source.name} is served by ${entered?.host.name} and lists ${which}.`;
}

/** Stations that the developer API lists but does not serve, and that no account of the app's API has. */
async function closedStations(surveyed: readonly Surveyed[]): Promise<string[]> {
  const byApp = new Set(
    surveyed.flatMap(({ account, stations }) =>
      account.api === "ecoflow-app" ? stations.map(({ serial }) => serial) : [],
    ),
  );
  const sentences: string[] = [];
  for (const each of surveyed.filter(({ account }) => account.api === "ecoflow-open")) {
    for (const { serial } of each.stations) {
      if (byApp.has(serial) || whyNoStation(serial) !== null) continue;
      const { served, problem } = await isServed(each, serial);
      if (served === false && problem !== null) sentences.push(`${sentenceOf(problem)}.`);
    }
  }
  return sentences;
}

/** Configured stations that no account has: their readings can only come from other programs. */
function strangers(surveyed: readonly Surveyed[], { stations }: Config): string[] {
  // Both accounts may list one station.
  const bySerial = new Map<string, CloudStation>();
  for (const station of surveyed.flatMap((each) => each.stations)) {
    if (!bySerial.get(station.serial)?.name) bySerial.set(station.serial, station);
  }
  const known = [...bySerial.values()];
  const names = known.map(({ serial, name }) => name ?? serial);
  return Object.entries(stations).flatMap(([id, { name, serial }]) => {
    const found = known.filter(
      (each) => each.serial === (serial ?? id) || (serial === null && each.name === name),
    );
    if (found.length === 1) return [];
    if (found.length > 1)
      return [`Two stations of the account are called ${name}: write the serial of the one that is meant.`];
    return [
      `${serial === null ? name : `${id} (${serial})`} is no station of the account, which has ${names.length === 0 ? "none" : list(names)}: correct its name or serial; until then only what other programs publish of it counts.`,
    ];
  });
}
