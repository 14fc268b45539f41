/** Remembers the last grid state that reached each agent, and which machines to wake after an outage. */
import type { MachineState } from "../machine/state.ts";
import type { MachineRules } from "../rules.ts";
import type { Transaction } from "../transaction.ts";
import { onBattery } from "./power.ts";
import { goneBeforeMs } from "./presence.ts";

export function remember(tx: Transaction, id: string, rules: MachineRules): void {
  const machine = tx.machine(id);
  const isReached = machine.presence.online === true && tx.state.broker.connected;
  const lastOnBattery = (isReached ? onBattery(tx, rules) : null) ?? machine.lastOnBattery;
  const onWakeList = isOnWakeList(tx, machine, rules, lastOnBattery);
  if (lastOnBattery !== machine.lastOnBattery || onWakeList !== machine.onWakeList)
    tx.setMachine(id, { lastOnBattery, onWakeList });
}

/** On: one of its stations has an outage, and it was there. Off: it is live and watching after the outage, and knows of the mains. */
function isOnWakeList(
  tx: Transaction,
  machine: MachineState,
  { stations }: MachineRules,
  lastOnBattery: boolean | null,
): boolean {
  const { online, since } = machine.presence;
  let outage = false;
  for (const id of stations) {
    const { outageAt } = tx.station(id);
    if (outageAt === null) continue;
    outage = true;
    if (online === true) return true;
    if (online === false && since > outageAt - goneBeforeMs && !machine.onWakeList) return true;
  }
  const isBack = !outage && online === true && machine.phase.is === "watching" && lastOnBattery === false;
  return isBack ? false : machine.onWakeList;
}
