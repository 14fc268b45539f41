/** The life of a machine on the clock: rows 1–4, 8, 11–15 of the table. */
import type { Draft } from "./draft.ts";
import { causesText, seconds, timingText } from "./explain.ts";
import { needMs, ownSec, project } from "./project.ts";
import { armsOf } from "./rule-arms.ts";
import { type Judgement, judge } from "./rule-causes.ts";
import { command, isOwnId, repeat, sendSoon, unseenAbortMs, unseenAborts } from "./rule-command.ts";
import { isAbsent, isAway } from "./rule-presence.ts";
import { beginOutage } from "./rule-station.ts";
import type { MachineRules } from "./rules.ts";
import { isConfirmed } from "./sight.ts";
import type { MachineState } from "./state.ts";

/** After two aborts in one outage a machine completes and is woken (S11). */
const mostAborts = 2;
/** A pending machine that has had no cause in sight for so long is watching again. */
const clearMs = 60_000;
/** An absence counts as down after so long (S33). */
const downMs = 20_000;
/** A supply that was up so recently counts as healthy though it is silent (S31). */
const recentMs = 600_000;
/** An agent that is there answers within so long (I17). */
const answerMs = 15_000;

export function decide(draft: Draft, id: string, rules: MachineRules) {
  if (isCalm(draft, id, rules)) return;
  const arms = armsOf(draft, draft.machine(id), rules);
  const disarmed = arms.length < draft.machine(id).arms.length;
  if (arms !== draft.machine(id).arms) draft.setMachine(id, { arms });
  const judgement = judge(draft, draft.machine(id), rules);
  if (draft.machine(id).state === "watching") watching(draft, id, rules, judgement);
  switch (draft.machine(id).state) {
    case "pending":
      return pending(draft, id, rules, judgement, disarmed);
    case "commanded":
      return commanded(draft, id, rules, judgement);
    case "going_down":
      return goingDown(draft, id, rules);
    case "late":
      return late(draft, id, rules, judgement);
    case "unknown":
    case "down":
      return gone(draft, id, rules, judgement);
    case "watching":
    case "waking":
      return;
  }
}

/** Nothing that a row could act on: the usual case, and the one that has to cost nothing. */
function isCalm(draft: Draft, id: string, rules: MachineRules): boolean {
  const machine = draft.machine(id);
  if (machine.state !== "watching" || machine.arms.length > 0 || isSpent(machine)) return false;
  if (isCountingDown(id, machine)) return false;
  for (const station of rules.stations) if (draft.sight(station).floor) return false;
  return true;
}

/** It is in a countdown that we once ordered. */
const isCountingDown = (id: string, { presence }: MachineState) =>
  (presence.state === "delay" || presence.state === "pre_shutdown") && isOwnId(id, presence.command);

/** Row 1, and R8's reset; a countdown that nobody wants any more is aborted (S29). */
function watching(draft: Draft, id: string, rules: MachineRules, judgement: Judgement) {
  const machine = draft.machine(id);
  if (judgement.due) {
    if (!isAway(draft, machine, rules)) startTimer(draft, id, rules, judgement);
  } else if (isCountingDown(id, machine) && mayAbort(draft, rules)) {
    abort(draft, id, rules);
  } else if (isSpent(machine) && !inOutage(draft, rules)) {
    draft.setMachine(id, { aborts: 0, spent: false, cmd: null, unseenAlarm: false });
  }
}

const isSpent = ({ aborts, spent, cmd, unseenAlarm }: MachineState) =>
  aborts > 0 || spent || cmd !== null || unseenAlarm;

const inOutage = (draft: Draft, { stations }: MachineRules) =>
  stations.some((station) => draft.station(station).outage !== null);

