/** The decision: one pure step from what is known to what is to be done. */

import type { Instant } from "../reading.ts";
import type { Effect, PlanWord, PowerWord } from "./effects.ts";
import type { PolicyInput } from "./inputs.ts";
import type { PolicyRules } from "./rules.ts";
import type { PolicyState } from "./state.ts";

export interface Step {
  /** The same object as before when nothing is to be stored. */
  state: PolicyState;
  /** To be carried out in order, after the state is stored (R5). */
  effects: Effect[];
}

/**
 * Applies one input. Never mutates its arguments; unchanged parts keep their identity.
 * The first input of a process is `start`, with `awayMs = at - state.now`; readings are passed in live only
 * (a retained one is display, S28); `epoch` inputs are those of others, never the echo of this process.
 */
export function step(_rules: PolicyRules, state: PolicyState, _input: PolicyInput): Step {
  return { state, effects: [] };
}

/** What is pending for a machine at `at`, with the arithmetic. An unknown machine is watching. */
export function planOf(_rules: PolicyRules, state: PolicyState, machine: string, _at: Instant): PlanWord {
  return {
    state: state.machines[machine]?.state ?? "watching",
    hold: null,
    reason: "",
    deadline_sec: null,
    causes: [],
  };
}

/** What the machine's agent needs to decide alone (R11, S21). */
export function powerOf(rules: PolicyRules, _state: PolicyState, _machine: string, _at: Instant): PowerWord {
  return { on_battery: null, soc: null, runtime_sec: null, deadman_sec: rules.deadmanSec };
}
