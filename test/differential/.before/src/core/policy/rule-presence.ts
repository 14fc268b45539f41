/** What a machine's presence says (rows 9, 16; S28, S29, S33): who is there, who is gone, who came back. */
import type { Draft } from "./draft.ts";
import type { AgentStatus } from "./inputs.ts";
import { sendSoon } from "./rule-command.ts";
import type { MachineRules } from "./rules.ts";
import type { MachineState, Presence } from "./state.ts";

/** A machine that was gone so long before the outage is not commanded until it appears (S24). */
export const awayMs = 300_000;
/** After a (re)connect or a start nobody counts as absent for so long (bus rule 15). */
export const settleMs = 10_000;

/** Offline by its own word or its Last Will, while the broker could have told us otherwise. */
export function isAbsent(draft: Draft, presence: Presence): boolean {
  const { connected, settledAt } = draft.state.broker;
  return presence.online === false && connected && draft.at >= settledAt;
}

/** It was gone before the outage began: commanding it would be commanding nobody. */
export function isAway(draft: Draft, { presence }: MachineState, { stations }: MachineRules): boolean {
  if (presence.online !== false) return false;
  const began = Math.min(...stations.map((id) => draft.station(id).outageAt ?? Number.POSITIVE_INFINITY));
  return began - presence.since >= awayMs && began !== Number.POSITIVE_INFINITY;
}

export function takePresence(draft: Draft, id: string, said: AgentStatus, live: boolean) {
  if (!Object.hasOwn(draft.rules.machines, id)) return;
  if (!live) return takeRetained(draft, id, said);
  const before = draft.machine(id).presence;
  const status = isRehearsal(said, before) ? { ...said, state: "idle" as const } : said;
  const presence: Presence = {
    ever: true,
    online: status.online,
    since: before.online === status.online ? before.since : draft.at,
    boot: status.boot ?? before.boot,
    state: status.online ? (status.state ?? null) : null,
    command: status.online ? (status.command ?? null) : null,
    armed: status.online ? status.armed !== false : before.armed,
    rehearsal: before.rehearsal,
  };
  if (!samePresence(before, presence)) draft.setMachine(id, { presence });
  if (status.online) appeared(draft, id, status, before);
  else if (status.reason === "user" && draft.machine(id).list) draft.setMachine(id, { list: false });
}

/** What is only rehearsed puts nobody down. */
function isRehearsal({ armed, command }: AgentStatus, { rehearsal }: Presence): boolean {
  return armed === false || (typeof command === "string" && command === rehearsal);
}

function samePresence(a: Presence, b: Presence): boolean {
  return (
    a.ever === b.ever &&
    a.online === b.online &&
    a.since === b.since &&
    a.boot === b.boot &&
    a.state === b.state &&
    a.command === b.command &&
    a.armed === b.armed &&
    a.rehearsal === b.rehearsal
  );
}

/**
 * Last known only: it proves that this agent can answer, and no more (S28). What contradicts our own knowledge, because
 * a word was missed while we were away, makes the machine unheard until it speaks.
 */
function takeRetained(draft: Draft, id: string, status: AgentStatus) {
  const machine = draft.machine(id);
  const { presence } = machine;
  const online = onlineByMemory(machine, status);
  const last: Presence = { ...presence, armed: status.armed ?? presence.armed, ever: true, online };
  if (samePresence(presence, last)) return;
  const since = presence.ever && online === presence.online ? presence.since : draft.at;
  draft.setMachine(id, { presence: { ...last, since } });
}

/** Whether it is online when the broker's memory is laid beside ours; null where nobody knows. */
function onlineByMemory({ presence, state }: MachineState, { online, boot, state: doing }: AgentStatus) {
  const known = presence.online;
  if (known === null) return online ? null : false;
  if (!online) return known;
  const rebooted = boot !== undefined && presence.boot !== null && boot !== presence.boot;
  const goesOn = doing === "idle" && (state === "going_down" || state === "late");
  return known && !rebooted && !goesOn ? true : null;
}

