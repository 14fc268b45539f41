/** Believes a state of charge: at once if physics explains the step, else once it has repeated itself (I3, S18). */
import type { Instant } from "../reading.ts";

/** The believed value and, while a doubtful one repeats, its track. Plain mutable data. */
export interface SocBelief {
  /** Percent; null before the first. */
  value: number | null;
  /** When `value` was last confirmed. */
  at: Instant;
  /** How many doubtful values in a row agree with each other; 0 while there is no doubt. */
  doubts: number;
  firstDoubtAt: Instant;
  /** The newest doubtful value, percent, and when it came; means nothing while `doubts` is 0. */
  doubtful: number;
  doubtfulAt: Instant;
}

/** Covers whole percents, and packs that round differently. */
const slackPercent = 1.5;
/** No station charges faster. Slower than any fall, so that a fall is believed first (I3). */
const steepestRisePercentPerMinute = 3;
const samplesNeeded = 3;
const fallConfirmedAfterMs = 10_000;
const riseConfirmedAfterMs = 30_000;

/** A belief before the first value. */
export const unknownSoc = (): SocBelief => ({
  value: null,
  at: 0,
  doubts: 0,
  firstDoubtAt: 0,
  doubtful: 0,
  doubtfulAt: 0,
});

/**
 * Takes one sample of the state of charge (percent; `steepestFall` in percent a minute). A value that physics does not
 * explain is believed with the third sample that agrees, 10 s (a fall) or 30 s (a rise) after the first: delayed, never vetoed.
 * Values outside 0–100 are dropped.
 */
export function believeSoc(belief: SocBelief, value: number, at: Instant, steepestFall: number): void {
  if (!(value >= 0 && value <= 100)) return;
  const { value: before } = belief;
  if (before === null || explains(before, value, at - belief.at, steepestFall)) {
    accept(belief, value, at);
    return;
  }
  const agrees = belief.doubts > 0 && explains(belief.doubtful, value, at - belief.doubtfulAt, steepestFall);
  if (!agrees) belief.firstDoubtAt = at;
  belief.doubts = agrees ? belief.doubts + 1 : 1;
  belief.doubtful = value;
  belief.doubtfulAt = at;
  const needed = value < before ? fallConfirmedAfterMs : riseConfirmedAfterMs;
  if (belief.doubts >= samplesNeeded && at - belief.firstDoubtAt >= needed) accept(belief, value, at);
}

function accept(belief: SocBelief, value: number, at: Instant): void {
  belief.value = value;
  belief.at = at;
  belief.doubts = 0;
}

/** Whether the time passed explains the step from one value to the other. */
function explains(from: number, to: number, passedMs: number, steepestFall: number): boolean {
  const minutes = passedMs / 60_000;
  const rise = to - from;
  return rise >= 0
    ? rise <= slackPercent + steepestRisePercentPerMinute * minutes
    : -rise <= slackPercent + steepestFall * minutes;
}
