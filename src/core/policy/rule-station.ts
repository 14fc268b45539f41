/** What the clock does to a station: its outage begins and ends, its silence is told (row 0; S1, S7, S9, R8). */
import type { Draft } from "./draft.ts";
import { timeLeft, wholeSec } from "./explain.ts";
import { tellFaults } from "./rule-own.ts";
import { machinesOn } from "./rules.ts";
import { isConfirmed, onBatteryMs, silentAfterMs } from "./sight.ts";

/** After an alarm a station must have been heard so long without a silence before the next one is news again. */
const steadyMs = 600_000;

export function watchStation(draft: Draft, id: string) {
  const sight = draft.sight(id);
  if (sight.notUp) beginStretch(draft, id);
  else if (draft.station(id).lostAt !== null) endStretch(draft, id);
  if (draft.station(id).outage !== null) endOutage(draft, id);
  tellSilence(draft, id);
  tellGrace(draft, id);
  tellFaults(draft, id);
}

/** An outage begins at the sample that told it; without one yet, so does its id (R8). */
export function beginOutage(draft: Draft, id: string): string {
  const station = draft.station(id);
  if (station.outage !== null) return station.outage;
  const begin = station.sampleAt ?? draft.at;
  const outage = `${id}-${Math.floor((draft.wall - (draft.at - begin)) / 1000)}`;
  draft.setStation(id, { outage, outageAt: begin, onBattery: 0 });
  draft.event("outage-began", { station: id, outage, soc: station.soc, ...timeLeft(draft, id) });
  if (machinesOn(draft.rules, id).length === 0) draft.event("unmapped-station", { station: id, outage });
  return outage;
}

function beginStretch(draft: Draft, id: string) {
  if (draft.station(id).lostAt !== null) return;
  beginOutage(draft, id);
  draft.setStation(id, { lostAt: draft.station(id).sampleAt ?? draft.at });
}

function endStretch(draft: Draft, id: string) {
  const station = draft.station(id);
  draft.setStation(id, { lostAt: null, onBattery: onBatteryMs(station, station.sampleAt ?? draft.at) });
}

function endOutage(draft: Draft, id: string) {
  const station = draft.station(id);
  if (!isConfirmed(station, draft.sight(id), draft.at, draft.rules.wakeAfterSec)) return;
  const { outage } = station;
  const onBatterySec = wholeSec(station.onBattery);
  draft.event("outage-ended", { station: id, outage, heldSec: draft.rules.wakeAfterSec, onBatterySec });
  if (machinesOn(draft.rules, id).length === 0) draft.over("unmapped-station", { station: id, outage });
  draft.setStation(id, { outage: null, outageAt: null, onBattery: 0 });
}

/** One alarm a silence, after twice the time; what flaps is one alarm with a count (S7). */
function tellSilence(draft: Draft, id: string) {
  const sight = draft.sight(id);
  if (sight.age === null) return;
  const station = draft.station(id);
  if (sight.age > 2 * silentAfterMs(draft.rules, station)) return openSilence(draft, id);
  const { silence } = station;
  if (silence === null || sight.silent) return;
  if (silence.open) return draft.setStation(id, { silence: { ...silence, open: false, liveAt: draft.at } });
  if (draft.at - silence.liveAt < steadyMs) return;
  draft.over(silence.kind, { station: id, times: silence.count });
  draft.setStation(id, { silence: null });
}

function openSilence(draft: Draft, id: string) {
  const { notUp, age } = draft.sight(id);
  const { silence } = draft.station(id);
  const kind = notUp ? "blind-on-battery" : "blind-on-mains";
  if (silence?.open && silence.kind === kind) return;
  const count = silence === null ? 1 : silence.count + Number(!silence.open);
  draft.setStation(id, { silence: { kind, count, open: true, liveAt: draft.at } });
  // A silence that turns out to be one on battery is news, whatever was told before.
  if (silence !== null && silence.kind === kind) return;
  if (silence !== null) draft.over(silence.kind, { station: id, times: null });
  const silentSec = wholeSec(age ?? 0);
  if (notUp) draft.event("blind-on-battery", { station: id, silentSec, ...timeLeft(draft, id) });
  else draft.event("blind-on-mains", { station: id, silentSec });
}

/** No live reading since the start: alarm, no shutdown (S1). */
function tellGrace(draft: Draft, id: string) {
  const station = draft.station(id);
  const heard = station.sampleAt !== null && station.resumedAt === null;
  if (heard && station.graceAlarm) {
    draft.setStation(id, { graceAlarm: false });
    draft.over("no-reading-since-start", { station: id });
  }
  if (heard || station.graceAlarm) return;
  const waited = draft.at - draft.state.startedAt;
  if (waited < draft.rules.bootGraceSec * 1000) return;
  draft.setStation(id, { graceAlarm: true });
  draft.event("no-reading-since-start", { station: id, waitedSec: wholeSec(waited) });
}
