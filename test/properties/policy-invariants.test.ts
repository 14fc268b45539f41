/** Each invariant holds over random traces, and its property sees the planted faults: the rule deleted, and the rule shifted. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { step } from "../../src/core/policy/policy.ts";
import { faults, withFaultyStep } from "./policy-faults.ts";
import { invariants } from "./policy-invariants.ts";

const nightly = process.env["NIGHTLY"] === "1";
/** Traces of the true step; a fault must show within more of them, and mostly shows within the first few. */
const runs = nightly ? 3_000 : 30;
const huntRuns = nightly ? 3_000 : 300;

for (const { name, traces, broken, found: once = [] } of invariants) {
  describe(name, () => {
    test("holds", () => {
      fc.assert(
        fc.property(traces, (trace) => {
          expect(broken(trace, step)).toBeNull();
        }),
        { numRuns: runs + once.length, examples: once.map((trace): [unknown] => [trace]) },
      );
    });

    test.each(Object.entries(faults[name] ?? {}))("sees the fault %s", (_, fault) =>
      withFaultyStep(fault, (faulty) => {
        const found = fc.check(
          fc.property(traces, (trace) => broken(trace, faulty) === null),
          { numRuns: huntRuns, endOnFailure: true, seed: 2 },
        );
        expect(found.failed).toBe(true);
      }),
    );
  });
}

test("each invariant has at least two planted faults", () => {
  for (const { name } of invariants)
    expect(Object.keys(faults[name] ?? {}).length, name).toBeGreaterThanOrEqual(2);
});
