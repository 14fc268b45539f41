/** When the rows of the table of transitions hold. */

import { unseenAbortMs, unseenAborts } from "../command/command.ts";
import { isCutOffOnBattery, isDownByDeadman } from "../presence/deadman.ts";
import { isAgentMissing } from "../presence/missing.ts";
import { isAbsent } from "../presence/presence.ts";
import type { MachineRules } from "../rules.ts";
import { ownSec } from "../station/projection.ts";
import type { Transaction } from "../transaction.ts";
import type { Case } from "./case.ts";
import { deadlineOf, isCountingDown, isSpent, mostAborts, whyReleased } from "./moves.ts";
import type { PhaseName } from "./state.ts";
import { inOutage } from "./wish.ts";

type Look<P extends PhaseName> = Case<P, "look">;

/** An absence counts as down after this time (S33). */
const downMs = 20_000;

/** Fast path: no row can hold for this machine. */
export function isIdle(tx: Transaction, id: string, rules: MachineRules): boolean {
  const machine = tx.machine(id);
  const { phase, armed } = machine;
  if (isCutOffOnBattery(machine)) return false;
  if (phase.is !== "watching" || armed.length > 0 || isSpent(tx, id)) return false;
  if (isCountingDown(tx, id) || isAgentMissing(tx, id)) return false;
  return !rules.stations.some((station) => tx.assess(station).floorApplies);
}

export const wantsDown = ({ stimulus }: Look<PhaseName>): boolean => stimulus.wish.target === "down";

export const hasToGo = (c: Look<"watching">): boolean => wantsDown(c) && !isGivenUp(c);

/** Nobody answered the command of this outage, nor was heard since, and the machine was believed off: it got its chance. */
const isGivenUp = ({ tx, id, phase }: Look<"watching">): boolean =>
  phase.order?.command.toAbsent === true && tx.machine(id).presence.online === false;

export const isStrayCountdown = ({ tx, id, stimulus }: Look<"watching">): boolean =>
  stimulus.wish.target === "up" && isCountingDown(tx, id) && !tx.machine(id).aside;

export const isOutageOver = (c: Look<"watching">): boolean =>
  !wantsDown(c) && isSpent(c.tx, c.id) && !inOutage(c.tx, c.rules);

export function mustGoNow(c: Look<"pending">): boolean {
  const { target, why } = c.stimulus.wish;
  const { debounceSpent, aside } = c.tx.machine(c.id);
  if (target !== "down" || aside) return false;
  return why.urgent || (why.agreed && (debounceSpent || c.tx.at >= deadlineOf(c)));
}

export const isReleased = (c: Look<"pending">): boolean => whyReleased(c) !== null;

export const mayBeAborted = ({ tx, id, phase, stimulus }: Look<"commanded">): boolean =>
  phase.order.target === "down" && stimulus.wish.target === "up" && tx.machine(id).aborts < mostAborts;

export const hasToGoAgain = ({ phase, stimulus }: Look<"commanded">): boolean =>
  phase.order.target === "up" && stimulus.wish.target === "down" && stimulus.wish.why.agreed;

const isUnheard = ({ tx, id }: Case): boolean => tx.machine(id).presence.online === null;

/** An agent that does not answer an abort has gone, or is deaf: once the outage and its own time are over, nothing depends on it. */
export function isAbortSpent(c: Look<"commanded">): boolean {
  const { tx, rules } = c;
  const { target, command } = c.phase.order;
  if (target !== "up" || command.tries < unseenAborts) return false;
  if (isUnheard(c)) return tx.at - command.lastAt >= unseenAbortMs;
  return !inOutage(tx, rules) && tx.at - command.firstAt >= ownSec(rules) * 1000;
}

/** One that was late had said that it goes down before its newest command. */
export function leftAfterAck({ tx, id, phase }: Look<"commanded">): boolean {
  const { presence, lateAlarm } = tx.machine(id);
  return isAbsent(tx, presence) && (phase.order.command.ack !== null || lateAlarm);
}

/** Its own time is over, since the command and since its absence. */
export function isTimeUp(c: Look<"commanded">): boolean {
  const { tx, id, rules, phase } = c;
  const { presence } = tx.machine(id);
  const { target, command } = phase.order;
  const own = ownSec(rules) * 1000;
  if (tx.at - command.firstAt < own) return false;
  if (presence.online === null) return target === "down";
  return isAbsent(tx, presence) && tx.at - presence.since >= own;
}

/** The same for a machine that was believed off when it was commanded: that nobody answers is what was expected. */
export const isTimeUpAsExpected = (c: Look<"commanded">): boolean =>
  isTimeUp(c) && c.phase.order.command.toAbsent && c.tx.machine(c.id).presence.online === false;

export const hasToGoUnheard = (c: Look<PhaseName>): boolean => isUnheard(c) && wantsDown(c);

export function isGone({ tx, id }: Look<"going_down" | "late">): boolean {
  const { presence } = tx.machine(id);
  return isAbsent(tx, presence) && tx.at - presence.since >= downMs;
}

