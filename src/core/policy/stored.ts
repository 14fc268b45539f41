/** What of the policy is on disk, and what a start makes of the effects that an earlier process may not have carried out. */
import { fileBounds, jsonOrNull } from "../bounded-json.ts";
import type { Effect } from "./effects.ts";
import { commandOf } from "./machine/state.ts";
import { migrate, type StateOne } from "./migrate.ts";
import type { PolicyState } from "./state.ts";

/** The state, and the boot that its instants belong to. */
export interface Stored {
  version: 2;
  boot: string;
  state: PolicyState;
  /** Effects of the last step that may not have been carried out: they are carried out after a restart. */
  outbox: Effect[];
}

type StoredOne = Omit<Stored, "version" | "state"> & { version: 1; state: StateOne };

/** Returns what the text holds, that of version 1 migrated; null when there is none or it cannot be read: then all is history (S1). */
export function readStored(text: string | null): Stored | null {
  if (text === null) return null;
  try {
    const stored = jsonOrNull(text, fileBounds) as Stored | StoredOne | null;
    if (stored?.version === 1) return { ...stored, version: 2, ...migrated(stored) };
    return stored?.version === 2 && Array.isArray(stored.state?.machines) ? stored : null;
  } catch {
    return null;
  }
}

/** Events that version 1 stored are sentences without parameters: they cannot be rendered, and are dropped. */
function migrated({ state, outbox }: StoredOne): Pick<Stored, "state" | "outbox"> {
  const current = (outbox ?? []).filter((effect) => effect.kind === "command" || "params" in effect);
  return { state: migrate(state), outbox: current };
}

/**
 * Whether an effect that an earlier process decided is still to be carried out: not a command that the policy has dropped
 * since, or that it repeats itself at this moment (`effects`).
 */
export function isCurrent(state: PolicyState, effects: readonly Effect[], undone: Effect): boolean {
  if (undone.kind !== "command") return true;
  const machine = state.machines.find(({ id }) => id === undone.machine);
  if (machine === undefined || commandOf(machine)?.id !== undone.id) return false;
  return !effects.some((effect) => effect.kind === "command" && effect.machine === undone.machine);
}
