/**
 * The life of a machine: all transitions, as a table of phase × input. Only this file changes a phase. The rows of one phase
 * and input are tried in their order, and the first that holds is taken. docs/policy.md shows the table, numbers the rows,
 * and is tested against it.
 */
import type { MachineRules } from "../rules.ts";
import type { Transaction } from "../transaction.ts";
import * as answers from "./answers.ts";
import type { Case, Stimulus, StimulusName } from "./case.ts";
import * as guards from "./guards.ts";
import * as moves from "./moves.ts";
import { type Phase, type PhaseName, type PhaseOf, withAlarmSettled } from "./state.ts";
import { armedAt, hasRecovered } from "./triggers.ts";
import { wishFor } from "./wish.ts";

export interface Row {
  readonly from: readonly PhaseName[];
  readonly on: StimulusName;
  /** When the row is taken, and what it does, in words. */
  readonly when: string;
  readonly to: PhaseName;
  readonly does: string;
  readonly holds: (c: Case) => boolean;
  readonly move: (c: Case) => Phase;
  /** The same input is looked at once more in the new phase. */
  readonly again: boolean;
}

/** One row. Its types say which phases and which input its functions get. */
function row<P extends PhaseName, S extends StimulusName, T extends PhaseName>(
  from: readonly P[],
  on: S,
  when: string,
  holds: (c: Case<P, S>) => boolean,
  to: T,
  does: string,
  move: (c: Case<P, S>) => PhaseOf<T> | Phase,
  again: "again" | "" = "",
): Row {
  return { from, on, when, to, does, holds, move, again: again === "again" } as unknown as Row;
}

const always = () => true;

