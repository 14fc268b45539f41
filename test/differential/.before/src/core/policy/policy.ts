/** The decision: one pure step from what is known to what is to be done. */
import type { Instant } from "../reading.ts";
import { Draft } from "./draft.ts";
import type { Effect, PlanWord, PowerWord } from "./effects.ts";
import { causesText, planCauses, seconds } from "./explain.ts";
import type { PolicyInput } from "./inputs.ts";
import { ownSec } from "./project.ts";
import { takeAck } from "./rule-ack.ts";
import { judge, supplyLeft } from "./rule-causes.ts";
import { decide } from "./rule-machine.ts";
import { takeBroker, takePresence } from "./rule-presence.ts";
import { takeReading } from "./rule-reading.ts";
import { isBusy, takeStart } from "./rule-start.ts";
import { watchStation } from "./rule-station.ts";
import { markAck, markStatus } from "./rule-stop.ts";
import { onBattery, remember } from "./rule-told.ts";
import type { MachineRules, PolicyRules } from "./rules.ts";
import { type PolicyState, unheardMachine, unheardStation } from "./state.ts";

/** So many starts no orchestrator has had. */
const mostEpochs = 100_000_000;

export interface Step {
  /** The same object as before when nothing is to be stored. */
  state: PolicyState;
  /** To be carried out in order, after the state is stored (R5). */
  effects: Effect[];
}

/** In an outage the state is written at least so often: a restart must be able to tell how long it was away (S1). */
const aliveMs = 30_000;

/** The state of a site that has never run. The first input must be `start`. */
export function initialState(rules: PolicyRules): PolicyState {
  const stations = Object.keys(rules.stations).map((id) => [id, unheardStation()] as const);
  const machines = Object.keys(rules.machines).map((id) => [id, unheardMachine()] as const);
  return {
    version: 1,
    boot: null,
    now: 0,
    startedAt: 0,
    epoch: 0,
    broker: { connected: true, settledAt: 0 },
    stations: Object.fromEntries(stations),
    machines: Object.fromEntries(machines),
    unmapped: [],
  };
}

/**
 * Applies one input. Never mutates its arguments; unchanged parts keep their identity.
 * The first input of a process is `start`; readings are passed in live only (a retained one is display, S28);
 * `epoch` inputs are those of others, never the echo of this process.
 */
export function step(rules: PolicyRules, state: PolicyState, input: PolicyInput): Step {
  const draft = new Draft(rules, state, input.at, input.wall);
  take(draft, input);
  for (const id in rules.stations) watchStation(draft, id);
  for (const id in rules.machines) {
    const machine = rules.machines[id];
    if (machine === undefined) continue;
    decide(draft, id, machine);
    remember(draft, id, machine);
  }
  if (draft.changed || (input.at - state.now >= aliveMs && isBusy(state))) draft.set({ now: input.at });
  return { state: draft.state, effects: draft.effects };
}

function take(draft: Draft, input: PolicyInput) {
  switch (input.kind) {
    case "tick":
      return;
    case "start":
      return takeStart(draft, input);
    case "reading":
      return takeReading(draft, input.station, input.reading);
    case "presence":
      takePresence(draft, input.machine, input.status, input.live);
      return markStatus(draft, input.machine, input.status, input.live);
    case "ack":
      takeAck(draft, input.machine, input.ack);
      return markAck(draft, input.machine, input.ack);
    case "broker":
      return takeBroker(draft, input.connected);
    case "epoch":
      // Another's epoch as high as ours: ours goes past it, else agents refuse us as older (R7).
      // One that no number of starts explains is not believed.
      if (input.epoch >= draft.state.epoch && input.epoch <= mostEpochs)
        draft.set({ epoch: input.epoch + 1 });
  }
}

