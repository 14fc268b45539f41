/** Notices a second voice on the state of charge: a lower one that goes on beside the believed one (E6). */
import type { Instant } from "../reading.ts";

/** A lower charge that is reported again and again beside the believed one. Plain mutable data. */
export interface LowerCharge {
  /** Percent: of its newest sample, and when that came. */
  value: number;
  at: Instant;
  /** When the first sample came. */
  firstAt: Instant;
  /** Percent, and since when none of them rose. */
  from: number;
  fallsAt: Instant;
  samples: number;
  /** How often it came after a sample that agreed with the belief. */
  turns: number;
  /** The newest sample of the station was one of these. */
  isNewest: boolean;
}

/** Two publishers contradict each other for this long, and in this many turns, before they are taken for two. */
const leastMs = 60_000;
const leastTurns = 3;
/** No publisher is slower; what comes at longer intervals is a bad value now and then. */
const longestIntervalMs = 120_000;
/** A frozen publisher and a bad value that comes again do not fall; a battery that carries the load does, and never rises. */
const leastFall = 2;
const leastFallMs = 30_000;
/** Covers whole percents, and packs that round differently. */
const slackPercent = 1.5;

/** Takes a sample that agrees with the belief. */
export function noteAgreed(lower: LowerCharge | null): LowerCharge | null {
  if (lower !== null) lower.isNewest = false;
  return lower;
}

/** Takes a sample below the belief. Stations that report in steps of several percent fall as others do. */
export function noteLower(lower: LowerCharge | null, value: number, at: Instant): LowerCharge {
  if (lower === null)
    return { value, at, firstAt: at, from: value, fallsAt: at, samples: 1, turns: 1, isNewest: true };
  if (value > lower.value + slackPercent) Object.assign(lower, { from: value, fallsAt: at });
  lower.samples += 1;
  if (!lower.isNewest) lower.turns += 1;
  lower.value = value;
  lower.at = at;
  lower.isNewest = true;
  return lower;
}

/** Whether the lower charge goes on beside the believed one at `at`. It ends when three of its usual intervals bring none. */
export function isContradicted(lower: LowerCharge | null, at: Instant): lower is LowerCharge {
  if (lower === null || lower.turns < leastTurns) return false;
  const lasted = lower.at - lower.firstAt;
  const interval = lasted / (lower.samples - 1);
  if (lasted < leastMs || interval > longestIntervalMs) return false;
  return at - lower.at <= Math.max(3 * interval, leastMs);
}

/** Whether the lower charge falls, as that of a battery in use. */
export const isFalling = ({ from, fallsAt, value, at }: LowerCharge): boolean =>
  from - value >= leastFall && at - fallsAt >= leastFallMs;
