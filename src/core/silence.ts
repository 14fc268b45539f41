/** When a source counts as silent: one rule for fusion and for the policy (S7). */

/** However slow a publisher is, it counts as silent after this time. */
export const longestSilenceMs = 900_000;

/** The silence in ms after which a source counts as silent: `leastMs`, or three of its usual gaps, at most 900 s. */
export const silenceMs = (leastMs: number, usualGapMs: number): number =>
  Math.min(longestSilenceMs, Math.max(leastMs, 3 * usualGapMs));
