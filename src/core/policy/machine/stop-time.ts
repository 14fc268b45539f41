/** Measures how long a machine takes to stop, from the end of its delay to absent, each time it goes. */
import type { Instant } from "../../reading.ts";
import type { AgentAck, AgentStatus } from "../inputs.ts";
import type { MachineRules } from "../rules.ts";
import type { Transaction } from "../transaction.ts";
import { wholeSec } from "../words/sentences.ts";
import { commandOf } from "./state.ts";

/** Takes an acknowledgement: it may show that the delay is over, or when it will be. */
export function markAck(tx: Transaction, id: string, { id: command, phase, dry_run }: AgentAck): void {
  if (!dry_run) mark(tx, id, phase, command);
}

/** Takes a live status, which may show the same. */
export function markStatus(tx: Transaction, id: string, status: AgentStatus, live: boolean): void {
  const { online, armed, state, command } = status;
  if (!live || !online || armed === false || typeof command !== "string") return;
  if (Object.hasOwn(tx.rules.machines, id) && tx.machine(id).presence.rehearsal === command) return;
  mark(tx, id, state, command);
}

type Progress = AgentAck["phase"] | AgentStatus["state"];

function mark(tx: Transaction, id: string, progress: Progress, command: string) {
  if (!Object.hasOwn(tx.rules.machines, id) || !(isWaiting(progress) || isOver(progress))) return;
  const { stopping } = tx.machine(id);
  const known = stopping?.command === command ? stopping.from : null;
  const from = isOver(progress) ? overSince(tx, known) : overAt(tx, id, command, known);
  if (from === null && isWaiting(progress)) return;
  const next = from === null ? null : { command, from };
  if (next?.command === stopping?.command && next?.from === stopping?.from) return;
  tx.setMachine(id, { stopping: next });
}

const isWaiting = (progress: Progress) => progress === "received" || progress === "delay";
const isOver = (progress: Progress) => progress === "pre_shutdown" || progress === "shutting_down";

/** Our own command says how long the delay is; a command by hand and a dead-man only show when it is over. */
function overAt(tx: Transaction, id: string, command: string, known: Instant | null): Instant | null {
  const issued = commandOf(tx.machine(id));
  if (known !== null || issued?.id !== command || issued.action !== "shutdown") return known;
  return Math.max(tx.at, issued.firstAt + issued.delay * 1000);
}

/** The delay is over now, or was before. Right after a reconnect a message may be an old one that waited. */
function overSince(tx: Transaction, known: Instant | null): Instant | null {
  const { connected, settledAt } = tx.state.broker;
  if (known !== null) return Math.min(known, tx.at);
  return connected && tx.at >= settledAt ? tx.at : null;
}

/** Called when the machine is proven absent: remembers how long that took and reports it. Longer than configured is a warning. */
export function measureStop(tx: Transaction, id: string, { stopSec }: MachineRules): void {
  const { stopping, presence, stopTimes, phase } = tx.machine(id);
  if (stopping === null) {
    const goneSec = wholeSec(presence.since - phase.since);
    tx.event("down", { machine: id, goneSec, stopSec, longestSec: null });
    return;
  }
  const last = Math.max(0, Math.round((presence.since - stopping.from) / 1000));
  const longest = Math.max(last, stopTimes?.longest ?? 0);
  tx.setMachine(id, { stopping: null, stopTimes: { last, longest } });
  tx.event("down", { machine: id, goneSec: last, stopSec, longestSec: longest });
}