/** What is pending for a machine at `at`, with the arithmetic. A machine of no rule is watching. */
export function planOf(rules: PolicyRules, state: PolicyState, id: string, at: Instant): PlanWord {
  const draft = new Draft(rules, state, at, 0);
  const machine = draft.machine(id);
  const machineRules = rules.machines[id];
  if (machineRules === undefined)
    return {
      state: machine.state,
      hold: null,
      reason: `${id} is in no rule`,
      deadline_sec: null,
      causes: [],
    };
  const { causes } = judge(draft, machine, machineRules);
  return {
    state: machine.state,
    hold: machine.presence.armed === false ? { kind: "dry_run", until: null } : null,
    reason: reasonOf(
      draft,
      id,
      machineRules,
      causes.length > 0 ? causesText(draft, machineRules, causes) : null,
    ),
    deadline_sec: deadlineSec(draft, id),
    causes: planCauses(draft, machineRules, causes),
    ...(machine.stop && { stop_measured_sec: machine.stop.last, stop_longest_sec: machine.stop.longest }),
  };
}

function reasonOf(draft: Draft, id: string, rules: MachineRules, causes: string | null): string {
  const { state, cmd, since, dueAt } = draft.machine(id);
  switch (state) {
    case "watching":
      return causes ?? "nothing to do";
    case "pending":
      return causes === null
        ? "waits whether the grid stays"
        : `${causes}; goes in ${seconds((dueAt ?? draft.at) - draft.at)}`;
    case "commanded":
      return `told "${cmd?.action}" ${seconds(draft.at - (cmd?.firstAt ?? since))} ago, ${cmd?.word ?? "no word yet"}: ${cmd?.reason}`;
    case "going_down":
    case "late":
      return `goes down since ${seconds(draft.at - since)} (stopSec ${rules.stopSec} s)`;
    case "unknown":
      return "told to go down, absent, never acknowledged";
    case "down":
    case "waking":
      return `down since ${seconds(draft.at - since)}`;
  }
}

/** Seconds until a pending machine is commanded, or a commanded one's delay is over. */
function deadlineSec(draft: Draft, id: string): number | null {
  const { state, dueAt, cmd, want } = draft.machine(id);
  if (state === "pending" && dueAt !== null) return Math.max(0, Math.ceil((dueAt - draft.at) / 1000));
  if (state !== "commanded" || cmd === null || want !== "down") return null;
  return Math.max(0, Math.ceil(cmd.delay - (draft.at - cmd.firstAt) / 1000));
}

/** What the machine's agent needs to decide alone (R11, S21). */
export function powerOf(rules: PolicyRules, state: PolicyState, id: string, at: Instant): PowerWord {
  const draft = new Draft(rules, state, at, 0);
  const machine = rules.machines[id];
  if (machine === undefined)
    return { on_battery: null, soc: null, runtime_sec: null, deadman_sec: rules.deadmanSec };
  const first = firstToFail(draft, machine);
  return {
    on_battery: onBattery(draft, machine),
    soc: first?.soc ?? null,
    runtime_sec: first?.runtime ?? null,
    deadman_sec: deadmanSec(draft, machine),
  };
}

/** The station that fails first: the least time left; without any, the first that is not up, else the lowest charge. */
function firstToFail(draft: Draft, { stations }: MachineRules) {
  const rank = (id: string) => {
    const { left, notUp } = draft.sight(id);
    return [left?.left ?? Number.POSITIVE_INFINITY, notUp ? 0 : 1, draft.station(id).soc ?? 101];
  };
  const sorted = [...stations].sort((a, b) => compare(rank(a), rank(b)));
  return sorted[0] === undefined ? null : draft.station(sorted[0]);
}

function compare(a: number[], b: number[]): number {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index < 0 ? 0 : (a[index] ?? 0) < (b[index] ?? 0) ? -1 : 1;
}

/** A single wrong sample must not make an agent go in the pause between two words of ours. */
const leastDeadmanSec = 20;

/** Time until it must begin at the worst load, less 30 s, in 180 … 3600 s, less than 180 only when the time left is less. */
function deadmanSec(draft: Draft, machine: MachineRules): number {
  const left = supplyLeft(draft, machine);
  if (left === null) return draft.rules.deadmanSec;
  const until = Math.floor(left / 1000) - ownSec(machine);
  if (until >= 180) return Math.min(3600, Math.max(180, until - 30));
  return Math.max(leastDeadmanSec, until - 30);
}
