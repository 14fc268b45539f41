/** What of an effect is compared with the policy of commit 25c7667: all of it, but for the intended differences. */
import type { Effect } from "../../src/core/policy/effects.ts";

/** Returns the part of an effect that has to be equal; null for an effect that is not compared. */
export function intended(effect: Effect): object | null {
  return effect;
}
