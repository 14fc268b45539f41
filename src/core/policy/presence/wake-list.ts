/** Remembers the last grid state and dead-man that reached each agent, and which machines to wake after an outage. */
import type { MachineState } from "../machine/state.ts";
import type { MachineRules } from "../rules.ts";
import type { Transaction } from "../transaction.ts";
import { deadmanSec, onBattery } from "./power.ts";
import { goneBeforeMs } from "./presence.ts";

export function remember(tx: Transaction, id: string, rules: MachineRules): void {
  const machine = tx.machine(id);
  const { presence, missedAt, aside } = machine;
  const isReached = presence.online === true && missedAt === null && tx.state.broker.connected && !aside;
  const sent = isReached ? onBattery(tx, rules) : null;
  const lastOnBattery = sent ?? machine.lastOnBattery;
  const lastDeadmanSec =
    sent === null ? machine.lastDeadmanSec : sent ? roundedUp(deadmanSec(tx, rules)) : null;
  const onWakeList = isOnWakeList(tx, machine, rules, lastOnBattery);
  const isSame =
    lastOnBattery === machine.lastOnBattery &&
    lastDeadmanSec === machine.lastDeadmanSec &&
    onWakeList === machine.onWakeList;
  if (!isSame) tx.setMachine(id, { lastOnBattery, lastDeadmanSec, onWakeList });
}

/** In steps, so that a dead-man that shrinks each second is not written each second; up, so that none is assumed too early. */
const roundedUp = (sec: number): number => Math.ceil(sec / 15) * 15;

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
