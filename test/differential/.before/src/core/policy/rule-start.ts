/** What a start makes of the stored state: it goes on, or is history (rows 22, 23; S1, R7). */
import type { Draft } from "./draft.ts";
import { settleMs } from "./rule-presence.ts";
import type { LoadMemory, MachineState, PolicyState, StationState } from "./state.ts";
import { unheardMachine, unheardStation } from "./state.ts";

/** A process that was away for longer was stopped by people: what it knew is history (S1). */
const longestAwayMs = 600_000;

export interface Start {
  boot: string;
  sameBoot: boolean;
  awayMs: number;
}

export function takeStart(draft: Draft, { boot, sameBoot, awayMs }: Start): void {
  const { state, at, rules } = draft;
  const goesOn = sameBoot && awayMs <= longestAwayMs;
  const station = goesOn ? resumeStation : forgetStation;
  const machine = goesOn ? resumeMachine : forgetMachine;
  draft.set({
    boot,
    startedAt: at,
    // It rises with each start of an active orchestrator (R7).
    epoch: state.epoch + 1,
    broker: { ...state.broker, settledAt: at + settleMs },
    stations: mapRules(rules.stations, (id) => station(state.stations[id] ?? unheardStation(), at)),
    machines: mapRules(rules.machines, (id) => machine(state.machines[id] ?? unheardMachine(), at)),
  });
}

function mapRules<T>(rules: Readonly<Record<string, unknown>>, make: (id: string) => T): Record<string, T> {
  return Object.fromEntries(Object.keys(rules).map((id) => [id, make(id)]));
}

/**
 * Silent stations stay so; the count of samples begins anew, and nothing stored is acted on at once. What an older
 * version did not write down was not heard.
 */
function resumeStation(station: StationState, at: number): StationState {
  const resumedAt = station.sampleAt === null ? null : at;
  return { ...unheardStation(), ...station, samples: null, resumedAt, graceAlarm: false };
}

/** Nothing is judged from it; what it draws at most is still worth knowing. */
function forgetStation(station: StationState, at: number): StationState {
  const { gaps, gap } = station;
  return { ...unheardStation(rebased(station.load, at)), gaps, gap };
}

/** The instants of another boot mean nothing here: the day begins anew with the largest mean of the last one. */
function rebased({ last, hours }: LoadMemory, at: number): LoadMemory {
  const peak = Math.max(0, ...hours, last ?? 0);
  return {
    last: null,
    smooth: null,
    tenAt: at,
    tenSum: 0,
    tenMs: 0,
    hourAt: at,
    hours: peak > 0 ? [peak] : [],
  };
}

/** A command without a word goes out again at once, but not to an agent that would begin anew each time (S30). */
function resumeMachine(machine: MachineState, at: number): MachineState {
  const { cmd, presence } = machine;
  if (machine.state !== "commanded" || cmd === null || cmd.word !== null || !presence.ever) return machine;
  return { ...machine, cmd: { ...cmd, nextAt: at } };
}

/** Row 23: nothing is sent; seq, the wake list and the last word told are kept. */
function forgetMachine(machine: MachineState, at: number): MachineState {
  const { seq, list, told, presence, stop } = machine;
  const quiet = machine.state === "watching" || machine.state === "pending" || machine.state === "commanded";
  return {
    ...unheardMachine(),
    state: quiet ? "watching" : "down",
    since: at,
    seq,
    list,
    told,
    stop,
    presence: { ...unheardMachine().presence, ever: presence.ever, since: at },
  };
}

/** True while anything is going on that a restart has to go on with: what is down or watched loses nothing. */
export function isBusy({ stations, machines }: PolicyState): boolean {
  for (const id in stations) if (stations[id]?.outage !== null) return true;
  for (const id in machines) {
    const state = machines[id]?.state;
    if (state !== "watching" && state !== "down") return true;
  }
  return false;
}
