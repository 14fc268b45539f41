/** How long a machine really takes to stop, from the end of its delay to absent (row 14; R14): measured each time it goes. */
import type { Instant } from "../reading.ts";
import type { Draft } from "./draft.ts";
import { seconds } from "./explain.ts";
import type { AgentAck, AgentStatus } from "./inputs.ts";
import type { MachineRules } from "./rules.ts";

/** An acknowledgement may tell that the delay is over, or when it will be. */
export function markAck(draft: Draft, id: string, { id: command, phase, dry_run }: AgentAck): void {
  if (!dry_run) mark(draft, id, phase, command);
}

/** So may a live status. */
export function markStatus(draft: Draft, id: string, status: AgentStatus, live: boolean): void {
  const { online, armed, state, command } = status;
  if (!live || !online || armed === false || typeof command !== "string") return;
  if (Object.hasOwn(draft.rules.machines, id) && draft.machine(id).presence.rehearsal === command) return;
  mark(draft, id, state, command);
}

type Word = AgentAck["phase"] | AgentStatus["state"];

function mark(draft: Draft, id: string, word: Word, command: string) {
  if (!Object.hasOwn(draft.rules.machines, id) || !(isWaiting(word) || isOver(word))) return;
  const { stopping } = draft.machine(id);
  const known = stopping?.command === command ? stopping.from : null;
  const from = isOver(word) ? overSince(draft, known) : overAt(draft, id, command, known);
  if (from === null && isWaiting(word)) return;
  const next = from === null ? null : { command, from };
  if (next?.command === stopping?.command && next?.from === stopping?.from) return;
  draft.setMachine(id, { stopping: next });
}

const isWaiting = (word: Word) => word === "received" || word === "delay";
const isOver = (word: Word) => word === "pre_shutdown" || word === "shutting_down";

/** Our own order says how long the delay is; what people order by hand, and a dead-man, tell when it is over. */
function overAt(draft: Draft, id: string, command: string, known: Instant | null): Instant | null {
  const { cmd } = draft.machine(id);
  if (known !== null || cmd?.id !== command || cmd.action !== "shutdown") return known;
  return Math.max(draft.at, cmd.firstAt + cmd.delay * 1000);
}

/** The delay is over now, or was before. Right after a reconnect a word may be an old one that waited. */
function overSince(draft: Draft, known: Instant | null): Instant | null {
  const { connected, settledAt } = draft.state.broker;
  if (known !== null) return Math.min(known, draft.at);
  return connected && draft.at >= settledAt ? draft.at : null;
}

/** It is proven absent: remembers how long that took, and tells it. Longer than configured is a warning. */
export function measureStop(draft: Draft, id: string, { stopSec }: MachineRules): void {
  const { stopping, presence, stop, since } = draft.machine(id);
  const down = { type: "down", machine: id } as const;
  if (stopping === null) {
    const text = `${id} is down: gone ${seconds(presence.since - since)} after it said so; the end of its delay was not seen, so nothing is measured`;
    draft.event({ ...down, level: "info", text });
    return;
  }
  const last = Math.max(0, Math.round((presence.since - stopping.from) / 1000));
  const longest = Math.max(last, stop?.longest ?? 0);
  draft.setMachine(id, { stopping: null, stop: { last, longest } });
  const text = `${id} is down: gone ${last} s after its delay (stopSec ${stopSec} s, longest so far ${longest} s)`;
  const more = `: longer than planned; set stopSec to ${Math.ceil(last * 1.2)} s or more`;
  draft.event({
    ...down,
    level: last > stopSec ? "warn" : "info",
    text: last > stopSec ? `${text}${more}` : text,
  });
}
