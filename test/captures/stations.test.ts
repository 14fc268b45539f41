/** Every capture of telemetry has a verdict written by hand, and the decoder agrees with it; docs/stations.md says what the code says. */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { surveyCaptures, type Verdict } from "../../src/cli/captures.ts";
import { advice } from "../../src/core/decode/families/about.ts";
import { allFamilies } from "../../src/core/decode/families/registry.ts";
import { allModels } from "../../src/core/decode/models.ts";
import { stationsPage } from "../docs/stations.ts";
import { readCaptures } from "./read.ts";

const verdicts = JSON.parse(readFileSync("test/captures/verdicts.json", "utf8")) as Verdict[];
const captures = readCaptures();

describe.skipIf(captures === null)("captures against verdicts", () => {
  const lines = (captures ?? []).map((capture) => JSON.stringify(capture));

  it("no value differs and no grid is wrong", () => {
    const rows = surveyCaptures(lines, verdicts);
    expect(rows.flatMap(({ different, gridWrong }) => [...different, ...gridWrong])).toEqual([]);
    expect(rows.reduce((sum, { equal }) => sum + equal, 0)).toBeGreaterThan(1_200);
  });

  it("a wrong verdict is seen, and so is a capture without one", () => {
    const flipped = verdicts.map(
      (verdict) => ({ ...verdict, grid: verdict.grid === "lost" ? "present" : "lost" }) as Verdict,
    );
    expect(surveyCaptures(lines, flipped).flatMap(({ gridWrong }) => gridWrong).length).toBe(verdicts.length);
    expect(surveyCaptures(lines, []).flatMap(({ gridWrong }) => gridWrong).length).toBeGreaterThan(20);
  });
});

it("every verdict names the section of docs/protocol.md that explains it", () => {
  const page = readFileSync("docs/protocol.md", "utf8");
  const sections = [...page.matchAll(/^##+ (.+)$/gm)].map(([, heading]) => heading);
  for (const { id, line } of verdicts) expect(sections, id).toContain(line.split(/[:,;]/)[0]);
});

it("docs/stations.md says what the code says (npm run docs)", () => {
  if (process.env["UPDATE_DOCS"]) writeFileSync("docs/stations.md", stationsPage());
  expect(readFileSync("docs/stations.md", "utf8")).toBe(stationsPage());
});

it("every model has a family, and every family a model", () => {
  const families = allFamilies.map(([family]) => family);
  expect(new Set(allModels.map(({ family }) => family))).toEqual(new Set(families));
});

it("a setting that the station does not report is marked so, and no other", () => {
  const sections = stationsPage().split("\n### ").slice(1);
  expect(sections).toHaveLength(allFamilies.length);
  for (const [index, [, { about }]] of allFamilies.entries()) {
    const told = sections[index]?.split("**In the app:**")[1];
    for (const { setting, claim, text, untold } of about.setUp.map((name) => advice[name])) {
      expect(told).toContain(setting ?? text);
      if (setting === null) continue;
      const isTold = claim !== null && about.measured.includes(claim);
      expect(told?.includes(`${setting} (${untold})`), setting).toBe(!isTold);
    }
  }
});
