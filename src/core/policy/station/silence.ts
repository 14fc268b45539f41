/** The alarms of a station that is not heard: it fell silent, or was not heard since the start (S1, S7). */
import type { Transaction } from "../transaction.ts";
import { leftText, seconds } from "../words/sentences.ts";
import { silentAfterMs } from "./assessment.ts";

/** After an alarm a station must be heard this long without a gap before the next silence is a new alarm. */
const steadyMs = 600_000;

/** Raises one alarm for a silence, after twice its time; repeated silences are one alarm with a count. */
export function watchSilence(tx: Transaction, id: string) {
  const assessment = tx.assess(id);
  if (assessment.age === null) return;
  const station = tx.station(id);
  if (assessment.age > 2 * silentAfterMs(tx.rules, station)) return openSilence(tx, id);
  const { silence } = station;
  if (silence === null || assessment.silent) return;
  if (silence.open) return tx.setStation(id, { silence: { ...silence, open: false, liveAt: tx.at } });
  if (tx.at - silence.liveAt < steadyMs) return;
  const times = silence.count === 1 ? "once" : `${silence.count} times`;
  const text = `${id} is heard steadily again; it had been silent ${times}`;
  tx.event({ type: "alarm-over", level: "info", code: silence.kind, station: id, text });
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
  if (silence !== null) {
    const text = `the silence of ${id} is no longer one ${silence.kind === "blind-on-mains" ? "on mains" : "on battery"}`;
    tx.event({ type: "alarm-over", level: "info", code: silence.kind, station: id, text });
  }
  const what = notUp
    ? `on battery: the charge is projected at the worst load, ${leftText(tx, id)}`
    : "with the grid present at its last word: nothing is shut down for that";
  const text = `${id} has been silent for ${seconds(age ?? 0)} ${what}`;
  tx.event({ type: "alarm", level: "alarm", code: kind, station: id, text });
}

/** Raises an alarm where no live reading came since the start; nothing is shut down for that. */
export function watchGrace(tx: Transaction, id: string) {
  const station = tx.station(id);
  const heard = station.sampleAt !== null && station.resumedAt === null;
  const code = "no-reading-since-start";
  if (heard && station.graceAlarm) {
    tx.setStation(id, { graceAlarm: false });
    tx.event({ type: "alarm-over", level: "info", code, station: id, text: `${id} was heard` });
  }
  if (heard || station.graceAlarm) return;
  const waited = tx.at - tx.state.startedAt;
  if (waited < tx.rules.bootGraceSec * 1000) return;
  tx.setStation(id, { graceAlarm: true });
  const text = `${id} was not heard since the start ${seconds(waited)} ago: its grid is unknown and its machines are not protected; check its source`;
  tx.event({ type: "alarm", level: "alarm", code, station: id, text });
}
