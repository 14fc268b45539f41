/** Whether a machine that is cut off has gone down by its own dead-man: it decides alone where it hears nothing on battery (S21, E23). */
import type { Instant } from "../../reading.ts";
import type { MachineState } from "../machine/state.ts";
import type { MachineRules } from "../rules.ts";
import { ownSec } from "../station/projection.ts";
import type { Transaction } from "../transaction.ts";

/** A live message of the agent: it missed nothing that still counts. */
export function heard(tx: Transaction, id: string): void {
  if (tx.machine(id).missedAt !== null) tx.setMachine(id, { missedAt: null });
}

/**
 * Called when this process is back at the broker: it was away since `from`, and no Last Will shows which agents were, too. One
 * whose dead-man was shorter than that may have gone down; the broker does not always know.
 */
export function markMissed(tx: Transaction, from: Instant): void {
  for (const machine of tx.state.machines) {
    const missedAt = missedSince(machine, from, tx.at);
    if (missedAt !== machine.missedAt) tx.setMachine(machine.id, { missedAt });
  }
}

/** Returns since when the machine may have missed our messages for as long as its dead-man, else what was known before. */
export function missedSince(machine: MachineState, from: Instant, at: Instant): Instant | null {
  const { lastOnBattery, lastDeadmanSec, presence, missedAt } = machine;
  if (presence.online !== true || lastOnBattery !== true || lastDeadmanSec === null) return missedAt ?? null;
  return missedAt ?? (at - from >= lastDeadmanSec * 1000 ? from : null);
}

/** Whether it knows of the battery and may hear nothing more: time alone may put it down. */
export const isCutOffOnBattery = ({ lastOnBattery, presence, missedAt }: MachineState): boolean =>
  lastOnBattery === true && (presence.online !== true || missedAt !== null);

/**
 * Whether its dead-man and its own time are over since it was cut off: the last `power` that reached it said on battery. What
 * the grid is now does not matter, because it heard nothing of that. An agent in dry run only rehearses it.
 */
export function isDownByDeadman(tx: Transaction, machine: MachineState, rules: MachineRules): boolean {
  const { lastOnBattery, lastDeadmanSec, presence, missedAt } = machine;
  const { connected, settledAt } = tx.state.broker;
  if (lastOnBattery !== true || lastDeadmanSec === null || !presence.armed) return false;
  if (!connected || tx.at < settledAt) return false;
  const since = presence.online === true ? missedAt : presence.since;
  return since !== null && tx.at - since >= (lastDeadmanSec + ownSec(rules)) * 1000;
}
