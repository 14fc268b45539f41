import { expect, it } from "vitest";
import { loadConfig } from "./load.ts";
import { policyRulesOf } from "./policy-rules.ts";

function load(stations: string) {
  const yaml = `mqtt: { url: "mqtt://b" }\nstations:\n${stations}`;
  const readFile = (path: string) => {
    if (path.endsWith("house/ecoflow-power.yaml")) return yaml;
    throw Object.assign(new Error("ENOENT"), { code: "ENOENT" });
  };
  return loadConfig({ cwd: "/home/user/house", env: {}, readFile });
}

const problems = (stations: string) => {
  const result = load(stations);
  return result.ok ? [] : result.problems;
};

it("upstream names a station by its name or its serial, in whatever order they stand", () => {
  const result = load(
    '  River: { upstream: P351X }\n  "Delta 2": { serial: P351X }\n  Deep: { upstream: River }',
  );
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  expect(policyRulesOf(result.config).stations).toMatchObject({
    River: { upstream: "Delta-2" },
    Deep: { upstream: "River" },
  });
  expect(policyRulesOf(result.config).stations["Delta-2"]).not.toHaveProperty("upstream");
});

it("upstream that is no station is a mistake with its place", () => {
  expect(problems("  River: { upstream: Dleta }\n  Delta: {}")).toMatchObject([
    {
      path: expect.stringMatching(/stations.River.upstream/),
      value: '"Dleta"',
      remedy: "Did you mean Delta?",
    },
  ]);
});

it("a station that would feed itself is a mistake, directly and over others", () => {
  expect(problems("  River: { upstream: River }")).toMatchObject([
    { problem: expect.stringMatching(/circle/) },
  ]);
  expect(problems("  A: { upstream: B }\n  B: { upstream: C }\n  C: { upstream: A }")).toMatchObject([
    {
      path: expect.stringMatching(/stations.C.upstream/),
      problem: expect.stringMatching(/C would feed itself/),
    },
  ]);
});
