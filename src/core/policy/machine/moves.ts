/** What a transition does: each function carries out one and returns the phase that the machine is in afterwards. */
import { isOwnId, issue, repeat, send, sendSoon } from "../command/command.ts";
import type { BackReason } from "../event-types.ts";
import type { MachineRules } from "../rules.ts";
import { ownSec } from "../station/projection.ts";
import { beginOutage } from "../station/watch.ts";
import type { Transaction } from "../transaction.ts";
import { causesText, seconds, timingText, wholeSec } from "../words/sentences.ts";
import type { Case } from "./case.ts";
import type { Causes } from "./causes.ts";
import {
  type Commanded,
  commandOf,
  type Down,
  type GoingDown,
  type IssuedCommand,
  type Late,
  type Pending,
  type Phase,
  type PhaseName,
  type Unknown,
  type Watching,
  withCommand,
} from "./state.ts";
import { measureStop } from "./stop-time.ts";
import { inOutage, isBack, isInSight, isSettled } from "./wish.ts";

/** After this many aborts in one outage a machine completes its shutdown and is woken (S11). */
export const mostAborts = 2;
/** A pending machine without a cause in sight is watching again after this time. */
const clearMs = 60_000;
/** An agent that is there acknowledges within this time (I17). */
const answerMs = 15_000;

type Look<P extends PhaseName> = Case<P, "look">;

/** When a pending machine is commanded: a projection may show that it was due earlier; nothing makes it later (I9). */
export const deadlineOf = ({ tx, phase, stimulus }: Look<"pending">): number =>
  Math.min(phase.dueAt, stimulus.wish.why.since + tx.rules.debounceSec * 1000);

/** Whether the machine counts down a command of ours. */
export function isCountingDown(tx: Transaction, id: string): boolean {
  const { state, command } = tx.machine(id).presence;
  return (state === "delay" || state === "pre_shutdown") && isOwnId(id, command);
}

/** Whether an outage left something to forget. */
export function isSpent(tx: Transaction, id: string): boolean {
  const { aborts, debounceSpent, phase, unseenAlarm } = tx.machine(id);
  return aborts > 0 || debounceSpent || phase.order !== null || unseenAlarm;
}

export function forgetOutage({ tx, id, phase }: Look<"watching">): Watching {
  tx.setMachine(id, { aborts: 0, debounceSpent: false, unseenAlarm: false, returns: 0 });
  return { is: "watching", since: phase.since, order: null };
}

/** Begins the debounce; where there is none, the pending machine is commanded in the same step. */
export function startTimer({ tx, id, rules, phase, stimulus }: Look<PhaseName>): Pending {
  const { why } = stimulus.wish;
  const machine = tx.machine(id);
  const atOnce = why.urgent || (machine.debounceSpent && why.agreed);
  const dueAt = atOnce ? tx.at : why.since + tx.rules.debounceSec * 1000;
  const timing = atOnce ? `; ${timingText(tx, machine, why)}` : "";
  const where = firstOutage(tx, why);
  tx.event("timer-start", {
    machine: id,
    ...where,
    reason: `${causesText(tx, rules, why.list)}${timing}`,
    dueInSec: atOnce ? null : Math.max(0, wholeSec(dueAt - tx.at)),
    // The time left is short, and only one sample shows it yet.
    afterSample: !atOnce && why.list.some(({ kind }) => kind === "floor" || kind === "blind"),
  });
  reportUnseen(tx, id, where);
  return { is: "pending", since: tx.at, order: phase.order, dueAt, clearAt: null };
}

/** An agent with another key was heard; the alarm about it says so. */
function reportUnseen(tx: Transaction, id: string, where: { station: string; outage: string }) {
  const { presence, unseenAlarm, agentAlarm, aside } = tx.machine(id);
  if (presence.ever || unseenAlarm || aside || agentAlarm === "wrong-key") return;
  tx.setMachine(id, { unseenAlarm: true });
  tx.event("never-seen", { machine: id, ...where });
}

/** Begins the debounce of another outage: nothing of the one before counts. */
export function startAnew(c: Look<"going_down" | "late">): Pending {
  c.tx.setMachine(c.id, { aborts: 0, debounceSpent: false, unseenAlarm: false, returns: 0 });
  return startTimer({ ...c, phase: { ...c.phase, order: null } });
}

/** Returns the station and the outage of the first cause. */
function firstOutage(tx: Transaction, { list }: Causes): { station: string; outage: string } {
  const station = list[0]?.station ?? "";
  return { station, outage: beginOutage(tx, station) };
}

