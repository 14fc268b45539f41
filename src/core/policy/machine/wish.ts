/** The first step of a decision: what is wished for a machine now, and why. How to get there is the table's (transitions.ts). */
import type { MachineRules } from "../rules.ts";
import { isConfirmed } from "../station/assessment.ts";
import { needMs, project } from "../station/projection.ts";
import type { Transaction } from "../transaction.ts";
import { type Causes, causesOf } from "./causes.ts";
import type { Target } from "./state.ts";
import { doubtfulCount, wasUpLately } from "./supplies.ts";

export interface Wish {
  /** `down`: it has to go. `up`: the grid is confirmed, and a command may be taken back. Null: nothing new is wished. */
  target: Target | null;
  why: Causes;
}

/** Returns what is wished for the machine at this instant. */
export function wishFor(tx: Transaction, id: string, rules: MachineRules): Wish {
  const why = causesOf(tx, tx.machine(id), rules);
  if (why.due) return { target: "down", why };
  return { target: mayAbort(tx, rules) ? "up" : null, why };
}

/** Whether any station of the machine has an outage. */
export const inOutage = (tx: Transaction, { stations }: MachineRules): boolean =>
  stations.some((station) => tx.station(station).outage !== null);

/** Whether the grid of the station has been present for abortAfterSec. */
export const isBack = (tx: Transaction, id: string): boolean =>
  isConfirmed(tx.station(id), tx.assess(id), tx.at, tx.rules.abortAfterSec);

/**
 * Whether enough stations are without an outage, or have a confirmed grid: nothing more has to be waited for. A station of
 * which nothing is known proves nothing, and is not waited for either.
 */
export function isSettled(tx: Transaction, rules: MachineRules): boolean {
  const { stations, minSupplies } = rules;
  const open = stations.filter((id) => tx.station(id).outage !== null && !isBack(tx, id));
  const known = stations.length - doubtfulCount(tx, rules, tx.rules.bootGraceSec);
  return known - open.length >= Math.min(minSupplies, known);
}

/** Whether every station is heard, on battery and on time: only then does a missing cause mean anything. */
export const isInSight = (tx: Transaction, { stations }: MachineRules): boolean =>
  stations.every((id) => {
    const { floorApplies, overdue, held } = tx.assess(id);
    return !held && floorApplies && !overdue;
  });

/** Whether enough stations have a confirmed grid and a charge that does not forbid an abort (S10). */
function mayAbort(tx: Transaction, rules: MachineRules): boolean {
  const able = rules.stations.filter((id) => isBack(tx, id) && !chargeBlocks(tx, rules, id));
  if (able.length === 0) return false;
  const recent = rules.stations.filter((id) => wasUpLately(tx, id));
  return able.length + recent.length >= rules.minSupplies;
}

/** The charge blocks only when all three are known and false: enough for one more stop, charging, carried by the mains (S10). */
function chargeBlocks(tx: Transaction, rules: MachineRules, id: string): boolean {
  const station = tx.station(id);
  const stationRules = tx.rules.stations[id];
  if (stationRules === undefined || station.charging !== false) return false;
  if (station.carried === null || station.carried === "grid") return false;
  const projection = project(stationRules, station, tx.at, false);
  return projection !== null && projection.left < needMs(rules);
}