/** Rows 4, 6, 9, 10, 16: a live word of a machine that is there. */
function appeared(draft: Draft, id: string, status: AgentStatus, before: Presence) {
  const rebooted = status.boot !== undefined && before.boot !== null && status.boot !== before.boot;
  if (rebooted && draft.machine(id).spent) draft.setMachine(id, { spent: false });
  if (status.state === "shutting_down") return sayGoingDown(draft, id);
  if (rebooted) return back(draft, id, "it has rebooted");
  const working = status.state === "delay" || status.state === "pre_shutdown";
  switch (draft.machine(id).state) {
    case "watching":
    case "pending":
      return;
    case "commanded":
      return answered(draft, id, status);
    case "going_down":
    case "late":
      if (working) return resumed(draft, id, status);
      // An agent that tells no state is back when it had been gone.
      if (status.state === "idle" || before.online === false) back(draft, id, "it is up");
      return;
    case "down":
    case "unknown":
    case "waking":
      return working ? resumed(draft, id, status) : back(draft, id, "it is there");
  }
}

/** It says that it goes down: the point of no return, whatever was wanted (rows 6, 10). */
export function sayGoingDown(draft: Draft, id: string) {
  const { state, cmd } = draft.machine(id);
  if (state === "going_down" || state === "late") return;
  draft.setMachine(id, { state: "going_down", since: draft.at, dueAt: null, clearAt: null });
  const outage = cmd === null ? {} : { outage: cmd.outage };
  const text = `${id} has started its shutdown: no abort reaches it any more`;
  draft.event({ type: "going-down", level: "info", machine: id, ...outage, text });
}

/** Row 16: row 1 judges it anew. */
export function back(draft: Draft, id: string, why: string) {
  const { state } = draft.machine(id);
  if (state === "watching" || state === "pending") return;
  draft.setMachine(id, { state: "watching", since: draft.at, dueAt: null, clearAt: null, want: null });
  const text = `${id} is back: ${why}`;
  draft.event({ type: "machine-back", level: "info", machine: id, text });
}

/** What seemed gone is still in its countdown: the command goes on, and an abort can reach it. */
function resumed(draft: Draft, id: string, status: AgentStatus) {
  const { cmd, want } = draft.machine(id);
  if (cmd === null || want === null || status.command !== cmd.id) return back(draft, id, "it is there");
  draft.setMachine(id, { state: "commanded", since: draft.at });
  answered(draft, id, status);
}

/** Rows 4, 5 and 9: what a status says about the command it is under. */
function answered(draft: Draft, id: string, status: AgentStatus) {
  const { cmd, want, presence } = draft.machine(id);
  if (cmd === null) return;
  if (want === "up" && status.state === "idle") return back(draft, id, "it is idle and keeps running");
  const working = status.state === "delay" || status.state === "pre_shutdown" ? status.state : null;
  if (want === "down" && working !== null && status.command === cmd.id) {
    draft.setMachine(id, { cmd: { ...cmd, word: working } });
    return;
  }
  // An agent that lost its countdown (restarted), or has not got the command yet.
  if (cmd.word === null || (status.state === "idle" && presence.armed)) sendSoon(draft, id);
}

export function takeBroker(draft: Draft, connected: boolean) {
  const { broker } = draft.state;
  if (broker.connected === connected) return;
  const settledAt = connected ? draft.at + settleMs : broker.settledAt;
  draft.set({ broker: { connected, settledAt } });
  if (!connected) return;
  for (const id of Object.keys(draft.state.machines)) {
    const { state, cmd, presence } = draft.machine(id);
    if (state !== "commanded" || cmd === null || cmd.word !== null) continue;
    if (presence.ever || cmd.unsent) draft.setMachine(id, { cmd: { ...cmd, nextAt: draft.at } });
  }
}
