/** A state of charge that does not move while the battery is used is frozen: the source counts as silent from its last change (S18). */
import type { Instant } from "../reading.ts";

/** Plain mutable data. */
export interface FrozenWatch {
  /** NaN before the first. */
  soc: number;
  /** The last change. */
  since: Instant;
  sinceWall: number;
  /** Taken from the battery since then. */
  usedWh: number;
  at: Instant;
}

/** So many percent must have been used without any being shown. */
const frozenPercent = 3;
/** Between two messages further apart nothing is assumed: that is silence, which is judged by itself. */
const longestStepMs = 60_000;

export const nothingWatched = (): FrozenWatch => ({
  soc: Number.NaN,
  since: 0,
  sinceWall: 0,
  usedWh: 0,
  at: 0,
});

/** Takes one moment; true while the state of charge is frozen. `watts` out of the battery, 0 when none or not on battery. */
export function watchFrozen(
  watch: FrozenWatch,
  moment: { soc: number | null; watts: number; capacityWh: number | null; at: Instant; wall: number },
): boolean {
  const stepMs = Math.min(longestStepMs, Math.max(0, moment.at - watch.at));
  watch.at = moment.at;
  const soc = moment.soc ?? Number.NaN;
  if (soc !== watch.soc || moment.watts <= 0) {
    watch.soc = soc;
    watch.since = moment.at;
    watch.sinceWall = moment.wall;
    watch.usedWh = 0;
    return false;
  }
  watch.usedWh += (moment.watts * stepMs) / 3_600_000;
  return moment.capacityWh !== null && watch.usedWh * 100 >= frozenPercent * moment.capacityWh;
}
