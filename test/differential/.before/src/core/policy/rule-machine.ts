/** The life of a machine on the clock: which row applies to it now (policy.md). */
import type { Draft } from "./draft.ts";
import { seconds } from "./explain.ts";
import { ended, gone, leaving } from "./rule-absence.ts";
import { armsOf } from "./rule-arms.ts";
import { type Judgement, judge } from "./rule-causes.ts";
import { isOwnId, repeat, sendSoon } from "./rule-command.ts";
import { abort, inOutage, mayAbort, mostAborts, shutdown, startTimer, unsettled } from "./rule-order.ts";
import { isAway } from "./rule-presence.ts";
import type { MachineRules } from "./rules.ts";
import type { MachineState } from "./state.ts";

/** A pending machine that has had no cause in sight for so long is watching again. */
const clearMs = 60_000;
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
    case "late":
      return leaving(draft, id, rules, judgement);
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

/** Rows 2 and 3. */
function pending(draft: Draft, id: string, rules: MachineRules, judgement: Judgement, disarmed: boolean) {
  const machine = draft.machine(id);
  if (judgement.due) {
    if (machine.clearAt !== null) draft.setMachine(id, { clearAt: null });
    // A projection may tell that it was due before we knew (I4); nothing makes it later (I9).
    const dueAt = Math.min(machine.dueAt ?? draft.at, judgement.since + draft.rules.debounceSec * 1000);
    if (dueAt !== machine.dueAt) draft.setMachine(id, { dueAt });
    const over = draft.at >= dueAt;
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
  // Not due, and to be called back as soon as the grid is confirmed: nobody is sent down meanwhile who did not hear it yet.
  const isPausing = want === "down" && !judgement.due && machine.aborts < mostAborts;
  if (!isPausing) repeat(draft, id);
  tellUnanswered(draft, id);
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
