/** What an agent needs to decide alone (`power`): whether its machine is on battery, and its dead-man time. */
import type { PowerState } from "../effects.ts";
import { supplyLeft } from "../machine/supplies.ts";
import type { MachineRules, PolicyRules } from "../rules.ts";
import type { PolicyState } from "../state.ts";
import { isConfirmed } from "../station/assessment.ts";
import { ownSec } from "../station/projection.ts";
import type { StationState } from "../station/state.ts";
import { Transaction } from "../transaction.ts";

/** Returns what to publish as the machine's `power` at `at`. */
export function powerOf(rules: PolicyRules, state: PolicyState, id: string, at: number): PowerState {
  const machine = rules.machines[id];
  if (machine === undefined)
    return { on_battery: null, soc: null, runtime_sec: null, deadman_sec: rules.deadmanSec };
  const tx = new Transaction(rules, state, at, 0);
  const first = firstToFail(tx, machine);
  return {
    on_battery: onBattery(tx, machine),
    soc: first?.soc ?? null,
    runtime_sec: first?.runtime ?? null,
    deadman_sec: deadmanSec(tx, machine),
  };
}

/** Returns true when fewer than minSupplies stations have a grid, null when that depends on unknown ones. */
export function onBattery(tx: Transaction, { stations, minSupplies }: MachineRules): boolean | null {
  let up = 0;
  let unknown = 0;
  for (const id of stations) {
    const assessment = tx.assess(id);
    if (assessment.notUp) continue;
    const station = tx.station(id);
    // In an outage the first sample of a return must not disarm an agent.
    const sure = station.outage === null || isConfirmed(station, assessment, tx.at, tx.rules.abortAfterSec);
    if (assessment.up && sure) up += 1;
    else unknown += 1;
  }
  if (up >= minSupplies) return false;
  return up + unknown < minSupplies ? true : null;
}

/** The station that fails first: the least time left; without any, the first that is not up, else the lowest charge. */
function firstToFail(tx: Transaction, { stations }: MachineRules): StationState | null {
  const rank = (id: string) => {
    const { projection, notUp } = tx.assess(id);
    return [projection?.left ?? Number.POSITIVE_INFINITY, notUp ? 0 : 1, tx.station(id).soc ?? 101];
  };
  const [first] = [...stations].sort((a, b) => compare(rank(a), rank(b)));
  return first === undefined ? null : tx.station(first);
}

function compare(a: number[], b: number[]): number {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index < 0 ? 0 : (a[index] ?? 0) < (b[index] ?? 0) ? -1 : 1;
}

/** A single wrong sample must not make an agent go between two messages of ours. */
const leastDeadmanSec = 20;

/** Returns the time until the machine must begin at the pessimistic load, less 30 s, in 180 … 3600 s; below 180 only when less is left (S21). */
export function deadmanSec(tx: Transaction, machine: MachineRules): number {
  const left = supplyLeft(tx, machine);
  if (left === null) return tx.rules.deadmanSec;
  const until = Math.floor(left / 1000) - ownSec(machine);
  if (until >= 180) return Math.min(3600, Math.max(180, until - 30));
  return Math.max(leastDeadmanSec, until - 30);
}