function startTimer(draft: Draft, id: string, rules: MachineRules, judgement: Judgement) {
  const machine = draft.machine(id);
  const at = judgement.urgent || (machine.spent && judgement.agreed);
  const dueAt = at ? draft.at : judgement.since + draft.rules.debounceSec * 1000;
  draft.setMachine(id, { state: "pending", since: draft.at, dueAt, clearAt: null });
  const when = at
    ? timingText(draft, machine, judgement)
    : `goes in ${seconds(dueAt - draft.at)} unless the grid returns`;
  const outage = firstOutage(draft, judgement);
  draft.event({
    type: "timer-start",
    level: "warn",
    machine: id,
    ...outage,
    text: `TIMER START ${id}: ${causesText(draft, rules, judgement.causes)}; ${when}`,
  });
  if (machine.presence.ever || machine.unseenAlarm) return;
  draft.setMachine(id, { unseenAlarm: true });
  const text = `${id} has to go down and was never heard: its agent cannot confirm anything; look whether it runs`;
  draft.event({ type: "alarm", level: "alarm", code: "never-seen", machine: id, ...outage, text });
}

/** The station and outage of the first cause (R8). */
function firstOutage(draft: Draft, { causes }: Judgement): { station: string; outage: string } {
  const station = causes[0]?.station ?? "";
  return { station, outage: beginOutage(draft, station) };
}

/** Rows 2 and 3. */
function pending(draft: Draft, id: string, rules: MachineRules, judgement: Judgement, disarmed: boolean) {
  const machine = draft.machine(id);
  if (judgement.due) {
    if (machine.clearAt !== null) draft.setMachine(id, { clearAt: null });
    const over = draft.at >= (machine.dueAt ?? draft.at);
    if (judgement.urgent || over || (machine.spent && judgement.agreed))
      shutdown(draft, id, rules, judgement);
    return;
  }
  const text = cancelText(draft, id, rules, disarmed);
  if (text === null) return;
  draft.setMachine(id, { state: "watching", since: draft.at, dueAt: null, clearAt: null });
  draft.event({ type: "timer-cancelled", level: "info", machine: id, text });
}

/** Why nothing is sent: the grid is confirmed, or in sight there is no cause any more. Null while it waits. */
function cancelText(draft: Draft, id: string, rules: MachineRules, disarmed: boolean): string | null {
  const { abortAfterSec } = draft.rules;
  if (rules.stations.length - unsettled(draft, rules) >= rules.minSupplies)
    return `${id} stays up: the grid has been back for ${abortAfterSec} s`;
  const inSight = rules.stations.every((station) => {
    const { floor, overdue, held } = draft.sight(station);
    return !held && floor && !overdue;
  });
  const machine = draft.machine(id);
  if (disarmed && inSight) return `${id} stays up: its runtime has been above its threshold for 60 s`;
  const clearAt = inSight ? (machine.clearAt ?? draft.at) : null;
  if (clearAt !== machine.clearAt) draft.setMachine(id, { clearAt });
  if (clearAt === null || draft.at - clearAt < clearMs) return null;
  return `${id} stays up: no cause in sight for 60 s`;
}

/** Row 2, and row 11: the command goes out. */
function shutdown(draft: Draft, id: string, rules: MachineRules, judgement: Judgement) {
  const machine = draft.machine(id);
  const where = firstOutage(draft, judgement);
  const arithmetic = `${causesText(draft, rules, judgement.causes)}; ${timingText(draft, machine, judgement)}`;
  const left = judgement.left === null ? rules.delaySec : judgement.left / 1000 - rules.stopSec - 30;
  const delay = Math.max(0, Math.floor(Math.min(rules.delaySec, left)));
  draft.setMachine(id, { state: "commanded", since: draft.at, dueAt: null, clearAt: null, want: "down" });
  draft.event({
    type: "shutdown-triggered",
    level: "warn",
    machine: id,
    ...where,
    text: `SHUTDOWN TRIGGERED ${id}: ${arithmetic}; delay ${delay} s`,
  });
  command(draft, id, { action: "shutdown", ...where, reason: arithmetic, delay });
}

