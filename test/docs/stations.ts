/** Writes docs/stations.md from the families' own files and stories: the signs of the mains, the values, what was seen. */
import { existsSync, readFileSync } from "node:fs";
import { captureTable, surveyCaptures, type Verdict } from "../../src/cli/captures.ts";
import { advice, type Claim, type FamilyAbout, type Seen } from "../../src/core/decode/families/about.ts";
import { allFamilies, familyRulesOf } from "../../src/core/decode/families/registry.ts";
import {
  allModels,
  type Family,
  type Model,
  prefixesOf,
  steepestFall,
} from "../../src/core/decode/models.ts";
import { matrix } from "../families/matrix.ts";
import { type StoryName, storyNames } from "../families/story.ts";

const captures = "../shared/captures/captures.jsonl";
const verdicts = "test/captures/verdicts.json";
const page = "docs/stations.md";
const begin = "<!-- captures: begin -->";
const end = "<!-- captures: end -->";

/** Returns the page. Where the captures are absent, their table is taken from the present page. */
export function stationsPage(): string {
  return [
    "# Stations",
    "",
    "What is known of each model, and how its mains is seen. Generated from the families' own files (`src/core/decode/families/`) and their stories (`test/families/`); tests hold each claim against the code, and what was seen against captures that owners published. A value that nobody reported is unknown, never zero.",
    "",
    "## Models",
    "",
    "| model | serial begins with | capacity | rated output | steepest believed fall | seen in real captures |",
    "|---|---|---|---|---|---|",
    ...allModels.map(modelRow),
    "",
    "Capacity and output are the makers' nominal figures. A steeper fall of the charge is believed with the third sample that agrees, 10 s after the first. Captures tell a model's name and seldom its serial, so models of one name share what was seen. What was never seen follows from public field lists and from its sisters.",
    "",
    "## What to set in the app",
    "",
    "Which of these a family has stands in its section.",
    "",
    ...Object.values(advice).flatMap(({ setting, text }) =>
      setting === null ? [] : [`- **${setting.replace(/^./, (first) => first.toUpperCase())}:** ${text}`],
    ),
    "",
    "## Families",
    "",
    `The mains of any station is unknown ${everywhere.map((name) => moments[name]).join(", and ")}. A field in \`code\` is the station's own name for what it tells.`,
    "",
    ...allFamilies.flatMap(([family]) => section(family)),
    "## Against real captures",
    "",
    "`npm run captures` decodes payloads that owners published, some as the values that they had decoded before, and compares every value with what they decoded, and the grid with verdicts written by hand from [protocol.md](protocol.md). `unknown` is a verdict too: each names the section that explains it.",
    "",
    begin,
    tableOfCaptures(),
    end,
    "",
  ].join("\n");
}

function modelRow(model: Model): string {
  const fall = `${Math.round(steepestFall(model) * 10) / 10} % a minute`;
  const prefixes = prefixesOf(model).join(", ") || "told by its messages";
  const seen = inShort(familyRulesOf(model.family, model).about.seen[model.name]);
  return `| ${model.name} | ${prefixes} | ${unit(model.capacityWh, "Wh")} | ${unit(model.ratedWatts, "W")} | ${fall} | ${seen} |`;
}

const unit = (value: number | null, name: string) => (value === null ? "not known" : `${value} ${name}`);

const inShort = (seen: Seen | undefined) =>
  seen === undefined
    ? "never"
    : seen.grid.length === 0
      ? "values, never its mains"
      : `mains ${seen.grid.map((verdict) => states[verdict]).join(" and ")}`;

const states = { present: "on", lost: "lost" } as const;

/** The values of a reading, and of a pack, in the words of the page. */
const values: Readonly<Record<Claim, string>> = {
  soc: "charge",
  capacity_wh: "capacity",
  runtime_sec: "time left",
  charging: "whether it charges",
  in_watts: "watts in",
  out_watts: "watts out",
  ac_in_watts: "AC input",
  ac_out_watts: "AC output",
  solar_watts: "solar",
  battery_watts: "watts out of the battery",
  temp_celsius: "temperature",
  ac_out_on: "AC output on or off",
  charge_limit_percent: "charge limit",
  discharge_limit_percent: "discharge limit",
  ac_standby_min: "AC timeout",
  output_memory: "output memory",
  faults: "faults",
  "modules.soc": "charge",
  "modules.temp_celsius": "temperature",
  "modules.soh": "health",
  "modules.cycles": "cycles",
  "modules.in_watts": "watts in",
  "modules.out_watts": "watts out",
};
const allClaims = Object.keys(values) as Claim[];

/** The stories in the words of the page. */
const moments: Readonly<Record<StoryName, string>> = {
  "mains idle": "on mains without load",
  "mains with load": "on mains with a load",
  "battery with load": "when the battery feeds a load",
  "battery idle": "on battery without load",
  "at its charge limit": "when it discharges above its own charge limit",
  "by schedule": "when it discharges by a schedule of its own",
  solar: "when the sun carries the load",
  "tiny load": "on battery with a tiny load",
  "firmware that does not tell": "when its firmware tells none of the signs",
  "proof that ages out": "when the last sign has grown old",
};

const isUnknown = (family: Family, name: StoryName) => matrix[family].stories[name].end.grid === "unknown";

/** What no family can tell. */
const everywhere = storyNames.filter((name) => allFamilies.every(([family]) => isUnknown(family, name)));

const modelsOf = (family: Family) => allModels.filter((model) => model.family === family);
const aboutOf = (family: Family) => familyRulesOf(family, modelsOf(family)[0] ?? null).about;

