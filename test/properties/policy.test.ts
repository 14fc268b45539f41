/** Traces with every fault at once: no false shutdown, no missed one, whatever happens. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { step } from "../../src/core/policy/policy.ts";
import { falseShutdown, missedShutdown } from "./policy-oracle.ts";
import { play, traces } from "./policy-trace.ts";

const numRuns = Number(process.env["RUNS"] ?? 150);

test("no false shutdown and no missed one", () => {
  fc.assert(
    fc.property(traces(), (trace) => {
      const out = play(trace, step);
      expect(falseShutdown(out)).toBeNull();
      expect(missedShutdown(out)).toBeNull();
    }),
    { numRuns },
  );
});
