/** Messages without a time of their own that come late, one after another, once a connection is back: they are no proof of now (E21). */
import type { Instant } from "../reading.ts";
import { type SourceMemory, silenceOf } from "./sources.ts";

/** Where no usual interval is known, messages closer than this come from a queue. */
const leastGapMs = 1_000;

/**
 * Notes the arrival of a message and returns whether it may have waited in a queue. That can only end a loss wrongly, so it is judged
 * in an outage alone. A queue that filled during a silence brings its messages faster than the station makes them, and holds no
 * more than the station made meanwhile.
 */
export function mayBeLate(source: SourceMemory, at: Instant, inOutage: boolean): boolean {
  const gap = at - source.arrivedAt;
  source.arrivedAt = at;
  const usual = Math.max(source.intervalMs, leastGapMs);
  if (!inOutage) source.queued = null;
  else if (gap >= silenceOf(source) && gap < Number.POSITIVE_INFINITY)
    source.queued = Math.ceil(gap / usual) + 1;
  else if (source.queued !== null && 2 * gap >= usual) source.queued = null;
  if (source.queued === null) return false;
  source.queued -= 1;
  if (source.queued > 0) return true;
  source.queued = null;
  return false;
}
