/** What time does to a station: its outage begins and ends, its silence becomes an alarm. */
import type { Transaction } from "../transaction.ts";
import { timeLeft, wholeSec } from "../words/sentences.ts";
import { isConfirmed, onBatteryMs } from "./assessment.ts";
import { watchFaults } from "./reported-faults.ts";
import { takeBurst } from "./sample.ts";
import { isGridUntold, watchCharge, watchGrace, watchGrid, watchSilence } from "./silence.ts";

export function watchStation(tx: Transaction, id: string) {
  takeBurst(tx, id);
  if (tx.assess(id).notUp) beginStretch(tx, id);
  else if (tx.station(id).lostAt !== null) endStretch(tx, id);
  if (tx.station(id).outage !== null) endOutage(tx, id);
  watchSilence(tx, id);
  watchGrace(tx, id);
  watchCharge(tx, id);
  watchGrid(tx, id);
  watchFaults(tx, id);
}

/** Begins an outage, if there is none, at the sample that showed it; returns its id. */
export function beginOutage(tx: Transaction, id: string): string {
  const station = tx.station(id);
  if (station.outage !== null) return station.outage;
  const begin = station.sampleAt ?? tx.at;
  const outage = `${id}-${Math.floor((tx.wall - (tx.at - begin)) / 1000)}`;
  tx.setStation(id, { outage, outageAt: begin, onBattery: 0 });
  tx.event("outage-began", {
    station: id,
    outage,
    soc: station.recent.at(-1)?.soc ?? station.soc,
    ...timeLeft(tx, id),
  });
  if (isUnmapped(tx, id)) tx.event("unmapped-station", { station: id, outage });
  return outage;
}

/** Whether no machine is mapped to the station, nor to one behind it. */
const isUnmapped = (tx: Transaction, id: string) => tx.site.machines.get(id)?.length === 0;

function beginStretch(tx: Transaction, id: string) {
  if (tx.station(id).lostAt !== null) return;
  beginOutage(tx, id);
  tx.setStation(id, { lostAt: tx.station(id).sampleAt ?? tx.at });
}

function endStretch(tx: Transaction, id: string) {
  const station = tx.station(id);
  tx.setStation(id, { lostAt: null, onBattery: onBatteryMs(station, station.sampleAt ?? tx.at) });
}

function endOutage(tx: Transaction, id: string) {
  const station = tx.station(id);
  if (!isConfirmed(station, tx.assess(id), tx.at, tx.rules.wakeAfterSec)) return;
  const { outage, onBattery } = station;
  const heldSec = tx.rules.wakeAfterSec;
  tx.event("outage-ended", { station: id, outage, heldSec, onBatterySec: wholeSec(onBattery) });
  if (isUnmapped(tx, id)) tx.over("unmapped-station", { station: id, outage });
  tx.setStation(id, { outage: null, outageAt: null, onBattery: 0 });
}

/**
 * Whether time alone changes nothing about the station or the machines on it: it is heard, the battery carries nothing, and
 * no outage, silence or alarm is open. A station that falls silent is not quiet any more, nor is one behind a station that is not.
 */
export function isQuiet(tx: Transaction, id: string): boolean {
  const station = tx.station(id);
  const { outage, lostAt, silence, graceAlarm, resumedAt, carried, sampleAt, faults, chargeAlarm } = station;
  if (outage !== null || lostAt !== null || silence !== null || graceAlarm || resumedAt !== null)
    return false;
  if (sampleAt === null) return tx.at - tx.state.startedAt < tx.rules.bootGraceSec * 1000;
  if (carried === "battery" || carried === "solar" || faults.alarm || chargeAlarm) return false;
  if (station.gridAlarm || isGridUntold(station)) return false;
  const { silent, floorApplies } = tx.assess(id);
  return !silent && !floorApplies;
}
