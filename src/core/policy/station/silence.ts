/** The alarms of a station that is not heard: it fell silent, or was not heard since the start (S1, S7). */
import type { Transaction } from "../transaction.ts";
import { timeLeft, wholeSec } from "../words/sentences.ts";
import { silentAfterMs } from "./assessment.ts";
import type { StationState } from "./state.ts";

/** After an alarm a station must be heard this long without a gap before the next silence is a new alarm. */
const steadyMs = 600_000;

/** Raises one alarm for a silence, after twice its time; repeated silences are one alarm with a count. */
export function watchSilence(tx: Transaction, id: string) {
  const assessment = tx.assess(id);
  if (assessment.age === null) return;
  const station = tx.station(id);
  // After a start the station gets its time to speak before its silence is an alarm: nobody listened before (E5).
  if (station.resumedAt !== null && tx.at - station.resumedAt <= silentAfterMs(tx.rules, station)) return;
  if (assessment.age > 2 * silentAfterMs(tx.rules, station)) return openSilence(tx, id);
  const { silence } = station;
  if (silence === null || assessment.silent) return;
  if (silence.open) return tx.setStation(id, { silence: { ...silence, open: false, liveAt: tx.at } });
  if (tx.at - silence.liveAt < steadyMs) return;
  tx.over(silence.kind, { station: id, times: silence.count });
  tx.setStation(id, { silence: null });
}

function openSilence(tx: Transaction, id: string) {
  const { notUp, age } = tx.assess(id);
  const { silence } = tx.station(id);
  const kind = notUp ? "blind-on-battery" : "blind-on-mains";
  if (silence?.open && silence.kind === kind) return;
  const count = silence === null ? 1 : silence.count + Number(!silence.open);
  tx.setStation(id, { silence: { kind, count, open: true, liveAt: tx.at } });
  // A silence that turns out to be one on battery is a new alarm.
  if (silence !== null && silence.kind === kind) return;
  if (silence !== null) tx.over(silence.kind, { station: id, times: null });
  const silentSec = wholeSec(age ?? 0);
  if (notUp) tx.event("blind-on-battery", { station: id, silentSec, ...timeLeft(tx, id) });
  else tx.event("blind-on-mains", { station: id, silentSec });
}

/** Raises an alarm where no live reading came since the start; nothing is shut down for that. */
export function watchGrace(tx: Transaction, id: string) {
  const station = tx.station(id);
  // The silence of a station that was heard before the start is an alarm of its own.
  const heard = station.sampleAt !== null;
  if (heard && station.graceAlarm) {
    tx.setStation(id, { graceAlarm: false });
    tx.over("no-reading-since-start", { station: id });
  }
  if (heard || station.graceAlarm) return;
  const waited = tx.at - tx.state.startedAt;
  if (waited < tx.rules.bootGraceSec * 1000) return;
  tx.setStation(id, { graceAlarm: true });
  tx.event("no-reading-since-start", { station: id, waitedSec: wholeSec(waited) });
}

/** Raises an alarm where the charge of a station on battery is not known although the station is heard; its machines are shut down blind. */
export function watchCharge(tx: Transaction, id: string) {
  const { blind, silent } = tx.assess(id);
  const { chargeAlarm, soc } = tx.station(id);
  const isUnknown = blind !== null && !silent;
  if (isUnknown === chargeAlarm || (!isUnknown && silent)) return;
  tx.setStation(id, { chargeAlarm: isUnknown });
  if (isUnknown) tx.event("charge-unknown", { station: id, soc, sec: wholeSec(tx.at - blind.since) });
  else tx.over("charge-unknown", { station: id });
}

/** Raises an alarm where a station is heard and never reports its mains: nothing could be shut down in an outage. */
export function watchGrid(tx: Transaction, id: string) {
  const station = tx.station(id);
  const isUntold = isGridUntold(station);
  if (!isUntold && station.gridAlarm) {
    tx.setStation(id, { gridAlarm: false });
    tx.over("grid-not-reported", { station: id });
  }
  if (!isUntold || station.gridAlarm || station.resumedAt !== null) return;
  const waited = tx.at - tx.state.startedAt;
  if (waited < tx.rules.bootGraceSec * 1000) return;
  tx.setStation(id, { gridAlarm: true });
  tx.event("grid-not-reported", { station: id, waitedSec: wholeSec(waited) });
}

/** Whether samples of the station came, and none of them had any sign of the mains. */
export const isGridUntold = ({ sampleAt, verdict, last, basis }: StationState): boolean =>
  sampleAt !== null && verdict === "unknown" && last === null && basis === "none";