/** Row 8. */
function abort(draft: Draft, id: string, rules: MachineRules) {
  const machine = draft.machine(id);
  const station = machine.cmd?.station ?? rules.stations[0] ?? "";
  const outage = machine.cmd?.outage ?? draft.station(station).outage ?? "";
  const number = machine.aborts + 1;
  const seen = rules.stations.filter((each) => confirmed(draft, each));
  const present = Math.min(...seen.map((each) => draft.at - (draft.station(each).presentAt ?? draft.at)));
  const reason = `grid present for ${seconds(present)} >= ${draft.rules.abortAfterSec} s at ${seen.length} of ${rules.stations.length} stations, ${rules.minSupplies} needed; abort ${number} of ${mostAborts} in this outage`;
  draft.setMachine(id, { state: "commanded", since: draft.at, want: "up", aborts: number, spent: true });
  draft.event({
    type: "abort",
    level: "warn",
    machine: id,
    station,
    ...(outage !== "" && { outage }),
    text: `ABORT ${id}: ${reason}`,
  });
  command(draft, id, { action: "abort", outage, station, reason, delay: 0 });
}

const confirmed = (draft: Draft, id: string) =>
  isConfirmed(draft.station(id), draft.sight(id), draft.at, draft.rules.abortAfterSec);

/** How many of its stations have an outage whose end is not confirmed; the others never asked for anything. */
function unsettled(draft: Draft, { stations }: MachineRules): number {
  return stations.filter((id) => draft.station(id).outage !== null && !confirmed(draft, id)).length;
}

/** Enough stations confirmed whose charge does not forbid it (S10). */
function mayAbort(draft: Draft, rules: MachineRules): boolean {
  const able = rules.stations.filter((id) => confirmed(draft, id) && !chargeBlocks(draft, rules, id));
  const recent = rules.stations.filter((id) => wasUp(draft, id));
  return able.length > 0 && able.length + recent.length >= rules.minSupplies;
}

/** A supply that is silent counts as healthy when it was up within the last ten minutes (S31), and has no outage. */
function wasUp(draft: Draft, id: string): boolean {
  const { verdict, outage } = draft.station(id);
  const { silent, notUp, age } = draft.sight(id);
  return silent && !notUp && verdict === "present" && outage === null && (age ?? recentMs) < recentMs;
}

/** The charge blocks only when all three are known and false: enough for one more stop, charging, carried by the mains. */
function chargeBlocks(draft: Draft, rules: MachineRules, id: string): boolean {
  const station = draft.station(id);
  const stationRules = draft.rules.stations[id];
  if (stationRules === undefined || station.charging !== false) return false;
  if (station.carried === null || station.carried === "grid") return false;
  const left = project(stationRules, station, draft.at, false);
  return left !== null && left.left < needMs(rules);
}

/** Rows 4, 8, 11, 12, 13 and I17's alarm. */
function commanded(draft: Draft, id: string, rules: MachineRules, judgement: Judgement) {
  const machine = draft.machine(id);
  const { want, cmd } = machine;
  if (cmd === null) return;
  if (want === "down" && machine.aborts < mostAborts && !judgement.due && mayAbort(draft, rules))
    return abort(draft, id, rules);
  if (want === "up" && judgement.due && judgement.agreed) return shutdown(draft, id, rules, judgement);
  if (ended(draft, id, rules)) return;
  // It said a word, and then nothing happened: asked again it tells where it stands, or resumes (S29).
  const patience = 1000 * (rules.delaySec + 1.5 * rules.stopSec);
  if (want === "down" && cmd.word !== null && draft.at - cmd.lastAt > patience) sendSoon(draft, id);
  repeat(draft, id);
  tellUnanswered(draft, id);
}

