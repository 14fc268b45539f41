/**
 * The one emulated agent, of stories, properties and the demo: a pure state machine that keeps to the agents' protocol
 * (docs/topics.md).
 */
import type { Command } from "../../contract/messages/machine.ts";
import { advanceDue, callBack, enter, switchOff, watchSilence } from "./shutdown.ts";
import type { AgentEffect, AgentInput, AgentSetup, AgentState } from "./state.ts";
import { accept, afterBoot, hearPower, objection } from "./trust.ts";
import { Turn } from "./turn.ts";

/** Longest time that one input counts, ms: time asleep is not silence (S20). */
const longestPassMs = 10_000;

/** Applies one input; returns the state after it, and what the agent does about it, in order. A machine that is off only boots. */
export function stepAgent(
  setup: AgentSetup,
  state: AgentState,
  input: AgentInput,
): { state: AgentState; effects: readonly AgentEffect[] } {
  const turn = new Turn(setup, state.up ? afterTime(state, input.at) : state);
  if (state.up) take(turn, input);
  else if (input.kind === "boot") boot(turn, input);
  return turn;
}

function afterTime(state: AgentState, at: number): AgentState {
  const passedMs = Math.min(at - state.inputAt, longestPassMs);
  return { ...state, inputAt: at, awakeMs: state.awakeMs + passedMs };
}

function take(turn: Turn, input: AgentInput) {
  switch (input.kind) {
    case "boot":
      // It runs already.
      return;
    case "tick":
      if (turn.setup.behaviour === "deaf") return;
      watchSilence(turn);
      return advanceDue(turn);
    case "power-cut":
      return switchOff(turn, "power-cut");
    case "connected":
      return turn.report();
    case "command":
      if (!input.retained) hearCommand(turn, input.command);
      return;
    case "power": {
      const { trust, awakeMs } = turn.state;
      // A retained message may be from last night: it arms nothing (S21, S28).
      if (!input.retained) turn.set({ trust: hearPower(turn.setup, trust, input.message, awakeMs) });
      return;
    }
    case "status":
      if (!input.retained && !input.online) turn.report();
  }
}

/** A new boot: no command under way, the newest command remembered. */
function boot(turn: Turn, { at, boot: name }: Extract<AgentInput, { kind: "boot" }>) {
  const trust = afterBoot(turn.state.trust);
  turn.set({ up: true, boot: name, awakeMs: 0, inputAt: at, work: null, servicesStopped: false, trust });
  turn.did("booted");
}

function hearCommand(turn: Turn, command: Command) {
  if (turn.setup.behaviour === "deaf") return;
  const { action, id } = command;
  const { trust, awakeMs } = turn.state;
  const refusal = objection(turn.setup, trust, command, awakeMs);
  if (refusal) return turn.acknowledge(id, refusal.phase, refusal);
  if (action === "ping") return turn.acknowledge(id, "pong");
  turn.set({ trust: accept(trust, command) });
  if (action === "shutdown") takeShutdown(turn, command);
  else if (action === "abort") takeAbort(turn, command);
  else turn.acknowledge(id, action === "shed" ? "shed" : "restored");
}

function takeShutdown(turn: Turn, command: Command) {
  const { id } = command;
  const { work, trust, awakeMs } = turn.state;
  if (work?.id === id) return turn.acknowledge(id, work.phase);
  if (work && command.dry_run && !work.dryRun) {
    return turn.acknowledge(id, "refused", { reason: `a real shutdown (${work.id}) is under way` });
  }
  const dryRun = command.dry_run === true || turn.setup.dryRun;
  // Without the server's time the age of a command cannot be judged (S29).
  const clock = trust.power === null && { clock: "unknown" as const };
  turn.acknowledge(id, "received", { ...clock, ...(dryRun && { dry_run: true }) });
  if (work && work.phase !== "delay" && !work.dryRun) {
    // A shutdown is under way: the newer command takes it over, and no phase starts again.
    turn.set({ work: { ...work, id } });
    return turn.acknowledge(id, work.phase);
  }
  const endMs = awakeMs + command.delay_sec * 1000;
  const untilMs = work && !work.dryRun ? Math.min(work.untilMs, endMs) : endMs;
  enter(turn, { id, phase: "delay", untilMs, dryRun, deadMan: false });
}

function takeAbort(turn: Turn, { id }: Command) {
  if (turn.state.work?.phase === "shutting_down") {
    return turn.acknowledge(id, "too_late", { reason: "the operating system is going down already" });
  }
  callBack(turn, id);
  turn.acknowledge(id, "aborted");
}
