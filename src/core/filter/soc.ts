/** Believing a state of charge: what physics explains at once, anything else after it has repeated itself (I3, hard-cases S18). */
import type { Instant } from "../reading.ts";

/** The believed value and, while a doubtful one repeats, its track. Plain mutable data. */
export interface SocBelief {
  /** Percent; null before the first. */
  value: number | null;
  /** When `value` was last confirmed. */
  at: Instant;
  track: SocTrack | null;
}

/** Doubtful values that agree with each other. */
interface SocTrack {
  since: Instant;
  at: Instant;
  value: number;
  samples: number;
}

/** Whole percents, and packs that round differently. */
const slackPercent = 1.5;
/** No station charges faster; slower than any fall, so that a fall is believed first (I3). */
const steepestRisePercentPerMinute = 3;
const samplesNeeded = 3;
const fallConfirmedAfterMs = 10_000;
const riseConfirmedAfterMs = 30_000;

export const unknownSoc = (): SocBelief => ({ value: null, at: 0, track: null });

/**
 * Takes one sample of the state of charge (percent, `steepestFall` in percent a minute). A value that physics does not
 * explain is believed with the third sample that agrees, 10 s (a fall) or 30 s (a rise) after the first: delayed, never vetoed.
 */
export function believeSoc(belief: SocBelief, value: number, at: Instant, steepestFall: number): void {
  if (!(value >= 0 && value <= 100)) return;
  const { track } = belief;
  if (belief.value === null || explains(belief.value, value, at - belief.at, steepestFall)) {
    accept(belief, value, at);
  } else if (track === null || !explains(track.value, value, at - track.at, steepestFall)) {
    belief.track = { since: at, at, value, samples: 1 };
  } else {
    track.at = at;
    track.value = value;
    track.samples++;
    const needed = value < belief.value ? fallConfirmedAfterMs : riseConfirmedAfterMs;
    if (track.samples >= samplesNeeded && at - track.since >= needed) accept(belief, value, at);
  }
}

function accept(belief: SocBelief, value: number, at: Instant): void {
  belief.value = value;
  belief.at = at;
  belief.track = null;
}

/** Whether so much time explains the way from one value to the other. */
function explains(from: number, to: number, passedMs: number, steepestFall: number): boolean {
  const minutes = passedMs / 60_000;
  const rise = to - from;
  return rise >= 0
    ? rise <= slackPercent + steepestRisePercentPerMinute * minutes
    : -rise <= slackPercent + steepestFall * minutes;
}
