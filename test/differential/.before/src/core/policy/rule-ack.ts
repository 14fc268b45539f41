/** What an agent answers to a command (rows 5–7, 9, 10; R7, R9). */
import type { Draft } from "./draft.ts";
import type { AckPhase, AgentAck } from "./inputs.ts";
import { back, sayGoingDown } from "./rule-presence.ts";
import type { CommandState } from "./state.ts";

/** After `expired` the agent needs our time first: `power` goes before the repeat. */
const expiredMs = 15_000;
const failedMs = 30_000;

export function takeAck(draft: Draft, id: string, ack: AgentAck) {
  if (!Object.hasOwn(draft.rules.machines, id)) return;
  heard(draft, id, ack.phase);
  if (ack.dry_run) return rehearsed(draft, id, ack);
  const { state, cmd } = draft.machine(id);
  if (ack.phase === "pong") {
    if (state === "down" || state === "unknown" || state === "waking") back(draft, id, "it answered");
    return;
  }
  // A machine that goes down goes down, whoever told it.
  if (ack.phase === "shutting_down") return sayGoingDown(draft, id);
  if (cmd !== null && (ack.id === cmd.id || ack.id === cmd.about)) answerTo(draft, id, cmd, ack);
}

/** It only plays: nobody goes down by it. An order of ours that is played (its agent is in dry run) is an alarm. */
function rehearsed(draft: Draft, id: string, ack: AgentAck) {
  const { state, cmd, want, presence } = draft.machine(id);
  if (presence.rehearsal !== ack.id) draft.setMachine(id, { presence: { ...presence, rehearsal: ack.id } });
  if (state !== "commanded" || want !== "down" || cmd?.id !== ack.id) return;
  draft.setMachine(id, { cmd: { ...cmd, word: ack.phase } });
  if (ack.phase !== "shutting_down" || cmd.word === ack.phase) return;
  const text = `${id} was told to go down and only rehearsed it: its agent is in dry run, and the machine stays up until its power is cut`;
  const code = "command-failed";
  draft.event({ type: "alarm", level: "alarm", code, machine: id, outage: cmd.outage, text });
}

function answerTo(draft: Draft, id: string, cmd: CommandState, ack: AgentAck) {
  const { state } = draft.machine(id);
  if (ack.phase === "failed" && (state === "going_down" || state === "late"))
    return stillUp(draft, id, cmd, ack);
  if (state !== "commanded" && state !== "unknown") return;
  // It answers, so it is there, and its order goes on.
  if (state === "unknown") draft.setMachine(id, { state: "commanded", since: draft.at });
  onCommand(draft, id, cmd, ack);
}

/** SHUTDOWN_CMD was started and failed: the machine is still up (R9). */
function stillUp(draft: Draft, id: string, cmd: CommandState, { reason }: AgentAck) {
  tellFailed(draft, id, cmd, `could not: ${reason ?? "no reason given"}`);
  if (draft.machine(id).want !== "down") return back(draft, id, "its shutdown failed");
  draft.setMachine(id, { state: "commanded", since: draft.at });
  again(draft, id, cmd, failedMs, true);
}

/** An answer is as good as a status, but the last word of one that goes down may come after its Last Will. */
function heard(draft: Draft, id: string, phase: AckPhase) {
  const { presence } = draft.machine(id);
  const leaving = phase === "shutting_down" || phase === "too_late";
  const online = !(leaving && presence.online === false);
  if (presence.ever && presence.online === online) return;
  const since = presence.online === online ? presence.since : draft.at;
  draft.setMachine(id, { presence: { ...presence, ever: true, online, since } });
}

function onCommand(draft: Draft, id: string, cmd: CommandState, ack: AgentAck) {
  const { want } = draft.machine(id);
  const about = ack.id === cmd.about;
  switch (ack.phase) {
    case "too_late":
      return sayGoingDown(draft, id);
    case "aborted":
      if (want !== "up") return again(draft, id, cmd, expiredMs, true);
      // Its status may say so later: a countdown that was remembered would be aborted once more.
      draft.setMachine(id, { presence: { ...draft.machine(id).presence, state: "idle" } });
      return back(draft, id, "it has aborted its shutdown");
    case "received":
    case "delay":
    case "pre_shutdown":
      // A late word on the shutdown does not answer the abort.
      if (!about) draft.setMachine(id, { cmd: { ...cmd, word: ack.phase } });
      return;
    case "refused":
      return about ? undefined : refused(draft, id, cmd, ack);
    case "expired":
      return about ? undefined : again(draft, id, cmd, expiredMs, false);
    case "failed":
      if (!about) tellFailed(draft, id, cmd, `could not: ${ack.reason ?? "no reason given"}`);
      return about ? undefined : again(draft, id, cmd, failedMs, true);
    case "pong":
    case "shutting_down":
    case "shed":
    case "restored":
      return;
  }
}

/** A refusal as older: our database was lost, or another orchestrator spoke. The epoch goes past it, and at once (R7). */
function refused(draft: Draft, id: string, cmd: CommandState, { last, reason }: AgentAck) {
  const { epoch } = draft.state;
  const older = last !== undefined && (last.epoch > epoch || (last.epoch === epoch && last.seq >= cmd.seq));
  if (older) {
    draft.set({ epoch: last.epoch + 1 });
    return draft.setMachine(id, { cmd: { ...cmd, word: null, nextAt: draft.at } });
  }
  tellFailed(draft, id, cmd, `refused: ${reason ?? "no reason given"}`);
  again(draft, id, cmd, failedMs, false);
}

function again(draft: Draft, id: string, cmd: CommandState, afterMs: number, renew: boolean) {
  draft.setMachine(id, { cmd: { ...cmd, word: null, nextAt: draft.at + afterMs, renew } });
}

function tellFailed(draft: Draft, id: string, cmd: CommandState, why: string) {
  const text = `${id} was told "${cmd.action}" and ${why}; it is told again in ${failedMs / 1000} s`;
  const code = "command-failed";
  draft.event({ type: "alarm", level: "alarm", code, machine: id, outage: cmd.outage, text });
}