// biome-ignore format: a table is read by its columns
export const table: readonly Row[] = [
  row(["watching"], "look", "it has to go; not again where it was believed off and did not answer in this outage", guards.hasToGo, "pending", "starts the debounce; it is looked at again at once", moves.startTimer, "again"),
  row(["watching"], "look", "its agent counts down a command of ours that nothing wants any more", guards.isStrayCountdown, "commanded", "sends an abort", moves.abort),
  row(["watching"], "look", "it was cut off on battery, and its dead-man and its own time are over", guards.isCutOff, "unknown", "it is taken for down by its dead-man", moves.assumeDeadman),
  row(["watching"], "look", "the outage of its stations is over", guards.isOutageOver, "watching", "forgets aborts, spent debounce and last command", moves.forgetOutage),
  row(["pending"], "look", "it has to go, and the debounce is over or not needed", guards.mustGoNow, "commanded", "sends a shutdown, with the delay that the time left allows", moves.shutDown),
  row(["pending"], "look", "it has to go", guards.wantsDown, "pending", "waits; the deadline may move earlier, never later", moves.moveDeadline),
  row(["pending"], "look", "enough stations have no outage or a grid for abortAfterSec; or all are heard on battery, and a runtime trigger disarmed or no cause was left for 60 s", guards.isReleased, "watching", "nothing was sent; reports why", moves.release),
  row(["pending"], "look", "otherwise", always, "pending", "remembers since when no cause is in sight", moves.markClear),
  row(["commanded"], "look", "it is to go down, the grid is confirmed, and fewer than two aborts were sent", guards.mayBeAborted, "commanded", "sends an abort", moves.abort),
  row(["commanded"], "look", "it was called back and has to go again, on two samples that agree", guards.hasToGoAgain, "commanded", "sends a shutdown without debounce", moves.shutDown),
  row(["commanded"], "look", "the abort was sent three times, and its agent was never heard; or no answer came in its own time, and no station of it has an outage", guards.isAbortSpent, "watching", "gives up on an acknowledgement", moves.giveUp),
  row(["commanded"], "look", "its agent has rehearsed it to the end, and no station of it has an outage", guards.isRehearsedAfterOutage, "watching", "the rehearsal is over", moves.giveUp),
  row(["commanded"], "look", "it is absent after an acknowledgement, or after it was late", guards.leftAfterAck, "going_down", "waits to see whether it stays absent", moves.leave),
  row(["commanded"], "look", "it was cut off on battery, and its dead-man, its own time and that of its command are over", guards.isCommandedCutOff, "unknown", "it is taken for down by its dead-man", moves.assumeDeadman),
  row(["commanded"], "look", "it was offline for 5 min before the outage, and its time is up without an answer", guards.isTimeUpAsExpected, "watching", "gives up without an alarm: it was off, as it was believed to be", moves.giveUpAbsent),
  row(["commanded"], "look", "it never acknowledged, and its time is up", guards.isTimeUp, "unknown", "raises an alarm: whether it is down is not known", moves.becomeUnknown),
  row(["commanded"], "look", "otherwise", always, "commanded", "repeats the command until it is acknowledged; no acknowledgement for 15 s is an alarm", moves.keepAsking),
  row(["going_down", "late"], "look", "whether it is up is not known since a restart, and it has to go", guards.hasToGoUnheard, "pending", "starts the debounce", moves.startTimer),
  row(["going_down", "late"], "look", "it is online, and has to go in another outage than that of its command", guards.hasToGoForAnother, "pending", "starts the debounce", moves.startAnew),
  row(["going_down", "late"], "look", "it is absent for 20 s", guards.isGone, "down", "measures how long it took to stop", moves.becomeDown),
  row(["going_down"], "look", "it is still there after 1.5 x stopSec", guards.isLate, "late", "raises an alarm", moves.becomeLate),
  row(["late"], "look", "it is online, and still has to go", guards.hasToGoStill, "commanded", "sends a new shutdown without debounce", moves.shutDown),
  row(["late"], "look", "it is online, and no station of it has an outage", guards.isStillUp, "watching", "it is up", (c) => moves.comeBack(c, "up")),
  row(["down"], "look", "whether it is up is not known since a restart, and it has to go", guards.hasToGoUnheard, "pending", "starts the debounce", moves.startTimer),
  row(["down"], "look", "its agent was never heard, and no station of it has an outage", guards.isMuteAfterOutage, "watching", "is watched again, since nobody can report that it is up", moves.giveUp),
  row(["unknown"], "look", "it was cut off on battery, and its dead-man and its own time are over", guards.isUnknownByDeadman, "unknown", "the alarm is over: it is taken for down by its dead-man", moves.assumeDeadman),
  row(["unknown"], "look", "it has to go, and was not commanded in this outage", guards.hasToGoUnknown, "pending", "starts the debounce", moves.startTimer),
  row(["unknown"], "look", "its agent was never heard, it has to go, and the cooldown is over", guards.hasToGoCooled, "commanded", "sends a shutdown", moves.shutDown),
  row(["unknown"], "look", "its agent was never heard, the grid is confirmed, and fewer than two aborts were sent", guards.mayBeAbortedUnheard, "commanded", "sends an abort", moves.abort),
  row(["unknown"], "look", "its agent was never heard, and no station of it has an outage", guards.isUnheardAfterOutage, "watching", "is watched again, since nobody can report that it is up", moves.giveUp),

  row(["commanded", "unknown"], "ack", "`too_late`", (c) => c.stimulus.ack.phase === "too_late", "going_down", "it completes its shutdown", moves.startShutdown),
  row(["commanded", "unknown"], "ack", "`aborted`, as it was asked to", (c) => c.stimulus.ack.phase === "aborted" && c.phase.order.target === "up", "watching", "it stays up", answers.keepRunning),
  row(["commanded", "unknown"], "ack", "`aborted`, although it has to go", (c) => c.stimulus.ack.phase === "aborted", "commanded", "a new command in 15 s", answers.answerAborted),
  row(["commanded", "unknown"], "ack", "`received`, `delay` or `pre_shutdown` of the newest command", guards.isProgress, "commanded", "repeats end", answers.noteProgress),
  row(["commanded", "unknown"], "ack", "`refused`: the agent knows a newer command", (c) => guards.isOfNewest(c, "refused") && answers.isOlder(c), "commanded", "raises the epoch above that command and sends again at once", answers.outrank),
  row(["commanded", "unknown"], "ack", "`refused` for another reason", (c) => guards.isOfNewest(c, "refused"), "commanded", "raises an alarm; the same command in 30 s", answers.answerRefused),
  row(["commanded", "unknown"], "ack", "`expired`", (c) => guards.isOfNewest(c, "expired"), "commanded", "the same command in 15 s, after `power` carried the time", answers.answerExpired),
  row(["commanded", "unknown"], "ack", "`failed`", (c) => guards.isOfNewest(c, "failed"), "commanded", "raises an alarm; a new command in 30 s", answers.answerFailed),
  row(["commanded", "unknown"], "ack", "any other", always, "commanded", "it is there: the command goes on", answers.stayCommanded),
  row(["going_down", "late"], "ack", "`failed`: SHUTDOWN_CMD failed, and it still has to go", (c) => guards.isFailed(c) && guards.isTargetDown(c), "commanded", "raises an alarm; a new command in 30 s", answers.standUp),
  row(["going_down", "late"], "ack", "`failed`, and nothing wants it down", guards.isFailed, "watching", "raises an alarm", answers.standUp),

  row(["commanded"], "rehearsed", "it is to go down", (c) => c.phase.order.target === "down", "commanded", "repeats end; an alarm, because the machine stays up", answers.noteRehearsal),

  row(["commanded", "going_down", "late", "down", "unknown"], "status", "it has rebooted", (c) => c.stimulus.rebooted, "watching", "it is judged again, with the full debounce that time allows", (c) => moves.comeBack(c, "rebooted")),
  row(["commanded"], "status", "it was called back and is idle", (c) => c.phase.order.target === "up" && c.stimulus.status.state === "idle", "watching", "it stays up", (c) => moves.comeBack(c, "keeps-running")),
  row(["commanded"], "status", "it works on the shutdown that it was given", (c) => c.phase.order.target === "down" && answers.isResuming(c), "commanded", "repeats end", answers.noteStatus),
  row(["commanded"], "status", "it did not acknowledge, or is idle although it should not be", guards.isWaitingFor, "commanded", "sends again soon", answers.askAgain),
  row(["going_down", "late", "down", "unknown"], "status", "it still counts down the command that it was given", answers.isResuming, "commanded", "the command goes on; the status is looked at again", answers.resume, "again"),
  row(["going_down", "late"], "status", "it counts down something else", (c) => answers.progressOf(c) !== null, "watching", "it is up", (c) => moves.comeBack(c, "there")),
  row(["going_down"], "status", "it is idle in the same boot, and never reported its shutdown", guards.hasLostCommand, "commanded", "the command goes on: it is sent again soon", answers.resumeLost),
  row(["going_down", "late"], "status", "it is idle, or was offline before", (c) => c.stimulus.status.state === "idle" || c.stimulus.wasOffline, "watching", "it is up", (c) => moves.comeBack(c, "up")),
  row(["down", "unknown"], "status", "always", always, "watching", "it is up", (c) => moves.comeBack(c, "there")),

  row(["watching", "pending", "commanded", "down", "unknown"], "shutting_down", "always", always, "going_down", "the point of no return, whoever ordered it", moves.startShutdown),

  row(["down", "unknown"], "pong", "always", always, "watching", "it is up", (c) => moves.comeBack(c, "answered")),

  row(["commanded"], "connected", "no acknowledgement yet, and the agent can answer or was sent nothing", guards.isUnanswered, "commanded", "sends again at once", answers.askAtOnce),
];