export function isLate({ tx, id, rules, phase }: Look<"going_down">): boolean {
  const { connected, settledAt } = tx.state.broker;
  // After a (re)connect or a start what was offline may be so still: that is heard first.
  if (!connected || tx.at < settledAt || tx.machine(id).presence.online === false) return false;
  return tx.at - phase.since >= 1500 * rules.stopSec;
}

const isOnline = ({ tx, id }: Case): boolean => tx.machine(id).presence.online === true;

/** It has to go in another outage than the one of its command: its shutdown of that time did not happen (E14). */
export const hasToGoForAnother = (c: Look<"going_down" | "late">): boolean =>
  wantsDown(c) && isOnline(c) && c.phase.order !== null && isInAnotherOutage(c);

/** Its stations have an outage, and none the one of its command. */
function isInAnotherOutage({ tx, rules, phase }: Case): boolean {
  const outage = phase.order?.command.outage;
  return inOutage(tx, rules) && rules.stations.every((id) => tx.station(id).outage !== outage);
}

/** It is still up long after it said that it goes down: its shutdown command ended without a shutdown (E14). */
export const hasToGoStill = (c: Look<"late">): boolean => wantsDown(c) && isOnline(c);

export const isStillUp = (c: Look<"late">): boolean => isOnline(c) && !inOutage(c.tx, c.rules);

/** An agent that never answers cannot report that it is back either. */
export const isMuteAfterOutage = (c: Look<"down">): boolean =>
  isUnheard(c) && !c.tx.machine(c.id).presence.ever && !inOutage(c.tx, c.rules);

export const isUnheardAfterOutage = (c: Look<"unknown">): boolean =>
  c.phase.by !== "dead-man" && isUnheard(c) && !wantsDown(c) && !inOutage(c.tx, c.rules);

export const hasToGoCooled = (c: Look<"unknown">): boolean =>
  hasToGoUnheard(c) && c.phase.order !== null && c.tx.at >= c.phase.order.command.nextAt;

/** It has to go in an outage in which it was not commanded yet: what is assumed of it must not keep its command back. */
export const hasToGoUnknown = (c: Look<"unknown">): boolean =>
  wantsDown(c) && (c.phase.order === null || isInAnotherOutage(c));

const isDeadmanOver = ({ tx, id, rules }: Case): boolean => isDownByDeadman(tx, tx.machine(id), rules);

/** Its dead-man is over; while it is cut off, nothing else can be known of it. */
export const isCutOff = (c: Look<"watching">): boolean => !c.tx.machine(c.id).aside && isDeadmanOver(c);

export const isUnknownByDeadman = (c: Look<"unknown">): boolean =>
  c.phase.by !== "dead-man" && isDeadmanOver(c);

/** Its command had its time too: a machine that lives would have acknowledged it. */
export const isCommandedCutOff = (c: Look<"commanded">): boolean =>
  c.tx.at - c.phase.order.command.firstAt >= ownSec(c.rules) * 1000 && isDeadmanOver(c);

/** Only a rehearsal leaves a machine commanded after `shutting_down`. With its aborts spent nothing else would end that. */
export const isRehearsedAfterOutage = (c: Look<"commanded">): boolean =>
  c.phase.order.command.ack === "shutting_down" && !wantsDown(c) && !inOutage(c.tx, c.rules);

export const mayBeAbortedUnheard = (c: Look<"unknown">): boolean =>
  c.phase.order !== null &&
  isUnheard(c) &&
  c.stimulus.wish.target === "up" &&
  c.tx.machine(c.id).aborts < mostAborts;

type Answer<P extends PhaseName> = Case<P, "ack">;

export const isFailed = ({ phase, stimulus }: Answer<"going_down" | "late">): boolean =>
  stimulus.ack.phase === "failed" && phase.order !== null;

export const isTargetDown = ({ phase }: Case): boolean => phase.order?.target === "down";

/** The acknowledgement is one of the newest command, not of the shutdown that it undoes. */
export const isOfNewest = ({ stimulus }: Answer<PhaseName>, phase: string): boolean =>
  stimulus.ack.phase === phase && !stimulus.ofUndone;

export const isProgress = (c: Answer<PhaseName>): boolean =>
  isOfNewest(c, "received") || isOfNewest(c, "delay") || isOfNewest(c, "pre_shutdown");

export function isUnanswered({ tx, id, phase }: Case<"commanded", "connected">): boolean {
  const { ack, unsent } = phase.order.command;
  return ack === null && (tx.machine(id).presence.ever || unsent);
}

/** Its agent was away for a moment and lost its countdown; the machine itself never went. */
export const hasLostCommand = ({ phase, stimulus }: Case<"going_down", "status">): boolean =>
  phase.left === true && phase.order?.target === "down" && stimulus.status.state === "idle";

export function isWaitingFor({ tx, id, phase, stimulus }: Case<"commanded", "status">): boolean {
  const { armed } = tx.machine(id).presence;
  return phase.order.command.ack === null || (stimulus.status.state === "idle" && armed);
}
