/** What a transition does when an agent answers: each function returns the phase that the machine is in afterwards. */
import { epochAfter, isRefusalOrder } from "../../command-order.ts";
import { sendLater, sendSoon } from "../command/command.ts";
import type { Case } from "./case.ts";
import { comeBack } from "./moves.ts";
import { type Commanded, type IssuedCommand, type Phase, type PhaseName, withCommand } from "./state.ts";

/** After `expired` the agent first needs the server's time: `power` goes out before the repeat. */
const expiredMs = 15_000;
const failedMs = 30_000;

type Answer<P extends PhaseName> = Case<P, "ack">;
type Asked = Answer<"commanded" | "unknown">;

/** The agent answers, so it is there: the command goes on, as `change` leaves it. */
function goOn({ tx, phase }: Asked, command: IssuedCommand): Commanded {
  if (phase.is === "commanded") return withCommand(phase, command);
  return { is: "commanded", since: tx.at, order: { ...phase.order, command } };
}

export const stayCommanded = (c: Asked): Phase => goOn(c, c.phase.order.command);

export const noteProgress = (c: Asked): Phase =>
  goOn(c, { ...c.phase.order.command, ack: c.stimulus.ack.phase });

/** The agent could not tell the age of the command: it is repeated once `power` has carried the server's time. */
export const answerExpired = (c: Asked): Phase =>
  goOn(c, sendLater(c.tx, c.phase.order.command, expiredMs, false));

/** The agent reports `aborted` although the machine has to go: it gets a new command. */
export const answerAborted = (c: Asked): Phase =>
  goOn(c, sendLater(c.tx, c.phase.order.command, expiredMs, true));

export function keepRunning(c: Asked): Phase {
  const { presence } = c.tx.machine(c.id);
  // The next status may be late: a countdown that is remembered would be aborted once more.
  c.tx.setMachine(c.id, { presence: { ...presence, state: "idle" } });
  return comeBack(c, "aborted");
}

/** Whether the agent knows a newer command: our database was lost, or another orchestrator commanded. */
export function isOlder({ tx, phase, stimulus }: Asked): boolean {
  const { last } = stimulus.ack;
  const { epoch } = tx.state;
  const { seq } = phase.order.command;
  if (last === undefined || !isRefusalOrder(last)) return false;
  return last.epoch > epoch || (last.epoch === epoch && last.seq >= seq);
}

/** Rises above the newest command that the agent knows, and sends again at once. */
export function outrank(c: Asked): Phase {
  const { tx, phase, stimulus } = c;
  tx.set({ epoch: epochAfter(stimulus.ack.last?.epoch ?? tx.state.epoch) });
  return goOn(c, { ...phase.order.command, ack: null, nextAt: tx.at });
}

export function answerRefused(c: Asked): Phase {
  const { command } = c.phase.order;
  reportFailed(c, "refused");
  return goOn(c, sendLater(c.tx, command, failedMs, false));
}

export function answerFailed(c: Asked): Phase {
  const { command } = c.phase.order;
  reportFailed(c, "failed");
  return goOn(c, sendLater(c.tx, command, failedMs, true));
}

/** SHUTDOWN_CMD was started and failed: the machine is still up, and is commanded again if it still has to go. */
export function standUp(c: Answer<"going_down" | "late">): Phase {
  const { tx, phase } = c;
  if (phase.order === null) return phase;
  const { target, command } = phase.order;
  reportFailed(c, "failed");
  if (target !== "down") return comeBack(c, "shutdown-failed");
  const again = sendLater(tx, command, failedMs, true);
  return { is: "commanded", since: tx.at, order: { target, command: again } };
}

function reportFailed({ tx, id, phase, stimulus }: Case<PhaseName, "ack">, how: "failed" | "refused") {
  if (phase.order === null) return;
  const { outage, action } = phase.order.command;
  const agentReason = stimulus.ack.reason ?? null;
  tx.event("command-failed", { machine: id, outage, action, how, agentReason, againSec: failedMs / 1000 });
}

/** The agent plays our shutdown in dry run: its machine will not go down, which is an alarm when the play is over. */
export function noteRehearsal({ tx, id, phase, stimulus }: Case<"commanded", "rehearsed">): Phase {
  const { command } = phase.order;
  const { outage, action } = command;
  if (stimulus.ack.phase === "shutting_down" && command.ack !== "shutting_down")
    tx.event("command-failed", {
      machine: id,
      outage,
      action,
      how: "rehearsed",
      agentReason: null,
      againSec: null,
    });
  return withCommand(phase, { ...command, ack: stimulus.ack.phase });
}

type Heard<P extends PhaseName> = Case<P, "status">;

/** The state that an agent reports while it works on a command; null while it does not. */
export const progressOf = ({ stimulus }: Heard<PhaseName>): "delay" | "pre_shutdown" | null => {
  const { state } = stimulus.status;
  return state === "delay" || state === "pre_shutdown" ? state : null;
};

/** Whether the agent still works on the command that it was given. */
export function isResuming(c: Heard<PhaseName>): boolean {
  const { order } = c.phase;
  if (progressOf(c) === null || order === null || order.target === null) return false;
  return c.stimulus.status.command === order.command.id;
}

/** The machine seemed gone and is still in its countdown: the command goes on, and an abort can reach it. */
export function resume({ tx, phase }: Heard<PhaseName>): Phase {
  if (phase.order === null || phase.order.target === null) return phase;
  const { target, command } = phase.order;
  return { is: "commanded", since: tx.at, order: { target, command } };
}

/** The agent came back without its countdown: the command goes on, with what is left of its delay. */
export function resumeLost(c: Heard<"going_down">): Phase {
  const { tx, phase } = c;
  if (phase.order === null || phase.order.target === null) return phase;
  const { target, command } = phase.order;
  return { is: "commanded", since: tx.at, order: { target, command: sendSoon(tx, command) } };
}

export const noteStatus = (c: Heard<"commanded">): Phase =>
  withCommand(c.phase, { ...c.phase.order.command, ack: progressOf(c) });

/** The agent lost its countdown in a restart, or did not get the command yet. */
export const askAgain = ({ tx, phase }: Heard<"commanded">): Phase =>
  withCommand(phase, sendSoon(tx, phase.order.command));

/** The broker is back: an agent that can acknowledge, or that was sent nothing yet, is asked at once. */
export const askAtOnce = ({ tx, phase }: Case<"commanded", "connected">): Phase =>
  withCommand(phase, { ...phase.order.command, nextAt: tx.at });
