/** Commands: a new one, its repeats, and how often each agent gets them. */
import { type CommandAction, commandOf, type IssuedCommand, type MachineState } from "../machine/state.ts";
import { wasGoneBeforeOutage } from "../presence/presence.ts";
import type { Transaction } from "../transaction.ts";

/** Milliseconds to the next sending after the first, second, …; then every 15 s. */
const repeatMs = [1_000, 2_000, 4_000, 8_000, 15_000];
const slowestRepeatMs = 15_000;
/** An agent that cannot acknowledge gets an abort this often, and this many times (S30). */
export const unseenAbortMs = 30_000;
export const unseenAborts = 3;

export interface NewCommand {
  action: CommandAction;
  outage: string;
  station: string;
  reason: string;
  /** Seconds. */
  delay: number;
}

/** Returns a new command for the machine, with the next seq and an id of its own; it is not sent yet. */
export function issue(tx: Transaction, id: string, wanted: NewCommand): IssuedCommand {
  const machine = tx.machine(id);
  const seq = machine.seq + 1;
  const before = commandOf(machine);
  const shutdown = before?.action === "shutdown" ? before.id : (before?.undoes ?? null);
  tx.setMachine(id, { seq });
  return {
    ...wanted,
    id: commandId(tx, id, seq),
    seq,
    firstAt: tx.at,
    lastAt: tx.at,
    tries: 0,
    nextAt: tx.at,
    ack: null,
    undoes: wanted.action === "abort" ? shutdown : null,
    unsent: false,
    renew: false,
    toAbsent: isBelievedOff(tx, machine),
    alarm: null,
  };
}

/** Whether the machine was off before the outage, as far as is known. An abort of a command that nobody answered expects no answer either. */
function isBelievedOff(tx: Transaction, machine: MachineState): boolean {
  const rules = tx.rules.machines[machine.id];
  if (machine.presence.online !== false || rules === undefined) return false;
  return wasGoneBeforeOutage(tx, machine, rules) || commandOf(machine)?.toAbsent === true;
}

/** The wall clock keeps ids apart after a lost database, when epoch and seq begin again. */
function commandId(tx: Transaction, id: string, seq: number): string {
  return `${id}-${tx.state.epoch}-${seq}-${Math.floor(tx.wall / 1000)}`;
}

/** Whether the policy gave this id to this machine: a command that a person sent is not ours to undo. */
export function isOwnId(id: string, command: string | null): boolean {
  return command?.startsWith(`${id}-`) === true && /^\d+-\d+-\d+$/.test(command.slice(id.length + 1));
}

/** Emits one sending of the command; returns the command as it stands afterwards. */
export function send(tx: Transaction, id: string, command: IssuedCommand): IssuedCommand {
  const tries = command.tries + 1;
  tx.emit({
    kind: "command",
    machine: id,
    id: command.id,
    action: command.action,
    epoch: tx.state.epoch,
    seq: command.seq,
    delaySec: Math.max(0, Math.round(command.delay - (tx.at - command.firstAt) / 1000)),
    outage: command.outage,
    station: command.station,
    reason: command.reason,
    attempt: tries,
  });
  const nextAt = tx.at + pauseMs(tx, tx.machine(id), command.action, tries);
  return { ...command, tries, lastAt: tx.at, nextAt, unsent: !tx.state.broker.connected };
}

function pauseMs(tx: Transaction, { presence }: MachineState, action: CommandAction, tries: number): number {
  if (!presence.ever) return action === "abort" ? unseenAbortMs : tx.rules.cooldownSec * 1000;
  return repeatMs[tries - 1] ?? slowestRepeatMs;
}

/** Sends a command that was not acknowledged again, when its time has come; returns it as it stands afterwards. */
export function repeat(tx: Transaction, id: string, command: IssuedCommand): IssuedCommand {
  // While the broker is away nothing would arrive.
  if (command.ack !== null || tx.at < command.nextAt || !tx.state.broker.connected) return command;
  return send(tx, id, command.renew ? renewed(tx, id, command) : command);
}

/** After a failure the agent needs a command that it does not know yet. */
function renewed(tx: Transaction, id: string, command: IssuedCommand): IssuedCommand {
  const seq = tx.machine(id).seq + 1;
  tx.setMachine(id, { seq });
  return { ...command, seq, id: commandId(tx, id, seq), renew: false };
}

/** Returns the command to be sent again as soon as may be: at most one sending a second. */
export function sendSoon(tx: Transaction, command: IssuedCommand): IssuedCommand {
  const soonest = Math.max(tx.at, command.lastAt + 1_000);
  const asked = command.ack === null ? {} : { askedAt: tx.at };
  return { ...command, ...asked, ack: null, nextAt: Math.min(soonest, Math.max(command.nextAt, tx.at)) };
}

/** Returns the command to be sent again after `afterMs`; `renew`: as a new command. */
export const sendLater = (
  tx: Transaction,
  command: IssuedCommand,
  afterMs: number,
  renew: boolean,
): IssuedCommand => ({ ...command, ack: null, nextAt: tx.at + afterMs, renew });
