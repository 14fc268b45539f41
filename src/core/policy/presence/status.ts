/** Takes what an agent's status and the broker's connection show: who is there, who is gone, who came back. */
import type { AgentStatus } from "../inputs.ts";
import { commandOf, type MachineState, type Phase, type Presence } from "../machine/state.ts";
import { react } from "../machine/transitions.ts";
import type { StationState } from "../station/state.ts";
import type { Transaction } from "../transaction.ts";
import { heard, markMissed } from "./deadman.ts";
import { noteTrusted } from "./missing.ts";
import { settleMs } from "./presence.ts";
import { noteReturn } from "./returns.ts";

/** Takes a status. A retained one (`live: false`) proves that the agent can answer, and no more (S28). */
export function takePresence(tx: Transaction, id: string, reported: AgentStatus, live: boolean) {
  if (!Object.hasOwn(tx.rules.machines, id)) return;
  if (!live) return takeRetained(tx, id, reported);
  noteTrusted(tx, id, reported.online);
  const before = tx.machine(id).presence;
  // A rehearsal shuts nothing down: whatever its agent does, the machine counts as idle.
  const status = isRehearsal(reported, before) ? { ...reported, state: "idle" as const } : reported;
  const presence = presenceAfter(before, status, tx.at);
  if (!isSame(before, presence)) tx.setMachine(id, { presence });
  heard(tx, id);
  if (status.online && status.state === "idle" && status === reported) noteReturn(tx, id);
  if (status.online) appeared(tx, id, status, before);
  else if (status.reason === "user" && tx.machine(id).onWakeList) tx.setMachine(id, { onWakeList: false });
}

function presenceAfter(before: Presence, status: AgentStatus, at: number): Presence {
  const { online, boot, state, command, armed } = status;
  return {
    ever: true,
    online,
    since: before.online === online ? before.since : at,
    boot: boot ?? before.boot,
    state: online ? (state ?? null) : null,
    command: online ? (command ?? null) : null,
    armed: online ? armed !== false : before.armed,
    rehearsal: before.rehearsal,
  };
}

function isRehearsal({ armed, command }: AgentStatus, { rehearsal }: Presence): boolean {
  return armed === false || (typeof command === "string" && command === rehearsal);
}

const isSame = (a: Presence, b: Presence): boolean =>
  a.ever === b.ever &&
  a.online === b.online &&
  a.since === b.since &&
  a.boot === b.boot &&
  a.state === b.state &&
  a.command === b.command &&
  a.armed === b.armed &&
  a.rehearsal === b.rehearsal;

/** What contradicts our own knowledge, because a message was missed while we were away, makes the machine unheard until it speaks. */
function takeRetained(tx: Transaction, id: string, status: AgentStatus) {
  const machine = tx.machine(id);
  const { presence } = machine;
  const online = hasLeft(tx, machine, status) ? false : onlineByMemory(machine, status);
  const last: Presence = { ...presence, armed: status.armed ?? presence.armed, ever: true, online };
  if (isSame(presence, last)) return;
  const since = presence.ever && online === presence.online ? presence.since : tx.at;
  // Nobody saw when it left, so this stop is not measured.
  const stopping = presence.online === true && online === false ? null : machine.stopping;
  tx.setMachine(id, { presence: { ...last, since }, stopping });
}

/** The clocks of the agent and of this server may differ by this much, seconds. */
const clocksSec = 60;

/**
 * Whether the broker keeps the end of a machine that was commanded, published while this process was away. An agent publishes
 * "online" when it connects, so that a goodbye or Last Will that is kept is newer than what it reported.
 * A goodbye that names a time before the command is not believed: the broker may have kept that of an earlier day.
 */
function hasLeft(tx: Transaction, { phase, presence }: MachineState, { online, state, at }: AgentStatus) {
  const { connected, settledAt } = tx.state.broker;
  // While this process listens it hears each end live: what the broker kept is older (S28).
  const hasMissed = !connected || tx.at < settledAt;
  const mayHaveLeft = isLeaving(phase) || (phase.is === "commanded" && hasMissed);
  if (online || presence.online !== true || !mayHaveLeft) return false;
  // A Last Will names no state; its time, where it has one, is that of the connection.
  if (state === undefined || at === undefined) return true;
  const from = phase.order?.command.firstAt ?? phase.since;
  return at >= (tx.wall - (tx.at - from)) / 1000 - clocksSec;
}

/** Whether the machine is online by the broker's memory and ours together; null where they do not agree. */
function onlineByMemory({ presence, phase }: MachineState, { online, boot, state }: AgentStatus) {
  const known = presence.online;
  if (known === null) return online ? null : false;
  if (!online) return known;
  const rebooted = boot !== undefined && presence.boot !== null && boot !== presence.boot;
  return known && !rebooted && !(state === "idle" && isLeaving(phase)) ? true : null;
}

const isLeaving = ({ is }: Phase) => is === "going_down" || is === "late";

/** A live status of a machine that is there. */
function appeared(tx: Transaction, id: string, status: AgentStatus, before: Presence) {
  const rebooted = hasRebooted(tx.machine(id), status, before);
  // After a reboot the machine has its full debounce again (S29).
  if (rebooted && tx.machine(id).debounceSpent) tx.setMachine(id, { debounceSpent: false });
  if (status.state === "shutting_down") return react(tx, id, { on: "shutting_down" });
  react(tx, id, { on: "status", status, rebooted, wasOffline: before.online === false });
}

/** Whether the machine is in another boot than before. One that was believed off and shows itself idle has just booted, too. */
function hasRebooted(machine: MachineState, { boot, state }: AgentStatus, before: Presence): boolean {
  if (boot === undefined || boot === before.boot) return false;
  if (before.boot !== null) return true;
  return state === "idle" && before.online === false && commandOf(machine)?.toAbsent === true;
}

/** Takes a change of this process's own connection. While the broker is away presence is frozen, not lost. */
export function takeBroker(tx: Transaction, connected: boolean) {
  const { broker } = tx.state;
  if (broker.connected === connected) return;
  const settledAt = connected ? tx.at + settleMs : broker.settledAt;
  tx.set({ broker: { connected, settledAt, lostAt: connected ? null : tx.at } });
  if (!connected) return;
  const lostAt = broker.lostAt ?? tx.at;
  // A station that was heard meanwhile has another way to this process.
  excuse(tx, tx.at - lostAt, ({ local, sampleAt }) => !local && (sampleAt ?? 0) <= lostAt);
  markMissed(tx, lostAt);
  for (const { id } of tx.state.machines) react(tx, id, { on: "connected" });
}

/** Takes a pause of this process: no station was silent in it, and no agent absent. */
export function takePause(tx: Transaction, ms: number) {
  tx.set({ broker: { ...tx.state.broker, settledAt: tx.at + settleMs } });
  excuse(tx, ms, () => true);
}

/** The time in which this process could not hear is no silence of a station; after it the station gets time to speak first. */
function excuse(tx: Transaction, ms: number, concerns: (station: StationState) => boolean) {
  for (const station of tx.state.stations) {
    if (ms <= 0 || station.sampleAt === null || !concerns(station)) continue;
    // The grid may have been away meanwhile: it has to be confirmed again.
    const unconfirmed = { presentAt: null, presentSamples: 0 };
    const deafMs = station.deafMs + ms;
    tx.setStation(station.id, { pausedAt: tx.at, hearsAt: tx.at, deafMs, ...unconfirmed });
  }
}