const compiled = new Map<string, readonly Row[]>();

function rowsOf(phase: PhaseName, on: StimulusName): readonly Row[] {
  const key = `${phase} ${on}`;
  const known = compiled.get(key);
  if (known) return known;
  const rows = table.filter((each) => each.on === on && each.from.includes(phase));
  compiled.set(key, rows);
  return rows;
}

/** Applies the table to one machine and one input. */
export function react(tx: Transaction, id: string, stimulus: Stimulus): void {
  const rules = tx.rules.machines[id];
  if (rules === undefined) return;
  for (let again = true; again; ) {
    const c: Case = { tx, id, rules, phase: tx.machine(id).phase, stimulus };
    const taken = rowsOf(c.phase.is, stimulus.on).find(({ holds }) => holds(c));
    if (taken === undefined) return;
    const next = withAlarmSettled(taken.move(c));
    if (next !== c.phase) tx.enter(id, next);
    again = taken.again;
  }
}

/** Looks at a machine because time passed or one of its stations changed: arms its triggers, then applies the table. */
export function look(tx: Transaction, id: string, rules: MachineRules): void {
  if (guards.isIdle(tx, id, rules)) return;
  const { armed } = tx.machine(id);
  const next = armedAt(tx, tx.machine(id), rules);
  if (next !== armed) tx.setMachine(id, { armed: next });
  // Another server decides. The debounce counts on, so that what is due goes out at once when this one leads again.
  const { aside, phase } = tx.machine(id);
  if (aside && phase.is !== "watching" && phase.is !== "pending") return;
  react(tx, id, { on: "look", wish: wishFor(tx, id, rules), disarmed: hasRecovered(armed, next, tx.at) });
}

/** What a start makes of a phase whose clock is gone (S1): nothing is sent; what was going down is down until it is heard. */
export function phaseAfterForgetting(phase: Phase, at: number): Phase {
  const isUp = phase.is === "watching" || phase.is === "pending" || phase.is === "commanded";
  return { is: isUp ? "watching" : "down", since: at, order: null };
}

/** Called when another server takes the machine over: whether it is pending, goes or is down is kept, and no command. */
export function yieldPhase(tx: Transaction, id: string): void {
  const { phase } = tx.machine(id);
  const { is, since } = phase;
  if (is === "down" || is === "pending") tx.enter(id, { ...phase, order: null });
  else if (is === "going_down" || is === "late") tx.enter(id, { is: "going_down", since, order: null });
  // Its debounce is spent: where this server leads again soon, and it still has to go, it goes at once.
  else if (is === "commanded" && phase.order.target === "down")
    tx.enter(id, { is: "pending", since: tx.at, order: null, dueAt: tx.at, clearAt: null });
  else tx.enter(id, { is: "watching", since: tx.at, order: null });
}

/** What a start makes of a phase of the same boot: an unanswered command goes out again at once where the agent can answer it (S30). */
export function phaseAfterResuming(phase: Phase, at: number, ever: boolean): Phase {
  if (phase.is !== "commanded" || phase.order.command.ack !== null || !ever) return phase;
  return { ...phase, order: { ...phase.order, command: { ...phase.order.command, nextAt: at } } };
}
