/** Commands: a new one, its repeats, and who gets them how often (row 4; R7, S29, S30). */
import type { Draft } from "./draft.ts";
import type { CommandAction } from "./effects.ts";
import type { CommandState, MachineState } from "./state.ts";

/** Milliseconds to the next sending after the first, second, … ; then every 15 s. */
const repeatMs = [1_000, 2_000, 4_000, 8_000, 15_000];
const slowestRepeatMs = 15_000;
/** To an agent that cannot acknowledge an abort goes out so often, and so many times. */
export const unseenAbortMs = 30_000;
export const unseenAborts = 3;

export interface Order {
  action: CommandAction;
  outage: string;
  station: string;
  reason: string;
  /** Seconds. */
  delay: number;
}

/** Gives a new order: the next seq, an id of its own, sent at once. */
export function command(draft: Draft, id: string, order: Order): void {
  const machine = draft.machine(id);
  const seq = machine.seq + 1;
  const about = machine.cmd?.action === "shutdown" ? machine.cmd.id : (machine.cmd?.about ?? null);
  const cmd: CommandState = {
    ...order,
    id: commandId(draft, id, seq),
    seq,
    firstAt: draft.at,
    lastAt: draft.at,
    tries: 0,
    nextAt: draft.at,
    word: null,
    about: order.action === "abort" ? about : null,
    unsent: false,
    renew: false,
    alarmed: false,
  };
  draft.setMachine(id, { seq, cmd });
  send(draft, id, cmd);
}

/** The wall clock keeps ids apart whose epoch and seq began anew with a lost database (R7). */
function commandId(draft: Draft, id: string, seq: number): string {
  return `${id}-${draft.state.epoch}-${seq}-${Math.floor(draft.wall / 1000)}`;
}

/** Whether the id is one that the policy gave to this machine: what people send by hand is not ours to undo. */
export function isOwnId(id: string, command: string | null): boolean {
  return command?.startsWith(`${id}-`) === true && /^\d+-\d+-\d+$/.test(command.slice(id.length + 1));
}

/** Repeats what was not acknowledged, when its time has come. While the broker is away nothing would arrive. */
export function repeat(draft: Draft, id: string): void {
  const { cmd } = draft.machine(id);
  if (cmd === null || cmd.word !== null || draft.at < cmd.nextAt || !draft.state.broker.connected) return;
  send(draft, id, cmd.renew ? renewed(draft, id, cmd) : cmd);
}

/** After a failure the agent needs a command it does not know yet (R9). */
function renewed(draft: Draft, id: string, cmd: CommandState): CommandState {
  const seq = draft.machine(id).seq + 1;
  draft.setMachine(id, { seq });
  return { ...cmd, seq, id: commandId(draft, id, seq), renew: false };
}

function send(draft: Draft, id: string, cmd: CommandState): void {
  const { connected } = draft.state.broker;
  const tries = cmd.tries + 1;
  const sent: CommandState = {
    ...cmd,
    tries,
    lastAt: draft.at,
    nextAt: draft.at + pauseMs(draft, draft.machine(id), cmd, tries),
    unsent: !connected,
  };
  draft.setMachine(id, { cmd: sent });
  draft.emit({
    kind: "command",
    machine: id,
    id: sent.id,
    action: sent.action,
    epoch: draft.state.epoch,
    seq: sent.seq,
    delaySec: Math.max(0, Math.round(sent.delay - (draft.at - sent.firstAt) / 1000)),
    outage: sent.outage,
    station: sent.station,
    reason: sent.reason,
    attempt: tries,
  });
}

function pauseMs(draft: Draft, { presence }: MachineState, { action }: CommandState, tries: number): number {
  if (!presence.ever) return action === "abort" ? unseenAbortMs : draft.rules.cooldownSec * 1000;
  return repeatMs[tries - 1] ?? slowestRepeatMs;
}

/** Sends the command again in this step: the agent is there, or the broker is. At most once a second. */
export function sendSoon(draft: Draft, id: string): void {
  const { cmd } = draft.machine(id);
  if (cmd === null) return;
  const nextAt = Math.max(draft.at, cmd.lastAt + 1_000);
  draft.setMachine(id, {
    cmd: { ...cmd, word: null, nextAt: Math.min(nextAt, Math.max(cmd.nextAt, draft.at)) },
  });
}
