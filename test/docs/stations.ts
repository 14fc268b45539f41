/** docs/stations.md, from the families' own files and their stories: how the mains is seen, what is told, what was ever seen. */
import { existsSync, readFileSync } from "node:fs";
import { captureTable, surveyCaptures, type Verdict } from "../../src/cli/captures.ts";
import {
  type AdviceName,
  advice,
  type Claim,
  type FamilyAbout,
  type Seen,
} from "../../src/core/decode/families/about.ts";
import { allFamilies, rulesOf } from "../../src/core/decode/families/registry.ts";
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

/** The page. Where the captures are absent their table is taken from the page as it stands. */
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
    "Capacity and output are the data sheet's. A steeper fall of the charge is believed with the third sample that agrees, 10 s after the first. Captures tell a model's name and seldom its serial, so models of one name share what was seen.",
    "",
    "## What to set in the app",
    "",
    "Each family below names its own.",
    "",
    ...Object.values(advice).map(({ text }) => `- ${text}`),
    "",
    "## Families",
    "",
    `The mains of any station is unknown ${everywhere.map((name) => moments[name]).join(", and ")}. A field in \`code\` is the station's own name for what it tells.`,
    "",
    ...allFamilies.flatMap(([family]) => section(family)),
    "## Against real captures",
    "",
    "`npm run captures` decodes payloads that owners published and compares every value with what they decoded, and the grid with verdicts written by hand from the protocol page. `unknown` is a verdict too: each has the line that says so.",
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
  const seen = inShort(rulesOf(model.family, model).about.seen[model.name]);
  return `| ${model.name} | ${prefixes} | ${unit(model.capacityWh, "Wh")} | ${unit(model.ratedWatts, "W")} | ${fall} | ${seen} |`;
}

const unit = (value: number | null, name: string) => (value === null ? "not known" : `${value} ${name}`);

const inShort = (seen: Seen | undefined) =>
  seen === undefined
    ? "never"
    : seen.grid.length === 0
      ? "never its mains"
      : `mains ${seen.grid.map((verdict) => states[verdict]).join(" and ")}`;

const states = { present: "on", lost: "lost" } as const;

/** The values of a reading in the words of the page. */
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
  "modules.soc": "each pack's charge",
  "modules.temp_celsius": "each pack's temperature",
  "modules.soh": "each pack's health",
  "modules.cycles": "each pack's cycles",
  "modules.in_watts": "watts into each pack",
  "modules.out_watts": "watts out of each pack",
};
const allClaims = Object.keys(values) as Claim[];

/** What the station says then, and when it is unknown. */
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

function section(family: Family): string[] {
  const models = allModels.filter((model) => model.family === family);
  const abouts = models.map((model) => rulesOf(family, model).about);
  const [about] = abouts;
  if (about === undefined) return [];
  const told = (claim: Claim) => models.filter((_, index) => claims(abouts[index]).includes(claim));
  const name = (claim: Claim) => {
    const some = told(claim);
    return some.length === models.length
      ? values[claim]
      : `${values[claim]} (only ${unique(some.map((model) => model.name)).join(", ")})`;
  };
  const how = Object.assign({}, ...abouts.map(({ inferred }) => inferred)) as FamilyAbout["inferred"];
  const measured = allClaims.filter((claim) => about.measured.includes(claim));
  const inferred = allClaims.filter((claim) => claim in how);
  const never = allClaims.filter((claim) => told(claim).length === 0);
  return [
    `### ${unique(models.map((model) => model.name)).join(", ")}`,
    "",
    `- **Mains on:** ${signs(about, "present")}.`,
    `- **Mains lost:** ${signs(about, "lost")}.`,
    ...unknownMains(family),
    `- **Measured:** ${list(measured.map(name))}.`,
    `- **Inferred:** ${list(inferred.map((claim) => `${name(claim)} (${how[claim]})`))}.`,
    `- **Unknown:** ${list(never.map((claim) => values[claim]))}.`,
    `- **Seen in real captures:** ${list(Object.entries(about.seen).map(inFull))}.`,
    `- **In the app:** ${about.setUp.map((item) => asked(item, about)).join(" ")}`,
    `- **Wire:** ${about.wire}.`,
    "",
  ];
}

const claims = (about: FamilyAbout | undefined) =>
  about === undefined ? [] : [...about.measured, ...Object.keys(about.inferred)];

const unique = (names: readonly string[]) => [...new Set(names)];
const list = (parts: readonly string[]) => (parts.length === 0 ? "nothing" : parts.join(", "));

function signs({ signs }: FamilyAbout, verdict: "present" | "lost"): string {
  const told = Object.entries(signs).flatMap(([sign, says]) => (says === verdict ? [sign] : []));
  return told.length === 0 ? "no sign is known" : told.join("; ");
}

function unknownMains(family: Family): string[] {
  const own = storyNames.filter((name) => isUnknown(family, name) && !everywhere.includes(name));
  const always = own.length + everywhere.length === storyNames.length;
  const kept = storyNames.filter((name) => matrix[family].stories[name].end.grid_basis === "last-known");
  return [
    ...(own.length === 0
      ? []
      : [`- **Mains unknown:** ${always ? "always" : list(own.map((name) => moments[name]))}.`]),
    ...(kept.length === 0 ? [] : [`- **Mains as last known:** ${list(kept.map((name) => moments[name]))}.`]),
  ];
}

const inFull = ([name, seen]: [string, Seen]) =>
  `${name} (${[inShort(seen), ...seen.missing.map((claim) => `never ${values[claim]}`)].join(", ")})`;

function asked(item: AdviceName, about: FamilyAbout): string {
  const { claim, text, untold } = advice[item];
  return claim !== null && claims(about).includes(claim) ? text : `${text} ${untold}`;
}

function tableOfCaptures(): string {
  if (existsSync(captures)) {
    const lines = readFileSync(captures, "utf8").trim().split("\n");
    return captureTable(surveyCaptures(lines, JSON.parse(readFileSync(verdicts, "utf8")) as Verdict[]));
  }
  const standing = existsSync(page) ? readFileSync(page, "utf8") : "";
  return standing.slice(standing.indexOf(begin) + begin.length, standing.indexOf(end)).trim();
}
