/** I3 and S18 as properties of any filter: each throws with a counterexample when the filter breaks them. */
import fc from "fast-check";
import {
  type GridBelief,
  type GridEvidence,
  type LossProof,
  unknownGrid,
} from "../../src/core/filter/grid.ts";
import { type SocBelief, unknownSoc } from "../../src/core/filter/soc.ts";

export type SocFilter = (belief: SocBelief, value: number, at: number, steepestFall: number) => void;
export type GridFilter = (
  belief: GridBelief,
  evidence: GridEvidence,
  at: number,
  proof: LossProof,
  sample: boolean,
) => void;

// The rule in numbers of its own, so that a changed constant in the filter is seen.
const steepestFall = 10;
const steepestRise = 3;
const slack = 1.5;
const fallMs = 10_000;
const riseMs = 30_000;
const samplesNeeded = 3;

const soc = fc.double({ min: 0, max: 100, noNaN: true });
/** From a second to an hour. */
const gap = fc
  .oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 3_600 }))
  .map((sec) => sec * 1_000);
const trace = fc.array(fc.tuple(soc, gap), { maxLength: 30 });
const steadyGaps = fc.array(
  fc.integer({ min: 1, max: 40 }).map((sec) => sec * 1_000),
  { minLength: 40, maxLength: 40 },
);

function play(filter: SocFilter, past: readonly (readonly [number, number])[]) {
  const belief = unknownSoc();
  let at = 0;
  for (const [value, passed] of past) {
    at += passed;
    filter(belief, value, at, steepestFall);
  }
  return { belief, at };
}

const explained = (from: number, to: number, ms: number) =>
  to >= from
    ? to - from <= slack + (steepestRise * ms) / 60_000
    : from - to <= slack + (steepestFall * ms) / 60_000;

/** From any state and after any gap a steady value is believed within 30 s and three samples, plus one (I3). */
export function checkSocLiveness(filter: SocFilter): void {
  fc.assert(
    fc.property(trace, gap, soc, steadyGaps, (past, pause, truth, gaps) => {
      const { belief, at: before } = play(filter, past);
      let at = before + pause;
      const first = at;
      let extra = 0;
      for (const [index, passed] of gaps.entries()) {
        filter(belief, truth, at, steepestFall);
        if (index + 1 >= samplesNeeded && at - first >= riseMs) extra++;
        if (extra > 1) return belief.value === truth;
        at += passed;
      }
      return belief.value === truth;
    }),
    { numRuns: 2_000 },
  );
}

/** A step that physics does not explain is believed with exactly the third agreeing sample that is 10 s (fall) or 30 s (rise) old. */
export function checkSocDelay(filter: SocFilter): void {
  fc.assert(
    fc.property(soc, soc, steadyGaps, (from, to, gaps) => {
      const { belief } = play(filter, [[from, 1]]);
      const settledAt = 1;
      let at = 1;
      let first: number | null = null;
      let samples = 0;
      for (const passed of gaps) {
        at += passed;
        first ??= at;
        samples++;
        filter(belief, to, at, steepestFall);
        const confirmed = samples >= samplesNeeded && at - first >= (to < from ? fallMs : riseMs);
        const due = confirmed || explained(from, to, at - settledAt);
        if ((belief.value === to) !== (due || to === from)) return false;
        if (due) return true;
      }
      return true;
    }),
    { numRuns: 2_000 },
  );
}

const own: LossProof = { holdMs: 4_000, samples: 0, apartMs: 0 };
const evidence = (verdict: GridEvidence["verdict"]): GridEvidence => ({
  verdict,
  basis: "discharge",
  carriedBy: null,
});
const verdict = fc.constantFrom<GridEvidence["verdict"]>("present", "lost", "unknown", "keep");
const gridTrace = fc.array(fc.tuple(verdict, gap, fc.boolean()), { maxLength: 30 });

/** From any state, `present` is believed at once, and `lost` exactly when its evidence has stood for 4 s (I3, S16). */
export function checkGrid(filter: GridFilter): void {
  fc.assert(
    fc.property(gridTrace, gap, fc.integer({ min: 1, max: 6 }), (past, pause, everySec) => {
      const belief = unknownGrid();
      let at = 0;
      for (const [said, passed, sample] of past) {
        at += passed;
        filter(belief, evidence(said), at, own, sample);
      }
      at += pause;
      filter(belief, evidence("present"), at, own, true);
      const isBelieved = (said: string) => belief.verdict === said;
      if (!isBelieved("present") || belief.last !== "present") return false;
      const began = at + 1_000;
      for (at = began; at <= began + 12_000; at += 1_000) {
        // A message now and then, ticks between them: the clock decides, not the number of messages.
        filter(belief, evidence("lost"), at, own, ((at - began) / 1_000) % everySec === 0);
        if (isBelieved("lost") !== at - began >= own.holdMs) return false;
      }
      filter(belief, evidence("present"), at, own, true);
      return isBelieved("present");
    }),
    { numRuns: 1_000 },
  );
}

/** Evidence that does not stand is never believed, however often it comes back (S16: nothing contrary in 4 s). */
export function checkGridFlicker(filter: GridFilter): void {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 40 }), (bursts) => {
      const belief = unknownGrid();
      let at = 0;
      for (const seconds of bursts) {
        at += 1_000;
        filter(belief, evidence("present"), at, own, true);
        for (let i = 0; i < seconds; i++) {
          at += 1_000;
          filter(belief, evidence("lost"), at, own, true);
        }
        if (belief.verdict !== "present") return false;
      }
      return true;
    }),
    { numRuns: 500 },
  );
}
