/** Detects a frozen state of charge: it does not move while the battery is used, so the source is silent from its last change (S18). */
import type { Instant } from "../reading.ts";

/** Plain mutable data. */
export interface FrozenWatch {
  /** Percent; null before the first. */
  soc: number | null;
  /** When it changed last. */
  since: Instant;
  /** The same moment, epoch ms. */
  sinceWall: number;
  /** Energy taken from the battery since then. */
  usedWh: number;
  at: Instant;
}

/** Frozen is a charge that did not move while this part of the capacity was used. */
const frozenPercent = 3;
/** A longer gap between two messages counts as this much use only: silence is judged by itself. */
const longestStepMs = 60_000;

/** A watch before the first value. */
export const nothingWatched = (): FrozenWatch => ({
  soc: null,
  since: 0,
  sinceWall: 0,
  usedWh: 0,
  at: 0,
});

/** Takes one moment; true while the state of charge is frozen. `watts` out of the battery; 0 when the battery does not carry the load. */
export function watchFrozen(
  watch: FrozenWatch,
  moment: { soc: number | null; watts: number; capacityWh: number | null; at: Instant; wall: number },
): boolean {
  const stepMs = Math.min(longestStepMs, Math.max(0, moment.at - watch.at));
  watch.at = moment.at;
  if (moment.soc === null || moment.soc !== watch.soc || moment.watts <= 0) {
    watch.soc = moment.soc;
    watch.since = moment.at;
    watch.sinceWall = moment.wall;
    watch.usedWh = 0;
    return false;
  }
  watch.usedWh += (moment.watts * stepMs) / 3_600_000;
  return moment.capacityWh !== null && watch.usedWh * 100 >= frozenPercent * moment.capacityWh;
}
