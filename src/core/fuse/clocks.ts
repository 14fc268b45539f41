/** Which time a sample gets: its sender's own, or the time of receipt. */

/** A sender's clock that differs more than this from ours is wrong, and its time is not used. */
const clocksAgreeMs = 60_000;

/** The time of a sample, epoch ms: `own` where the sender gave one within 60 s of `wall`, else `wall`. */
export function sampleTime(own: unknown, wall: number): number {
  return typeof own === "number" && Math.abs(own - wall) <= clocksAgreeMs ? own : wall;
}
