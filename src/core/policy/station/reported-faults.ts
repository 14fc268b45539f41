/** The faults that a station reports: an alarm while its battery carries the load, and no ground to shut anything down (S34). */
import type { StationReading } from "../../reading.ts";
import type { Transaction } from "../transaction.ts";
import type { FaultMemory, StationState } from "./state.ts";

/** At most this many sets of faults are reported in one outage: a code that changes with each sample is no news. */
const mostTold = 10;

/** Returns the faults after a new sample, and those that stood while the mains carried the load. */
export function faultsOf(before: StationState, { faults, grid, carried_by }: StationReading): FaultMemory {
  const { faults: memory, outage } = before;
  if (faults === null) return memory;
  const now = sameSet(faults, memory.now) ? memory.now : faults.toSorted();
  const calm = grid === "present" && carried_by !== "battery" && outage === null;
  const stood = calm ? now : memory.before;
  return now === memory.now && stood === memory.before ? memory : { ...memory, now, before: stood };
}

const sameSet = (some: readonly string[], sorted: readonly string[]) =>
  some.length === sorted.length && some.every((fault) => sorted.includes(fault));

/** Reports faults while the grid is not up or the battery carries the load: once for each outage and set. */
export function watchFaults(tx: Transaction, id: string) {
  const { faults, carried, outage, sampleAt } = tx.station(id);
  if (faults.now.length === 0 && !faults.alarm) return;
  const away = tx.assess(id).notUp || carried === "battery";
  if (away && faults.now.length > 0) return openFaults(tx, id);
  if (away || outage !== null || !faults.alarm || sampleAt === null) return;
  tx.setStation(id, { faults: { ...faults, alarm: false } });
  tx.over("station-fault", { station: id });
}

function openFaults(tx: Transaction, id: string) {
  const { faults, outage } = tx.station(id);
  // The battery carries the load some seconds before the loss is believed: both belong to one outage.
  const told = faults.alarm || faults.outage === outage ? faults.told : [];
  const set = faults.now.join(", ");
  if (told.includes(set) || told.length >= mostTold) return;
  tx.setStation(id, { faults: { ...faults, told: [...told, set], outage, alarm: true } });
  const stoodBefore = faults.before === null ? null : [...faults.before];
  const gridUp = !tx.assess(id).notUp;
  tx.event("station-fault", { station: id, outage, faults: [...faults.now], stoodBefore, gridUp });
}
