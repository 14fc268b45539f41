/** What the rules of the families remember about the mains between messages. */
import type { Instant } from "../../reading.ts";

/** A firmware that showed no sign of the mains for this long, with a load, does not report the mains (S16). */
const capabilityMs = 24 * 3_600_000;

/** Plain mutable data of one station; −∞ stands for "never". */
export interface Evidence {
  /** The newest frame that showed a discharge without mains. */
  lossAt: Instant;
  /** Signs of presence named at or before this are void: the battery contradicted them, or they came from a cache (S7, S16). */
  voidUntil: Instant;
  /** The newest reply: what it named may be old, so any later heartbeat contradicts it (S7). */
  replyAt: Instant;
  /** State of charge when the running discharge began; null when there is none or it was not known (S12). */
  episodeSoc: number | null;
  /** Since when solar power carries the load. */
  solarSince: Instant | null;
  /** The first judgement. */
  firstAt: Instant | null;
  /** A sign of the mains was seen once. */
  proven: boolean;
  /** A load was seen that no battery carried. */
  loadSeen: boolean;
  /** Since when the AC input has voltage; null while it has none. */
  inputSince: Instant | null;
  /** The AC input carried the mains once: with watts, or for a minute. */
  inputSeen: boolean;
  /** When this evidence changes by time alone. */
  nextAt: Instant;
}

/** Evidence of a station that has said nothing. */
export const noEvidence = (): Evidence => ({
  lossAt: Number.NEGATIVE_INFINITY,
  voidUntil: Number.NEGATIVE_INFINITY,
  replyAt: Number.NEGATIVE_INFINITY,
  episodeSoc: null,
  solarSince: null,
  firstAt: null,
  proven: false,
  loadSeen: false,
  inputSince: null,
  inputSeen: false,
  nextAt: Number.POSITIVE_INFINITY,
});

/** Whether this firmware shows no sign of the mains: a day with load has passed without one (S16). */
export function isMute(evidence: Evidence, at: Instant): boolean {
  const { proven, loadSeen, firstAt } = evidence;
  return !proven && loadSeen && firstAt !== null && at - firstAt >= capabilityMs;
}
