/** The workflows of the CI: the Node versions that are promised, and actions that nobody can change under us. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";

const folder = join(import.meta.dirname, "../.github/workflows");
const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
const uses = texts.flatMap((text) => [...text.matchAll(/^\s*-?\s*uses:\s*(.*)$/gm)].map(([, what]) => what));

it("every action is pinned to a commit, with its version beside it", () => {
  expect(uses.length).toBeGreaterThan(0);
  const pinned = /^[\w.-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;
  expect(uses.filter((what) => !pinned.test(what ?? ""))).toEqual([]);
});

it("an action has one commit in all workflows", () => {
  const commits = new Set(uses.map((what) => what?.split(" ")[0]));
  const names = new Set([...commits].map((commit) => commit?.split("@")[0]));
  expect(commits.size).toBe(names.size);
});

it("the tests run on Node 20, 22 and 24, with the whole history", () => {
  const ci = parse(readFileSync(join(folder, "ci.yml"), "utf8")) as {
    jobs: {
      test: { strategy: { matrix: { node: number[] } }; steps: { with?: Record<string, unknown> }[] };
    };
  };
  const { strategy, steps } = ci.jobs.test;
  expect(strategy.matrix.node).toEqual([20, 22, 24]);
  expect(steps[0]?.with).toMatchObject({ "fetch-depth": 0 });
});
