/** The decision: one pure step from what is known to what is to be done. */
import { epochAfter, isLeaseEpoch } from "../command-order.ts";
import { takeAck } from "./command/acknowledgement.ts";
import type { Effect } from "./effects.ts";
import type { PolicyInput } from "./inputs.ts";
import { endAlarms } from "./machine/alarms.ts";
import { isIdle } from "./machine/guards.ts";
import { markAck, markStatus } from "./machine/stop-time.ts";
import { look } from "./machine/transitions.ts";
import { takeAside } from "./presence/aside.ts";
import { takeUntrusted, watchAgent } from "./presence/missing.ts";
import { takeBroker, takePause, takePresence } from "./presence/status.ts";
import { remember } from "./presence/wake-list.ts";
import type { PolicyRules } from "./rules.ts";
import { isBusy, takeStart } from "./start.ts";
import type { PolicyState } from "./state.ts";
import { takeReading } from "./station/sample.ts";
import { isQuiet, watchStation } from "./station/watch.ts";
import { Transaction } from "./transaction.ts";

export interface Step {
  /** The same object as before when nothing is to be stored. */
  state: PolicyState;
  /** To be carried out in order, after the state is stored. */
  effects: Effect[];
}

/** In an outage the state is written at least this often: a restart must be able to tell how long it was away (S1). */
const aliveMs = 30_000;

/**
 * Applies one input. Never mutates its arguments; unchanged parts keep their identity. An input costs what it concerns: a
 * reading its station, the machines on it and their other stations, an agent's message its machine, a tick what time can change.
 * The first input of a process is `start`; readings are passed in live only; `epoch` inputs are those of others, never the
 * echo of this process.
 */
export function step(rules: PolicyRules, state: PolicyState, input: PolicyInput): Step {
  const tx = new Transaction(rules, state, input.at, input.wall);
  take(tx, input);
  const { stations, machines } = concerned(tx, input);
  for (const id of stations) watchStation(tx, id);
  for (const id of machines) {
    const machine = rules.machines[id];
    if (machine === undefined) continue;
    watchAgent(tx, id);
    look(tx, id, machine);
    remember(tx, id, machine);
    const before = state.machines[tx.site.machineAt.get(id) ?? -1];
    if (before?.id === id) endAlarms(tx, before);
  }
  const isDue = input.kind === "tick" && input.at - state.now >= aliveMs && isBusy(state);
  if (tx.changed || isDue) tx.set({ now: input.at });
  return { state: tx.state, effects: tx.effects };
}

function take(tx: Transaction, input: PolicyInput) {
  switch (input.kind) {
    case "tick":
      return;
    case "start":
      return takeStart(tx, input);
    case "reading":
      return takeReading(tx, input.station, input.reading);
    case "presence":
      takePresence(tx, input.machine, input.status, input.live);
      return markStatus(tx, input.machine, input.status, input.live);
    case "ack":
      takeAck(tx, input.machine, input.ack);
      return markAck(tx, input.machine, input.ack);
    case "paused":
      return takePause(tx, input.ms);
    case "untrusted":
      return takeUntrusted(tx, input.machine, input.signature);
    case "broker":
      return takeBroker(tx, input.connected);
    case "aside":
      return takeAside(tx, input.machines);
    case "epoch":
      // Ours must be the highest, else agents refuse our commands as older.
      if (input.epoch >= tx.state.epoch && isLeaseEpoch(input.epoch))
        tx.set({ epoch: epochAfter(input.epoch) });
  }
}

interface Concerned {
  stations: Iterable<string>;
  machines: Iterable<string>;
}

function concerned(tx: Transaction, input: PolicyInput): Concerned {
  const { site } = tx;
  switch (input.kind) {
    case "reading":
      return {
        stations: site.around.get(input.station) ?? [],
        machines: site.machines.get(input.station) ?? [],
      };
    case "presence":
    case "ack":
    case "untrusted":
      return {
        stations: tx.rules.machines[input.machine]?.stations ?? [],
        machines: site.machineAt.has(input.machine) ? [input.machine] : [],
      };
    case "epoch":
      return { stations: [], machines: [] };
    case "start":
    case "paused":
    case "broker":
    case "aside":
      return { stations: site.stationAt.keys(), machines: site.machineAt.keys() };
    case "tick":
      return restless(tx);
  }
}

/** Returns what time alone can change: all but stations at rest, and the machines on them that nothing is asked of. */
function restless(tx: Transaction): Concerned {
  const stations: string[] = [];
  const machines = new Set<string>();
  for (const { id } of tx.state.stations) {
    if (isQuiet(tx, id)) continue;
    stations.push(id);
    for (const machine of tx.site.machines.get(id) ?? []) machines.add(machine);
  }
  for (const { id } of tx.state.machines) {
    const rules = tx.rules.machines[id];
    if (rules !== undefined && !isIdle(tx, id, rules)) machines.add(id);
  }
  // In the order of the rules, so that effects have one order.
  const ordered = tx.state.machines.flatMap(({ id }) => (machines.has(id) ? [id] : []));
  return { stations, machines: ordered };
}
