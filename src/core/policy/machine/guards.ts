/** When the rows of the table of transitions hold. */
import { unseenAbortMs, unseenAborts } from "../command/command.ts";
import { isAbsent, wasGoneBeforeOutage } from "../presence/presence.ts";
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
  const { phase, armed } = tx.machine(id);
  if (phase.is !== "watching" || armed.length > 0 || isSpent(tx, id)) return false;
  if (isCountingDown(tx, id)) return false;
  return !rules.stations.some((station) => tx.assess(station).floorApplies);
}

export const wantsDown = ({ stimulus }: Look<PhaseName>): boolean => stimulus.wish.target === "down";

export const hasToGo = (c: Look<PhaseName>): boolean =>
  wantsDown(c) && !wasGoneBeforeOutage(c.tx, c.tx.machine(c.id), c.rules);

export const isStrayCountdown = ({ tx, id, stimulus }: Look<"watching">): boolean =>
  stimulus.wish.target === "up" && isCountingDown(tx, id);

export const isOutageOver = (c: Look<"watching">): boolean =>
  !wantsDown(c) && isSpent(c.tx, c.id) && !inOutage(c.tx, c.rules);

export function mustGoNow(c: Look<"pending">): boolean {
  const { target, why } = c.stimulus.wish;
  if (target !== "down") return false;
  const { debounceSpent } = c.tx.machine(c.id);
  return why.urgent || c.tx.at >= deadlineOf(c) || (debounceSpent && why.agreed);
}

export const isReleased = (c: Look<"pending">): boolean => whyReleased(c) !== null;

export const mayBeAborted = ({ tx, id, phase, stimulus }: Look<"commanded">): boolean =>
  phase.order.target === "down" && stimulus.wish.target === "up" && tx.machine(id).aborts < mostAborts;

export const hasToGoAgain = ({ phase, stimulus }: Look<"commanded">): boolean =>
  phase.order.target === "up" && stimulus.wish.target === "down" && stimulus.wish.why.agreed;

const isUnheard = ({ tx, id }: Case): boolean => tx.machine(id).presence.online === null;

export function isAbortSpent(c: Look<"commanded">): boolean {
  const { target, command } = c.phase.order;
  if (!isUnheard(c) || target !== "up") return false;
  return command.tries >= unseenAborts && c.tx.at - command.lastAt >= unseenAbortMs;
}

export const leftAfterAck = ({ tx, id, phase }: Look<"commanded">): boolean =>
  isAbsent(tx, tx.machine(id).presence) && phase.order.command.ack !== null;

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

export const hasToGoUnheard = (c: Look<PhaseName>): boolean => isUnheard(c) && wantsDown(c);

export function isGone({ tx, id }: Look<"going_down" | "late">): boolean {
  const { presence } = tx.machine(id);
  return isAbsent(tx, presence) && tx.at - presence.since >= downMs;
}

export function isLate({ tx, id, rules, phase }: Look<"going_down">): boolean {
  if (isAbsent(tx, tx.machine(id).presence) || !tx.state.broker.connected) return false;
  return tx.at - phase.since >= 1500 * rules.stopSec;
}

/** An agent that never answers cannot report that it is back either. */
export const isMuteAfterOutage = (c: Look<"down">): boolean =>
  isUnheard(c) && !c.tx.machine(c.id).presence.ever && !inOutage(c.tx, c.rules);

export const isUnheardAfterOutage = (c: Look<"unknown">): boolean =>
  isUnheard(c) && !wantsDown(c) && !inOutage(c.tx, c.rules);

export const hasToGoCooled = (c: Look<"unknown">): boolean =>
  hasToGoUnheard(c) && c.tx.at >= c.phase.order.command.nextAt;

/** Only a rehearsal leaves a machine commanded after `shutting_down`. With its aborts spent nothing else would end that. */
export const isRehearsedAfterOutage = (c: Look<"commanded">): boolean =>
  c.phase.order.command.ack === "shutting_down" && !wantsDown(c) && !inOutage(c.tx, c.rules);

export const mayBeAbortedUnheard = (c: Look<"unknown">): boolean =>
  isUnheard(c) && c.stimulus.wish.target === "up" && c.tx.machine(c.id).aborts < mostAborts;

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

export function isWaitingFor({ tx, id, phase, stimulus }: Case<"commanded", "status">): boolean {
  const { armed } = tx.machine(id).presence;
  return phase.order.command.ack === null || (stimulus.status.state === "idle" && armed);
}