export function moveDeadline(c: Look<"pending">): Pending {
  const dueAt = deadlineOf(c);
  const isSame = dueAt === c.phase.dueAt && c.phase.clearAt === null;
  return isSame ? c.phase : { ...c.phase, dueAt, clearAt: null };
}

/** Why nothing is sent to a pending machine; null while it waits. */
export function whyReleased({ tx, rules, phase, stimulus }: Look<"pending">) {
  if (isSettled(tx, rules)) return "grid-back";
  if (!isInSight(tx, rules)) return null;
  if (stimulus.disarmed) return "runtime-recovered";
  if (phase.clearAt === null || tx.at - phase.clearAt < clearMs) return null;
  return "no-cause";
}

export function release(c: Look<"pending">): Watching {
  const why = whyReleased(c) ?? "no-cause";
  const sec = why === "grid-back" ? c.tx.rules.abortAfterSec : clearMs / 1000;
  c.tx.event("timer-cancelled", { machine: c.id, why, sec });
  return { is: "watching", since: c.tx.at, order: c.phase.order };
}

/** Remembers since when a pending machine has no cause in sight. */
export function markClear({ tx, rules, phase }: Look<"pending">): Pending {
  const clearAt = isInSight(tx, rules) ? (phase.clearAt ?? tx.at) : null;
  return clearAt === phase.clearAt ? phase : { ...phase, clearAt };
}

/** Commands a shutdown. The delay is cut so that the machine is down before its supply fails (S8). */
export function shutDown({ tx, id, rules, stimulus }: Look<PhaseName>): Commanded {
  const { why } = stimulus.wish;
  const where = firstOutage(tx, why);
  const reason = `${causesText(tx, rules, why.list)}; ${timingText(tx, tx.machine(id), why)}`;
  const left = why.left === null ? rules.delaySec : why.left / 1000 - rules.stopSec - 30;
  const delay = Math.max(0, Math.floor(Math.min(rules.delaySec, left)));
  tx.event("shutdown-triggered", { machine: id, ...where, reason, delaySec: delay });
  // Its debounce may have begun while another server commanded it.
  reportUnseen(tx, id, where);
  const command = send(tx, id, issue(tx, id, { action: "shutdown", ...where, reason, delay }));
  return { is: "commanded", since: tx.at, order: { target: "down", command } };
}

export function abort({ tx, id, rules }: Look<PhaseName>): Commanded {
  const machine = tx.machine(id);
  const last = commandOf(machine);
  const station = last?.station ?? rules.stations[0] ?? "";
  const outage = last?.outage ?? tx.station(station).outage ?? "";
  const aborts = machine.aborts + 1;
  const back = rules.stations.filter((each) => isBack(tx, each));
  const present = Math.min(...back.map((each) => tx.at - (tx.station(each).presentAt ?? tx.at)));
  const reason = `grid present for ${seconds(present)} >= ${tx.rules.abortAfterSec} s at ${back.length} of ${rules.stations.length} stations, ${rules.minSupplies} needed; abort ${aborts} of ${mostAborts} in this outage`;
  tx.setMachine(id, { aborts, debounceSpent: true });
  tx.event("abort", { machine: id, station, outage: outage === "" ? null : outage, reason });
  const command = send(tx, id, issue(tx, id, { action: "abort", outage, station, reason, delay: 0 }));
  return { is: "commanded", since: tx.at, order: { target: "up", command } };
}

/** Repeats the command until it is acknowledged, asks again where nothing follows, and raises the alarm of a missing acknowledgement. */
export function keepAsking(c: Look<"commanded">): Commanded {
  const { tx, id, rules, phase, stimulus } = c;
  const { target } = phase.order;
  let { command } = phase.order;
  // It acknowledged, and then nothing happened. Asked again it reports where it stands, or resumes.
  const patience = 1000 * (rules.delaySec + 1.5 * rules.stopSec);
  if (target === "down" && command.ack !== null && tx.at - command.lastAt > patience)
    command = sendSoon(tx, command);
  // The grid is back but not confirmed: an agent that did not get the shutdown yet does not get it now.
  const isPausing =
    target === "down" &&
    stimulus.wish.target !== "down" &&
    tx.machine(id).aborts < mostAborts &&
    !isHeldOnBattery(tx, rules);
  if (!isPausing) command = repeat(tx, id, command);
  return withCommand(phase, reportUnanswered(c, command));
}

