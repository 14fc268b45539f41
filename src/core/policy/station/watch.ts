/** What time does to a station: its outage begins and ends, its silence becomes an alarm. */
import type { Transaction } from "../transaction.ts";
import { leftText, seconds } from "../words/sentences.ts";
import { isConfirmed, onBatteryMs } from "./assessment.ts";
import { watchFaults } from "./faults.ts";
import { watchGrace, watchSilence } from "./silence.ts";

export function watchStation(tx: Transaction, id: string) {
  if (tx.assess(id).notUp) beginStretch(tx, id);
  else if (tx.station(id).lostAt !== null) endStretch(tx, id);
  if (tx.station(id).outage !== null) endOutage(tx, id);
  watchSilence(tx, id);
  watchGrace(tx, id);
  watchFaults(tx, id);
}

/** Begins an outage, if there is none, at the sample that showed it; returns its id. */
export function beginOutage(tx: Transaction, id: string): string {
  const station = tx.station(id);
  if (station.outage !== null) return station.outage;
  const begin = station.sampleAt ?? tx.at;
  const outage = `${id}-${Math.floor((tx.wall - (tx.at - begin)) / 1000)}`;
  tx.setStation(id, { outage, outageAt: begin, onBattery: 0 });
  const charge = station.soc === null ? "its charge is not known" : `soc ${station.soc} %`;
  tx.event({
    type: "outage-began",
    level: "warn",
    station: id,
    outage,
    text: `${id} has no grid: ${charge}, ${leftText(tx, id)}`,
  });
  if (tx.site.machines.get(id)?.length === 0) {
    tx.event({
      type: "alarm",
      level: "alarm",
      code: "unmapped-station",
      station: id,
      outage,
      text: `${id} has no grid and no machine is mapped to it: nothing will be shut down`,
    });
  }
  return outage;
}

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
  const text = `the grid of ${id} has held for ${tx.rules.wakeAfterSec} s: the outage is over after ${seconds(station.onBattery)} on battery`;
  tx.event({
    type: "outage-ended",
    level: "info",
    station: id,
    ...(station.outage !== null && { outage: station.outage }),
    text,
  });
  tx.setStation(id, { outage: null, outageAt: null, onBattery: 0 });
}

/**
 * Whether time alone changes nothing about the station or the machines on it: it is heard, the battery carries nothing, and
 * no outage, silence or alarm is open. A station that falls silent is not quiet any more, nor is one behind a station that is not.
 */
export function isQuiet(tx: Transaction, id: string): boolean {
  const station = tx.station(id);
  const { outage, lostAt, silence, graceAlarm, resumedAt, carried, sampleAt, faults } = station;
  if (outage !== null || lostAt !== null || silence !== null || graceAlarm || resumedAt !== null)
    return false;
  if (sampleAt === null) return tx.at - tx.state.startedAt < tx.rules.bootGraceSec * 1000;
  if (carried === "battery" || carried === "solar" || faults.alarm) return false;
  const { silent, floorApplies } = tx.assess(id);
  return !silent && !floorApplies;
}
