/** docs/policy.md shows the table of transitions as the code has it (`npm run docs` writes it), and the code keeps to the table. */
import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Row, table } from "../src/core/policy/machine/transitions.ts";
import { step } from "../src/core/policy/policy.ts";
import { lives, rulesOfLives, runLives } from "./properties/policy-lives.ts";
import type { StepFn } from "./properties/policy-world.ts";

const path = "docs/policy.md";
const marks = /(<!-- table: [^\n]*-->\n)[\s\S]*(<!-- end of table -->)/;

const line = ({ id, from, on, when, to, does }: Row) =>
  `| ${id} | ${from.join(", ")} | ${on} | ${when} | ${to} | ${does} |`;

const shown = () =>
  ["| row | from | input | when | to | does |", "|---|---|---|---|---|---|", ...table.map(line), ""].join(
    "\n",
  );

test("docs/policy.md shows the table that the code follows", () => {
  const page = readFileSync(path, "utf8");
  const fresh = page.replace(marks, `$1\n${shown()}\n$2`);
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(path, fresh);
  else expect(page).toBe(fresh);
});

test("each row has an id of its own", () => {
  expect(new Set(table.map(({ id }) => id)).size).toBe(table.length);
});

test("a machine changes its phase only from and to what some row says", () => {
  const allowed = new Set(table.flatMap(({ from, to }) => from.map((phase) => `${phase} -> ${to}`)));
  // Several rows may be taken in one step: each of them is allowed, so each pair that they add up to is.
  for (const first of [...allowed])
    for (const second of [...allowed]) {
      const [[from, middle], [again, to]] = [first.split(" -> "), second.split(" -> ")];
      if (middle === again) allowed.add(`${from} -> ${to}`);
    }
  const watched: StepFn = (rules, state, input) => {
    const result = step(rules, state, input);
    if (input.kind === "start") return result;
    for (const [index, { phase }] of result.state.machines.entries()) {
      const before = state.machines[index]!.phase;
      if (before.is !== phase.is) expect(allowed).toContain(`${before.is} -> ${phase.is}`);
    }
    return result;
  };
  fc.assert(
    fc.property(lives, (life) => {
      runLives(life, watched, rulesOfLives(life));
    }),
    { numRuns: process.env["NIGHTLY"] === "1" ? 500 : 5 },
  );
});
