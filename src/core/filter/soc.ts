/** Believes a state of charge: at once if physics explains the step, else once most recent samples agree on it (I3, S18, E3). */
import type { Instant } from "../reading.ts";
import { isContradicted, isFalling, noteAgreed, noteOther, type OtherCharge } from "./other-charge.ts";

/** A value that physics does not explain, and the samples that agree on it. */
interface Challenger {
  /** Percent: of its newest sample, and when that came. */
  value: number;
  at: Instant;
  firstAt: Instant;
  count: number;
  /** How many samples the belief had before the first one of these. */
  before: number;
}

/** The believed value and what contradicts it. Plain mutable data. */
export interface SocBelief {
  /** Percent; null before the first. */
  value: number | null;
  /** When `value` was last confirmed. */
  at: Instant;
  /** When it was first believed. */
  since: Instant;
  /** A second sample agreed with it. */
  isConfirmed: boolean;
  /** Samples so far. */
  samples: number;
  /** Contradictions, oldest first. Each has most of the samples since its first one, else it is dropped. */
  challengers: Challenger[];
  /** A lower and a higher charge that go on beside the belief. */
  lower: OtherCharge | null;
  higher: OtherCharge | null;
}

/** Covers whole percents, and packs that round differently. */
const slackPercent = 1.5;
/** No station charges faster. Slower than any fall, so that a fall is believed first (I3). */
const steepestRisePercentPerMinute = 3;
const samplesNeeded = 3;
const fallConfirmedAfterMs = 10_000;
const riseConfirmedAfterMs = 30_000;
/** Two samples at least this far apart confirm each other: one frame that is sent twice does not. */
const agreeMs = 2_000;
/** Bounds the work: each further challenger needs most of the samples since an earlier one began. */
const mostChallengers = 8;

/** A belief before the first value. */
export const unknownSoc = (): SocBelief => ({
  value: null,
  at: 0,
  since: 0,
  isConfirmed: false,
  samples: 0,
  challengers: [],
  lower: null,
  higher: null,
});

/** Forgets everything: the next value is the first. */
export function forgetSoc(belief: SocBelief): void {
  Object.assign(belief, unknownSoc());
}

/**
 * Takes one sample of the state of charge (percent; `steepestFall` in percent a minute). A value that physics does not
 * explain is believed with the third sample that agrees, 10 s (a fall) or 30 s (a rise) after the first, if most samples since
 * then agree with it: delayed, never vetoed. The first value has no bonus: until a second sample agrees with it, a higher
 * one replaces it. Values outside 0–100 are dropped.
 */
export function believeSoc(belief: SocBelief, value: number, at: Instant, steepestFall: number): void {
  if (!(value >= 0 && value <= 100)) return;
  belief.samples++;
  watchOthers(belief, value, at, steepestFall);
  if (belief.value !== null && explains(belief.value, value, at - belief.at, steepestFall)) {
    belief.isConfirmed ||= at - belief.since >= agreeMs;
    belief.value = value;
    belief.at = at;
  } else if (belief.value === null || (value > belief.value && !belief.isConfirmed)) {
    replace(belief, value, at, false);
  } else challenge(belief, value, at, steepestFall);
  const { samples } = belief;
  belief.challengers = belief.challengers.filter(({ count, before }) => 2 * count > samples - before);
}

function watchOthers(belief: SocBelief, value: number, at: Instant, steepestFall: number): void {
  const { value: believed, lower, higher } = belief;
  const isOther = believed !== null && !explains(believed, value, at - belief.at, steepestFall);
  const [isLower, isHigher] = [isOther && value < believed, isOther && value > believed];
  belief.lower = isLower ? noteOther(lower, value, at) : noteAgreed(lower);
  belief.higher = isHigher ? noteOther(higher, value, at) : noteAgreed(higher);
}

/** Whether reports of the charge contradict each other, and go on doing so (E6). */
export const areChargesDisputed = ({ lower, higher }: SocBelief, at: Instant): boolean =>
  isContradicted(lower, at) || isContradicted(higher, at);

/**
 * Returns the percent to decide on. A higher one that most samples agree on since they began goes before the belief, so that a
 * wrong low one shuts nothing down. Of two publishers that contradict each other, a lower charge that falls goes before both.
 */
export function socOf({ value, challengers, lower, at }: SocBelief): number | null {
  if (value === null) return null;
  if (isContradicted(lower, Math.max(at, lower?.at ?? at)) && isFalling(lower)) return lower.value;
  const higher = challengers.filter(({ at, firstAt }) => at - firstAt >= agreeMs);
  return Math.max(value, ...higher.map((challenger) => challenger.value));
}

function challenge(belief: SocBelief, value: number, at: Instant, steepestFall: number): void {
  const { challengers, samples } = belief;
  let own = challengers.find((known) => explains(known.value, value, at - known.at, steepestFall));
  if (own === undefined) {
    own = { value, at, firstAt: at, count: 0, before: samples - 1 };
    challengers.push(own);
    if (challengers.length > mostChallengers) challengers.shift();
  }
  own.count++;
  own.value = value;
  own.at = at;
  const needed = value < (belief.value ?? 0) ? fallConfirmedAfterMs : riseConfirmedAfterMs;
  const isMost = 2 * own.count > samples - own.before;
  if (isMost && own.count >= samplesNeeded && at - own.firstAt >= needed) replace(belief, value, at, true);
}

function replace(belief: SocBelief, value: number, at: Instant, isConfirmed: boolean): void {
  belief.value = value;
  belief.at = at;
  belief.since = at;
  belief.isConfirmed = isConfirmed;
  belief.challengers = [];
  belief.lower = null;
  belief.higher = null;
}

/** Whether the time passed explains the step from one value to the other. */
function explains(from: number, to: number, passedMs: number, steepestFall: number): boolean {
  const minutes = passedMs / 60_000;
  const rise = to - from;
  return rise >= 0
    ? rise <= slackPercent + steepestRisePercentPerMinute * minutes
    : -rise <= slackPercent + steepestFall * minutes;
}