function section(family: Family): string[] {
  const models = modelsOf(family);
  const about = aboutOf(family);
  return [
    `### ${namesOf(models)}`,
    "",
    ...orAs("Mains", family, mains),
    ...orAs("Values", family, told),
    `- **Seen in real captures:** ${unique(models.map((model) => inFull(model))).join(" ")}`,
    `- **In the app:** ${settings(about)}`,
    `- **Wire:** ${about.wire}.`,
    "",
  ];
}

/** What is said of a family; a link where the same was said of an earlier one. */
function orAs(head: string, family: Family, say: (family: Family) => string[]): string[] {
  const own = say(family);
  const first = allFamilies.map(([other]) => other).find((other) => say(other).join() === own.join());
  if (first === undefined || first === family || own.length === 1) return own;
  const names = namesOf(modelsOf(first));
  const anchor = names.toLowerCase().replaceAll(",", "").replaceAll(" ", "-");
  return [`- **${head}:** as [${names}](#${anchor}).`];
}

function mains(family: Family): string[] {
  const about = aboutOf(family);
  if (Object.keys(about.signs).length === 0) {
    return ["- **Mains:** always unknown, because no sign of it is known."];
  }
  return [
    ...signs("Mains on", about, "present"),
    ...signs("Mains lost", about, "lost"),
    ...unknownMains(family),
  ];
}

const unique = (texts: readonly string[]) => [...new Set(texts)];
const namesOf = (models: readonly Model[]) => unique(models.map(({ name }) => name)).join(", ");
const list = (parts: readonly string[]) => (parts.length === 0 ? "nothing" : parts.join(", "));

function signs(head: string, { signs }: FamilyAbout, verdict: "present" | "lost"): string[] {
  const told = Object.entries(signs).flatMap(([sign, says]) => (says === verdict ? [sign] : []));
  if (told.length < 2) return [`- **${head}:** ${told[0] ?? "no sign is known"}.`];
  return [`- **${head}**, when one of these says so:`, ...told.map((sign) => `  - ${sign}`)];
}

function unknownMains(family: Family): string[] {
  const { stories } = matrix[family];
  const own = storyNames.filter((name) => isUnknown(family, name) && !everywhere.includes(name));
  const kept = storyNames.filter((name) => stories[name].end.grid_basis === "last-known");
  const names = (some: readonly StoryName[]) => list(some.map((name) => moments[name]));
  return [
    ...(own.length === 0 ? [] : [`- **Mains unknown:** ${names(own)}.`]),
    ...(kept.length === 0 ? [] : [`- **Mains as it was last:** ${names(kept)}.`]),
  ];
}

/** What is measured, inferred and never reported; of which models, where not of all. */
function told(family: Family): string[] {
  const models = modelsOf(family);
  const abouts = models.map((model) => familyRulesOf(model.family, model).about);
  const inferred: FamilyAbout["inferred"] = Object.assign({}, ...abouts.map((about) => about.inferred));
  const measured = allClaims.filter((claim) => abouts[0]?.measured.includes(claim));
  const teller = (claim: Claim) => models.filter((_, index) => claims(abouts[index]).includes(claim));
  const how = (claim: Claim) => {
    const some = teller(claim);
    const only = some.length === models.length ? "" : `; ${namesOf(some)} only`;
    return `${values[claim]} (${inferred[claim]}${only})`;
  };
  return [
    `- **Measured:** ${listed(measured)}.`,
    `- **Inferred:** ${list(allClaims.filter((claim) => claim in inferred).map(how))}.`,
    `- **Unknown:** ${listed(allClaims.filter((claim) => teller(claim).length === 0))}.`,
  ];
}

const claims = (about: FamilyAbout | undefined): string[] =>
  about === undefined ? [] : [...about.measured, ...Object.keys(about.inferred)];

/** Values in words, those of the packs at the end. */
function listed(some: readonly Claim[]): string {
  const isOfPack = (claim: Claim) => claim.startsWith("modules.");
  const others = some.filter((claim) => !isOfPack(claim)).map((claim) => values[claim]);
  const ofPacks = some.filter(isOfPack).map((claim) => values[claim]);
  return list(ofPacks.length === 0 ? others : [...others, `each pack's ${ofPacks.join(", ")}`]);
}

function inFull(model: Model): string {
  const { about } = familyRulesOf(model.family, model);
  const seen = about.seen[model.name];
  const all = claims(about).length;
  if (seen === undefined) return `${model.name}: nothing.`;
  if (seen.missing.length === all) return `${model.name}: a message that tells none of this.`;
  const missing = seen.missing.length === 0 ? "every value" : `all values but ${listed(seen.missing)}`;
  const mains = seen.grid.length === 0 ? "never its mains" : inShort(seen);
  return `${model.name}: ${mains}; ${missing}.`;
}

function settings(about: FamilyAbout): string {
  const items = about.setUp.map((name) => advice[name]);
  const named = items.flatMap(({ setting, claim, untold }) => {
    if (setting === null) return [];
    return claim !== null && claims(about).includes(claim) ? [setting] : [`${setting} (${untold})`];
  });
  const sentences = items.flatMap(({ setting, text }) => (setting === null ? [text] : []));
  return [...(named.length === 0 ? [] : [`${named.join(", ")}.`]), ...sentences].join(" ");
}

function tableOfCaptures(): string {
  if (existsSync(captures)) {
    const lines = readFileSync(captures, "utf8").trim().split("\n");
    return captureTable(surveyCaptures(lines, JSON.parse(readFileSync(verdicts, "utf8")) as Verdict[]));
  }
  const standing = existsSync(page) ? readFileSync(page, "utf8") : "";
  return standing.slice(standing.indexOf(begin) + begin.length, standing.indexOf(end)).trim();
}
