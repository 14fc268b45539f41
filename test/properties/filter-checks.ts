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

/** Two samples that agree: the first alone has no bonus. */
const settled = (value: number) =>
  [
    [value, 1],
    [value, 2_000],
  ] as const;

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
      const { belief, at: settledAt } = play(filter, settled(from));
      let at = settledAt;
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

/** Values that no step of the truth explains within the minutes of a trace. */
const far = fc
  .tuple(fc.double({ min: 0, max: 100, noNaN: true }), fc.double({ min: 0, max: 100, noNaN: true }))
  .filter(([one, other]) => Math.abs(one - other) > 45);
/** True: the sample tells the truth. A run of false ones is always answered by at least as many true ones. */
const rareFalsehoods = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 6 })), {
    minLength: 1,
    maxLength: 15,
  })
  .map((runs) =>
    runs.flatMap(
      ([lies, more]) => [...Array(lies).fill(false), ...Array(lies + more).fill(true)] as boolean[],
    ),
  );
const everySec = fc.integer({ min: 1, max: 3 });

/** Once confirmed, a charge is never replaced by samples that do not have most since their first one (E3). */
export function checkSocMinority(filter: SocFilter): void {
  fc.assert(
    fc.property(far, rareFalsehoods, everySec, fc.boolean(), ([truth, falsehood], says, sec, scattered) => {
      const { belief, at: before } = play(filter, settled(truth));
      let at = before;
      for (const [index, isTrue] of says.entries()) {
        at += sec * 1_000;
        // Scattered: false ones that do not agree with each other either.
        const wrong = scattered && index % 2 === 1 ? Math.min(100, falsehood + 3) : falsehood;
        filter(belief, isTrue ? truth : wrong, at, steepestFall / 20);
        if (belief.value !== truth && belief.value !== null && Math.abs(belief.value - truth) > 5)
          return false;
      }
      return true;
    }),
    { numRuns: 1_000 },
  );
}

/** From any belief the truth wins within 30 s, three samples and one more while it has most samples since its first (E3). */
export function checkSocMajority(filter: SocFilter): void {
  const lies = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 20, maxLength: 20 });
  fc.assert(
    fc.property(
      far,
      fc.integer({ min: 3, max: 6 }),
      everySec,
      lies,
      ([truth, wrong], period, sec, others) => {
        const { belief, at: before } = play(filter, settled(wrong));
        let at = before;
        const first = before + sec * 1_000;
        for (let sample = 1; at - first < riseMs + period * sec * 1_000; sample++) {
          at += sec * 1_000;
          // The last sample of each period is the old belief, or anything.
          const lie = sample % (2 * period) === 0 ? wrong : (others[sample % 20] ?? wrong);
          filter(belief, sample % period === 0 ? lie : truth, at, steepestFall / 20);
        }
        return belief.value !== null && Math.abs(belief.value - truth) <= 5;
      },
    ),
    { numRuns: 1_000 },
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
