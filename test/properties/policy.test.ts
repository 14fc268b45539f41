/** Traces with every fault at once: no false shutdown, no missed one, whatever happens. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { step } from "../../src/core/policy/policy.ts";
import { anywayFaults, withFaultyStep } from "./policy-faults.ts";
import { badAbort, badOrder, falseShutdown, leftOver, missedShutdown, notOnce } from "./policy-oracle.ts";
import { type Outcome, play, type Trace, traces } from "./policy-trace.ts";
import type { StepFn } from "./policy-world.ts";

const nightly = process.env["NIGHTLY"] === "1";
const seconds = 1_800;

test("whatever happens: no false shutdown, no missed one, no bad order, nothing left over", () => {
  fc.assert(
    fc.property(traces(seconds), (trace) => {
      const out = play(trace, step);
      for (const question of [falseShutdown, missedShutdown, badAbort, badOrder, notOnce, leftOver]) {
        expect(question(out), question.name).toBeNull();
      }
    }),
    { numRuns: nightly ? 3_000 : 60 },
  );
});

function freeze<T>(value: T): T {
  if (value !== null && typeof value === "object" && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) freeze(part);
  }
  return value;
}

test("a step mutates nothing, and keeps the identity of a state that did not change", () => {
  const strict: StepFn = (rules, state, input) => {
    const result = step(freeze(rules), freeze(state), freeze(input));
    if (result.state !== state) expect(result.state).not.toEqual(state);
    for (const [index, machine] of result.state.machines.entries()) {
      const before = state.machines[index];
      if (machine !== before) expect(machine).not.toEqual(before);
    }
    return result;
  };
  fc.assert(
    fc.property(traces(300), (trace) => {
      play(trace, strict);
    }),
    { numRuns: nightly ? 300 : 10 },
  );
});

/** Nothing but the outage: a missed shutdown has no excuse. */
const plain = traces(seconds).map((trace) => ({ ...trace, known: true, blind: [], apart: [], restarts: [] }));

describe.each([
  ["falseShutdown", falseShutdown, traces(seconds), 6],
  ["missedShutdown", missedShutdown, plain, 3],
] as [keyof typeof anywayFaults, (out: Outcome) => string | null, fc.Arbitrary<Trace>, number][])(
  "%s",
  (name, question, some, seed) => {
    test.each(Object.entries(anywayFaults[name]))("sees the fault %s", (_, fault) =>
      withFaultyStep(fault, (faulty) => {
        const found = fc.check(
          fc.property(some, (trace) => question(play(trace, faulty)) === null),
          { numRuns: 1_000, endOnFailure: true, seed },
        );
        expect(found.failed).toBe(true);
      }),
    );
  },
);
