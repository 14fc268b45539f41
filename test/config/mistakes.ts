/** Expects the report of a broken configuration: path, value, problem and remedy of each mistake, and exit code 1. */
import { expect } from "vitest";
import { check, type Setup } from "./folder.ts";

/** `[path, value, problem, remedy]` of each mistake, in any order; there must be no other. */
export type Mistake = [path: string, value: string, problem: RegExp, remedy: RegExp];
export type Row = [name: string, setup: Setup, ...mistakes: Mistake[]];

function holds(text: string, [path, value, problem, remedy]: Mistake): boolean {
  const paragraphs = text.split(/\n(?= {2}\S)/).map((one) => one.trim().replace(/\s+/g, " "));
  return paragraphs.some(
    (one) =>
      one.includes(`${path}: ${value}`) && problem.test(one) && remedy.test(one.slice(one.search(problem))),
  );
}

/** Expects that `check` ends 1 with exactly these mistakes. */
export async function expectMistakes(setup: Setup, mistakes: readonly Mistake[]): Promise<void> {
  const { code, out, err } = await check(setup);
  expect(code, out).toBe(1);
  expect(err).toContain(`The configuration has ${mistakes.length} mistake`);
  for (const mistake of mistakes) expect(holds(err, mistake), `${mistake.join(" | ")}\n${err}`).toBe(true);
  expect(out).toBe("");
  expect(err).not.toContain("hunter2");
}
