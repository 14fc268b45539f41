/** What each machine was told of the grid, and which machines an outage will have put down (LIST, TOLD; R11, R26). */
import type { Draft } from "./draft.ts";
import { awayMs } from "./rule-presence.ts";
import type { MachineRules } from "./rules.ts";
import { isConfirmed } from "./sight.ts";
import type { MachineState } from "./state.ts";

/** True when fewer than minSupplies stations have a grid, null when that depends on unknown ones (R11). */
export function onBattery(draft: Draft, { stations, minSupplies }: MachineRules): boolean | null {
  let up = 0;
  let unknown = 0;
  for (const id of stations) {
    const sight = draft.sight(id);
    if (sight.notUp) continue;
    const station = draft.station(id);
    // In an outage the first sample of a return is not the word that disarms an agent.
    const sure = station.outage === null || isConfirmed(station, sight, draft.at, draft.rules.abortAfterSec);
    if (sight.up && sure) up += 1;
    else unknown += 1;
  }
  if (up >= minSupplies) return false;
  return up + unknown < minSupplies ? true : null;
}

export function remember(draft: Draft, id: string, rules: MachineRules): void {
  const machine = draft.machine(id);
  const { online } = machine.presence;
  const word = online === true && draft.state.broker.connected ? onBattery(draft, rules) : null;
  const told = word ?? machine.told;
  const list = onList(draft, machine, rules, told);
  if (told !== machine.told || list !== machine.list) draft.setMachine(id, { told, list });
}

/** On: an outage of its, and it was there. Off: seen live, watching and told of the mains, after it. */
function onList(draft: Draft, machine: MachineState, rules: MachineRules, told: boolean | null): boolean {
  const { online, since } = machine.presence;
  let outage = false;
  for (const id of rules.stations) {
    const { outageAt } = draft.station(id);
    if (outageAt === null) continue;
    outage = true;
    if (online === true || (online === false && since > outageAt - awayMs && !machine.list)) return true;
  }
  if (outage || online !== true || machine.state !== "watching" || told !== false) return machine.list;
  return false;
}
