/** What the clock does to a station: its outage begins and ends, its silence is told (row 0; S1, S7, S9, R8). */
import type { Draft } from "./draft.ts";
import { leftText, seconds } from "./explain.ts";
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
  const charge = station.soc === null ? "its charge is not known" : `soc ${station.soc} %`;
  draft.event({
    type: "outage-began",
    level: "warn",
    station: id,
    outage,
    text: `${id} has no grid: ${charge}, ${leftText(draft, id)}`,
  });
  if (machinesOn(draft.rules, id).length === 0) {
    draft.event({
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
  const text = `the grid of ${id} has held for ${draft.rules.wakeAfterSec} s: the outage is over after ${seconds(station.onBattery)} on battery`;
  draft.event({
    type: "outage-ended",
    level: "info",
    station: id,
    ...(station.outage !== null && { outage: station.outage }),
    text,
  });
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
  const times = silence.count === 1 ? "once" : `${silence.count} times`;
  const text = `${id} is heard steadily again; it had been silent ${times}`;
  draft.event({ type: "alarm-over", level: "info", code: silence.kind, station: id, text });
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
  if (silence !== null) {
    const text = `the silence of ${id} is no longer one ${silence.kind === "blind-on-mains" ? "on mains" : "on battery"}`;
    draft.event({ type: "alarm-over", level: "info", code: silence.kind, station: id, text });
  }
  const what = notUp
    ? `on battery: the charge is projected at the worst load, ${leftText(draft, id)}`
    : "with the grid present at its last word: nothing is shut down for that";
  const text = `${id} has been silent for ${seconds(age ?? 0)} ${what}`;
  draft.event({ type: "alarm", level: "alarm", code: kind, station: id, text });
}

/** No live reading since the start: alarm, no shutdown (S1). */
function tellGrace(draft: Draft, id: string) {
  const station = draft.station(id);
  const heard = station.sampleAt !== null && station.resumedAt === null;
  const code = "no-reading-since-start";
  if (heard && station.graceAlarm) {
    draft.setStation(id, { graceAlarm: false });
    draft.event({ type: "alarm-over", level: "info", code, station: id, text: `${id} was heard` });
  }
  if (heard || station.graceAlarm) return;
  const waited = draft.at - draft.state.startedAt;
  if (waited < draft.rules.bootGraceSec * 1000) return;
  draft.setStation(id, { graceAlarm: true });
  const text = `${id} was not heard since the start ${seconds(waited)} ago: its grid is unknown and its machines are not protected; check its source`;
  draft.event({ type: "alarm", level: "alarm", code, station: id, text });
}
