/** Takes which machines another server commands: this one keeps out of their life until it leads again (S26, E24). */
import { yieldPhase } from "../machine/transitions.ts";
import type { Transaction } from "../transaction.ts";
import { endAgentAlarm } from "./missing.ts";

/** Takes the machines that another server commands now. One that this server leads again is judged in the same step. */
export function takeAside(tx: Transaction, machines: readonly string[]): void {
  const others = new Set(machines);
  for (const { id, aside } of tx.state.machines) {
    if (others.has(id) === aside) continue;
    if (aside) tx.setMachine(id, { aside: false });
    else yieldMachine(tx, id);
  }
}

/** Forgets what this server decided of the machine, and ends its alarms; what its agent reports is followed on. */
function yieldMachine(tx: Transaction, id: string) {
  endAgentAlarm(tx, id);
  yieldPhase(tx, id);
  tx.setMachine(id, {
    aside: true,
    aborts: 0,
    debounceSpent: false,
    unseenAlarm: false,
    lateAlarm: false,
    returns: 0,
    // The other server's `power` reaches the agent: what this one sent last is not what the agent knows.
    lastOnBattery: null,
    lastDeadmanSec: null,
    missedAt: null,
  });
}
