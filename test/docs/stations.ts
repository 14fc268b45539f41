/** docs/stations.md, from the families' own files: per model what is measured, inferred, unknown and was ever seen. */
import { existsSync, readFileSync } from "node:fs";
import { captureTable, surveyCaptures, type Verdict } from "../../src/cli/captures.ts";
import { allFamilies } from "../../src/core/decode/families/registry.ts";
import { allModels, prefixesOf, steepestFall } from "../../src/core/decode/models.ts";

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
    "Generated from the families' own files (`src/core/decode/families/`); a test holds it fresh. A value that nobody reported is unknown, never zero.",
    "",
    "## Models",
    "",
    "| model | serial begins with | capacity | rated output | steepest believed fall |",
    "|---|---|---|---|---|",
    ...allModels.map((model) => {
      const fall = `${Math.round(steepestFall(model) * 10) / 10} % a minute`;
      const prefixes = prefixesOf(model).join(", ") || "told by its messages";
      return `| ${model.name} | ${prefixes} | ${unit(model.capacityWh, "Wh")} | ${unit(model.ratedWatts, "W")} | ${fall} |`;
    }),
    "",
    "A steeper fall of the charge is believed with the third sample that agrees, 10 s after the first.",
    "",
    "## Families",
    "",
    ...allFamilies.flatMap(([, { about }]) => [
      `### ${about.title}`,
      "",
      `- **Wire:** ${about.wire}`,
      `- **Sign of the mains:** ${about.sign}`,
      `- **Measured:** ${about.measured}`,
      `- **Inferred:** ${about.inferred}`,
      `- **Unknown:** ${about.unknown}`,
      `- **Seen in real captures:** ${about.seen}`,
      `- **In the app:** ${about.setUp}`,
      "",
    ]),
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

const unit = (value: number | null, name: string) => (value === null ? "not known" : `${value} ${name}`);

function tableOfCaptures(): string {
  if (existsSync(captures)) {
    const lines = readFileSync(captures, "utf8").trim().split("\n");
    return captureTable(surveyCaptures(lines, JSON.parse(readFileSync(verdicts, "utf8")) as Verdict[]));
  }
  const standing = existsSync(page) ? readFileSync(page, "utf8") : "";
  return standing.slice(standing.indexOf(begin) + begin.length, standing.indexOf(end)).trim();
}