/** Rows 12 and 13: it is gone, or cannot tell. True when the command is over. */
function ended(draft: Draft, id: string, rules: MachineRules): boolean {
  const { want, cmd, presence } = draft.machine(id);
  if (cmd === null) return true;
  const own = ownSec(rules) * 1000;
  const overdue = draft.at - cmd.firstAt >= own;
  if (presence.online === null) {
    if (want === "up" && cmd.tries >= unseenAborts && draft.at - cmd.lastAt >= unseenAbortMs) {
      to(draft, id, "watching");
      return true;
    }
    if (want !== "down" || !overdue) return false;
    to(draft, id, "unknown");
    const text = `${id} was told to go down ${seconds(draft.at - cmd.firstAt)} ago and was never heard: whether it is down is not known`;
    draft.event({ type: "machine-unknown", level: "alarm", machine: id, outage: cmd.outage, text });
    return true;
  }
  if (!isAbsent(draft, presence)) return false;
  if (cmd.word !== null) {
    to(draft, id, "going_down");
    return true;
  }
  if (!overdue || draft.at - presence.since < own) return false;
  to(draft, id, "unknown");
  const text = `${id} has been absent for ${seconds(draft.at - presence.since)} and never acknowledged: whether it is down is not known`;
  draft.event({ type: "machine-unknown", level: "alarm", machine: id, outage: cmd.outage, text });
  return true;
}

function to(draft: Draft, id: string, state: MachineState["state"]) {
  draft.setMachine(id, { state, since: draft.at, ...(state === "watching" && { want: null }) });
}

/** No word 15 s after it was there to answer: alarm (I17). */
function tellUnanswered(draft: Draft, id: string) {
  const { cmd, presence } = draft.machine(id);
  if (cmd === null || cmd.word !== null || cmd.alarmed || !presence.ever || presence.online === false) return;
  const asked = presence.online === null ? cmd.firstAt : Math.max(cmd.firstAt, presence.since);
  if (draft.at - asked < answerMs) return;
  draft.setMachine(id, { cmd: { ...cmd, alarmed: true } });
  const text = `${id} has not acknowledged "${cmd.action}" after ${seconds(draft.at - asked)} and ${cmd.tries} sendings; it is sent on`;
  const code = "no-acknowledgement";
  draft.event({ type: "alarm", level: "alarm", code, machine: id, outage: cmd.outage, text });
}

/** Rows 14 and 15. */
function goingDown(draft: Draft, id: string, rules: MachineRules) {
  const machine = draft.machine(id);
  const took = draft.at - machine.since;
  if (isAbsent(draft, machine.presence)) {
    if (draft.at - machine.presence.since < downMs) return;
    const stop = Math.max(0, machine.presence.since - machine.since);
    draft.event({
      type: "down",
      level: "info",
      machine: id,
      text: `${id} is down: gone ${seconds(stop)} after it said so (stopSec ${rules.stopSec} s)`,
    });
    return to(draft, id, "down");
  }
  if (machine.state === "late" || took < 1500 * rules.stopSec || !draft.state.broker.connected) return;
  draft.setMachine(id, { state: "late" });
  const text = `${id} said that it goes down ${seconds(took)} ago > 1.5 x ${rules.stopSec} s and is still there`;
  draft.event({ type: "late", level: "alarm", code: "late", machine: id, text });
}

/** One that is late, and that nobody heard since a start, may have come back in between: it is not left to the crash. */
function late(draft: Draft, id: string, rules: MachineRules, judgement: Judgement) {
  if (draft.machine(id).presence.online === null && judgement.due) startTimer(draft, id, rules, judgement);
  else goingDown(draft, id, rules);
}

/** Row 13 from `unknown`; and a machine nobody heard since the start is not taken for down when it has to go (S1). */
function gone(draft: Draft, id: string, rules: MachineRules, judgement: Judgement) {
  const machine = draft.machine(id);
  if (machine.presence.online !== null) return;
  if (machine.state === "down") {
    if (judgement.due) startTimer(draft, id, rules, judgement);
    // An agent that never says a word cannot come back either.
    else if (!machine.presence.ever && !inOutage(draft, rules)) to(draft, id, "watching");
    return;
  }
  if (judgement.due) {
    const cooled = machine.cmd === null || draft.at >= machine.cmd.nextAt;
    if (cooled) shutdown(draft, id, rules, judgement);
  } else if (machine.cmd !== null && machine.aborts < mostAborts && mayAbort(draft, rules)) {
    abort(draft, id, rules);
  } else if (!inOutage(draft, rules)) to(draft, id, "watching");
}
