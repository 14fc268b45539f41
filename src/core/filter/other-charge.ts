/** Notices a second voice on the state of charge: a lower or a higher one that goes on beside the believed one (E6). */
import type { Instant } from "../reading.ts";

/** A charge that is reported again and again beside the believed one. Plain mutable data. */
export interface OtherCharge {
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
export function noteAgreed(other: OtherCharge | null): OtherCharge | null {
  if (other !== null) other.isNewest = false;
  return other;
}

/** Takes a sample that contradicts the belief. Stations that report in steps of several percent fall as others do. */
export function noteOther(other: OtherCharge | null, value: number, at: Instant): OtherCharge {
  if (other === null || at - other.at > longestIntervalMs)
    return { value, at, firstAt: at, from: value, fallsAt: at, samples: 1, turns: 1, isNewest: true };
  if (value > other.value + slackPercent) Object.assign(other, { from: value, fallsAt: at });
  other.samples += 1;
  if (!other.isNewest) other.turns += 1;
  other.value = value;
  other.at = at;
  other.isNewest = true;
  return other;
}

/** Whether the other charge goes on beside the believed one at `at`. It ends when three of its usual intervals bring none. */
export function isContradicted(other: OtherCharge | null, at: Instant): other is OtherCharge {
  if (other === null || other.turns < leastTurns) return false;
  const lasted = other.at - other.firstAt;
  const interval = lasted / (other.samples - 1);
  if (lasted < leastMs) return false;
  return at - other.at <= Math.max(3 * interval, leastMs);
}

/** Whether the other charge falls, as that of a battery in use. */
export const isFalling = ({ from, fallsAt, value, at }: OtherCharge): boolean =>
  from - value >= leastFall && at - fallsAt >= leastFallMs;
