/** Whether a machine counts as absent, and whether it was before an outage. */
import type { MachineState, Presence } from "../machine/state.ts";
import type { MachineRules } from "../rules.ts";
import type { Transaction } from "../transaction.ts";

/** A machine that was gone this long before the outage is not commanded until it appears (S24). */
export const goneBeforeMs = 300_000;
/** After a (re)connect or a start no absence counts for this time: agents need it to reconnect. */
export const settleMs = 10_000;

/** Whether the agent is offline by its own message or its Last Will, while this process is connected and could have heard of a return. */
export function isAbsent(tx: Transaction, presence: Presence): boolean {
  const { connected, settledAt } = tx.state.broker;
  return presence.online === false && connected && tx.at >= settledAt;
}

/** Whether the machine was offline well before the outage began: it gets no command. */
export function wasGoneBeforeOutage(
  tx: Transaction,
  { presence }: MachineState,
  { stations }: MachineRules,
): boolean {
  if (presence.online !== false) return false;
  const began = Math.min(...stations.map((id) => tx.station(id).outageAt ?? Number.POSITIVE_INFINITY));
  return began - presence.since >= goneBeforeMs && began !== Number.POSITIVE_INFINITY;
}
