/** What of the policy is on disk, and what a start makes of the effects that an earlier process may not have carried out. */
import type { Effect } from "./effects.ts";
import type { PolicyState } from "./state.ts";

/** The state, and the boot its instants belong to. */
export interface Stored {
  version: 1;
  boot: string;
  state: PolicyState;
  /** Effects of the last step that may not have been carried out: run again after a restart (R5). */
  outbox: Effect[];
}

/** The stored text, or null when there is none or it cannot be read (then everything is history, S1). */
export function readStored(text: string | null): Stored | null {
  if (text === null) return null;
  try {
    const stored = JSON.parse(text) as Stored | null;
    return stored?.version === 1 ? stored : null;
  } catch {
    return null;
  }
}

/**
 * What an earlier process decided and perhaps did not do is done now, but for a command that the policy has dropped
 * since, or repeats by itself at this moment (`effects`).
 */
export function isCurrent(state: PolicyState, effects: readonly Effect[], undone: Effect): boolean {
  if (undone.kind !== "command") return true;
  const { machine, id } = undone;
  if (state.machines[machine]?.cmd?.id !== id) return false;
  return !effects.some((effect) => effect.kind === "command" && effect.machine === machine);
}
