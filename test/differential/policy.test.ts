/**
 * Kept for one round: random traces through the policy of commit 25c7667 and through today's give the same effects, but for
 * the differences listed in `intended`. `NIGHTLY=1` plays 20 000 traces.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Effect } from "../../src/core/policy/effects.ts";
import { step } from "../../src/core/policy/policy.ts";
import { lives, rulesOfLives, runLives } from "../properties/policy-lives.ts";
import { play, type Restart, traces } from "../properties/policy-trace.ts";
import type { StepFn, World } from "../properties/policy-world.ts";
import { policyBefore } from "./before.ts";
import { intended } from "./intended.ts";

const nightly = process.env["NIGHTLY"] === "1";
const before = await policyBefore();

/** The earlier policy, in the place of today's: the world's initial state is replaced by its own. */
const stepBefore = ((rules, state, input) => {
  const own = (state as { version: number }).version === 1 ? state : before?.initialState(rules);
  return before?.step(rules, own, input);
}) as StepFn;

/**
 * The one intended difference in time: an input touches only what it concerns, so what time alone brings comes with the tick.
 * Here a tick follows each input, in both policies.
 */
const ticking =
  (policy: StepFn): StepFn =>
  (rules, state, input) => {
    const first = policy(rules, state, input);
    const { at, wall } = input;
    const second = policy(rules, first.state, { kind: "tick", at, wall });
    return { state: second.state, effects: [...first.effects, ...second.effects] };
  };

/** The effects of each second; within a second their order is free, because an input touches only what it concerns. */
function effectsOf(world: World, restarts: readonly Restart[]): string[] {
  const isHistory = restarts.some(({ away, sameBoot }) => !sameBoot || away > 600);
  const seconds = new Map<number, string[]>();
  for (const { at, effect } of world.told) {
    const text = textOf(effect, isHistory);
    if (text !== null) seconds.set(at, [...(seconds.get(at) ?? []), text]);
  }
  return [...seconds].map(([at, texts]) => `${(at - 1_000_000) / 1000} s: ${texts.sort().join(" | ")}`);
}

const textOf = (effect: Effect, isHistory: boolean): string | null => {
  const compared = intended(effect, isHistory);
  return compared === null ? null : JSON.stringify(compared);
};

test.skipIf(before === null)("one station: the same effects as before", () => {
  fc.assert(
    fc.property(traces(1_800), (trace) => {
      const today = play(trace, step).world;
      const then = play(trace, stepBefore).world;
      expect(effectsOf(today, trace.restarts)).toEqual(effectsOf(then, trace.restarts));
    }),
    { numRuns: nightly ? 18_500 : 40 },
  );
});

test.skipIf(before === null)("several stations and machines: the same effects as before", () => {
  fc.assert(
    fc.property(lives, (life) => {
      const today = runLives(life, ticking(step), rulesOfLives(life));
      const then = runLives(life, ticking(stepBefore), rulesOfLives(life));
      expect(effectsOf(today, life.restarts)).toEqual(effectsOf(then, life.restarts));
    }),
    { numRuns: nightly ? 1_500 : 20 },
  );
});