/** Nothing new is wished while this process waits for news after a pause; what it decided before goes on (E5). */
const isHeldOnBattery = (tx: Transaction, { stations }: MachineRules): boolean =>
  stations.some((id) => tx.station(id).pausedAt !== null && tx.assess(id).held && tx.assess(id).notUp);

function reportUnanswered({ tx, id }: Look<"commanded">, command: IssuedCommand): IssuedCommand {
  const { presence } = tx.machine(id);
  if (command.ack !== null || command.alarm !== null || !presence.ever || presence.online === false)
    return command;
  const firstAt = Math.max(command.firstAt, command.askedAt ?? 0);
  const asked = presence.online === null ? firstAt : Math.max(firstAt, presence.since);
  if (tx.at - asked < answerMs) return command;
  const { outage, action, tries } = command;
  const waitedSec = wholeSec(tx.at - asked);
  tx.event("no-acknowledgement", { machine: id, outage, action, waitedSec, sendings: tries });
  return { ...command, alarm: "active" };
}

/** Gives up on an abort that its agent cannot acknowledge. */
export function giveUp({ tx, phase }: Look<"commanded" | "down" | "unknown">): Watching {
  return toWatching(tx.at, phase);
}

/** Gives up on a machine that was believed off before the outage. */
export function giveUpAbsent({ tx, id, phase }: Look<"commanded">): Watching {
  const { outage, action, tries } = phase.order.command;
  tx.event("nobody-answered", { machine: id, outage, action, sendings: tries });
  return toWatching(tx.at, phase);
}

/** Back to watching: the last command of the outage is kept, what it was to bring about is settled. */
const toWatching = (at: number, { order }: Phase): Watching => ({
  is: "watching",
  since: at,
  order: order && { ...order, target: null },
});

export function becomeUnknown({ tx, id, phase }: Look<"commanded">): Unknown {
  const { presence } = tx.machine(id);
  const { outage, firstAt } = phase.order.command;
  const heard = presence.online !== null;
  const sec = wholeSec(tx.at - (heard ? presence.since : firstAt));
  if (!tx.machine(id).unknownAlarm) tx.event("machine-unknown", { machine: id, outage, heard, sec });
  tx.setMachine(id, { unknownAlarm: true });
  return { ...phase, is: "unknown", by: "command", since: tx.at };
}

/** Taken for down by its dead-man: it heard nothing more on battery, and its time is over. */
export function assumeDeadman({ tx, id, rules, phase }: Look<"watching" | "commanded" | "unknown">): Unknown {
  const { presence, missedAt, lastDeadmanSec } = tx.machine(id);
  const since = presence.online === true ? (missedAt ?? tx.at) : presence.since;
  const awaySec = wholeSec(tx.at - since);
  tx.event("deadman-assumed", {
    machine: id,
    awaySec,
    deadmanSec: lastDeadmanSec ?? 0,
    ownSec: ownSec(rules),
  });
  const order = phase.is === "watching" ? null : phase.order;
  return { is: "unknown", by: "dead-man", since: tx.at, order };
}

export function leave({ tx, phase }: Look<"commanded">): GoingDown {
  return { is: "going_down", since: tx.at, order: phase.order, left: true };
}

export function becomeDown({ tx, id, rules, phase }: Look<"going_down" | "late">): Down {
  measureStop(tx, id, rules);
  return { is: "down", since: tx.at, order: phase.order };
}

export function becomeLate({ tx, id, rules, phase }: Look<"going_down" | "late">): Late {
  const tookSec = wholeSec(tx.at - phase.since);
  if (!tx.machine(id).lateAlarm) tx.event("late", { machine: id, tookSec, stopSec: rules.stopSec });
  tx.setMachine(id, { lateAlarm: true });
  return { is: "late", since: phase.since, order: phase.order };
}

/** The point of no return, whatever was wanted. */
export function startShutdown({ tx, id, phase }: Case): GoingDown {
  tx.event("going-down", { machine: id, outage: phase.order?.command.outage ?? null });
  return { is: "going_down", since: tx.at, order: phase.order };
}

/** The machine is up: it is watched, and judged again from the beginning. */
export function comeBack({ tx, id, phase }: Case, why: BackReason): Watching {
  tx.event("machine-back", { machine: id, why });
  return toWatching(tx.at, phase);
}

/** Whether the machine is in one of its stations' outages. */
export const isInOutage = ({ tx, rules }: Case): boolean => inOutage(tx, rules);
