/** Which of a machine's stations count as its supplies, and how long they last (S31, E12). */
import type { Instant } from "../../reading.ts";
import type { MachineRules } from "../rules.ts";
import type { Transaction } from "../transaction.ts";

/** A supply that a live sample showed with its grid this recently is healthy, although nothing shows it now (S31). */
const recentMs = 600_000;

/**
 * Returns since when nothing shows that the station has its grid; null while something does, or while it is on battery, where
 * it has causes of its own. For `graceSec` after the start of this process no station is doubtful: each gets time to report.
 */
export function doubtfulSince(tx: Transaction, id: string, graceSec: number): Instant | null {
  const { up, floorApplies } = tx.assess(id);
  if (up || floorApplies) return null;
  const { upAt, deafMs } = tx.station(id);
  // Time in which this process could not hear makes no supply doubtful (E5).
  const recentUntil = upAt === null ? Number.NEGATIVE_INFINITY : upAt + deafMs + recentMs;
  const since = Math.max(recentUntil, tx.state.startedAt + graceSec * 1000);
  return tx.at >= since ? since : null;
}

/** Returns how many of the machine's stations are doubtful at the end of `graceSec`. */
export const doubtfulCount = (tx: Transaction, { stations }: MachineRules, graceSec: number): number =>
  stations.filter((id) => doubtfulSince(tx, id, graceSec) !== null).length;

/** Whether a supply counts as healthy for an abort: not seen now, but with its grid within the last ten minutes, and without an outage. */
export function wasUpLately(tx: Transaction, id: string): boolean {
  const { upAt, outage } = tx.station(id);
  const { up, notUp } = tx.assess(id);
  return !up && !notUp && outage === null && upAt !== null && tx.at - upAt < recentMs;
}

/** Returns of the failing stations' values the one with which fewer than minSupplies stations are left; null while enough are left. */
export function nthOf(values: number[], { stations, minSupplies }: MachineRules, without = 0): number | null {
  const failing = Math.max(1, stations.length - without - minSupplies + 1);
  return values.sort((a, b) => a - b)[failing - 1] ?? null;
}

/**
 * Returns the ms until fewer than minSupplies stations still feed the machine; null where none fails or nothing can be
 * projected. A doubtful station feeds nothing here: counted as a supply it would leave the machine its full delay.
 */
export function supplyLeft(tx: Transaction, rules: MachineRules): number | null {
  return nthOf(
    rules.stations.flatMap((id) => tx.assess(id).projection?.left ?? []),
    rules,
    doubtfulCount(tx, rules, tx.rules.blindAfterSec),
  );
}
