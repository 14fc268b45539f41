/** What a start makes of the stored state: it continues, or is history (S1). */
import { epochAfter } from "../command-order.ts";
import { type MachineState, unheardMachine } from "./machine/state.ts";
import { phaseAfterForgetting, phaseAfterResuming } from "./machine/transitions.ts";
import { missedSince } from "./presence/deadman.ts";
import { settleMs } from "./presence/presence.ts";
import type { PolicyState } from "./state.ts";
import { type LoadMemory, type StationState, unheardStation } from "./station/state.ts";
import type { Transaction } from "./transaction.ts";

/** A supervisor restarts a process within seconds: one that was away for longer was stopped by people, and its state is history. */
const longestAwayMs = 600_000;

export interface Start {
  boot: string;
  sameBoot: boolean;
  awayMs: number;
}

/** Takes the first input of a process. State of this boot and at most 600 s old continues; other state is history. */
export function takeStart(tx: Transaction, { boot, sameBoot, awayMs }: Start): void {
  const { state, at, rules } = tx;
  const isContinued = sameBoot && awayMs <= longestAwayMs;
  const stations = new Map(state.stations.map((station) => [station.id, station]));
  const machines = new Map(state.machines.map((machine) => [machine.id, machine]));
  const station = isContinued ? resumeStation : forgetStation;
  const machine = isContinued ? resumeMachine : forgetMachine;
  tx.set({
    boot,
    startedAt: at,
    // It rises with each start: agents refuse the commands of an earlier process.
    epoch: epochAfter(state.epoch),
    broker: { ...state.broker, settledAt: at + settleMs },
    unmapped: stillUnmapped(tx),
  });
  tx.replaceAll(
    Object.keys(rules.stations).map((id) => station(stations.get(id) ?? unheardStation(id), at)),
    Object.keys(rules.machines).map((id) => machine(machineOf(id, machines.get(id)), at, at - awayMs)),
  );
}

/** A field that an older version did not store is as at the first start. */
function machineOf(id: string, stored: MachineState | undefined): MachineState {
  if (stored?.agentAlarm !== undefined) return stored;
  return { ...unheardMachine(id), ...stored };
}

/** Returns the unknown stations that are still in no rule; the alarm about one that has been configured is over. */
function stillUnmapped(tx: Transaction): readonly string[] {
  const { unmapped } = tx.state;
  const isKnown = (id: string) => Object.hasOwn(tx.rules.stations, id);
  for (const station of unmapped.filter(isKnown)) tx.over("unmapped-station", { station, outage: null });
  return unmapped.some(isKnown) ? unmapped.filter((id) => !isKnown(id)) : unmapped;
}

/** Silent stations stay silent; the count of samples begins again, and nothing stored is acted on at once. */
function resumeStation(station: StationState, at: number): StationState {
  const resumedAt = station.sampleAt === null ? null : at;
  // A field that an older version did not store was not heard.
  // The mains may have gone again meanwhile: its return has to be confirmed by what is heard from here on (E5).
  const unconfirmed = { presentAt: null, presentSamples: 0 };
  return { ...unheardStation(station.id), ...station, ...unconfirmed, samples: null, resumedAt };
}

/** Keeps what is still worth knowing of a station: its load, its usual interval, and which alarms people were given. */
function forgetStation(station: StationState, at: number): StationState {
  const { id, load, gaps, gap, silence, graceAlarm, gridAlarm, chargeAlarm, output, faults } = station;
  const unheard = unheardStation(id, rebased(load, at));
  return {
    ...unheard,
    gaps,
    gap,
    silence: silence && { ...silence, open: true, liveAt: at },
    graceAlarm,
    gridAlarm,
    chargeAlarm,
    output: { ...unheard.output, alarm: output.alarm },
    faults: { ...unheard.faults, alarm: faults.alarm },
  };
}

/** Instants of another boot mean nothing here: the day begins again with the largest mean of the last one. */
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

function resumeMachine(stored: MachineState, at: number, from: number): MachineState {
  // A field that an older version did not store: its alarm stands while the machine is late.
  const machine = withNewFields(stored);
  const phase = phaseAfterResuming(machine.phase, at, machine.presence.ever);
  const missedAt = missedSince(machine, from, at);
  if (phase === machine.phase && missedAt === machine.missedAt && !machine.aside) return machine;
  return { ...machine, phase, missedAt, aside: false };
}

/** Adds the fields that an older version did not store: an alarm stands while its phase lasts. */
function withNewFields(stored: MachineState): MachineState {
  const { phase, lateAlarm, unknownAlarm } = stored;
  const isUnknown = phase.is === "unknown" && phase.by !== "dead-man";
  const added = { unknownAlarm: isUnknown, returns: 0, aside: false };
  const recent = unknownAlarm === undefined ? { ...stored, ...added } : stored;
  if (lateAlarm !== undefined) return recent;
  return { ...recent, lateAlarm: phase.is === "late", lastDeadmanSec: null, missedAt: null };
}

/** Keeps the seq, the wake list, the last `on_battery`, the measured stop times, and which alarm people were given. */
function forgetMachine(machine: MachineState, at: number): MachineState {
  const { id, seq, onWakeList, lastOnBattery, presence, stopTimes, agentAlarm } = machine;
  const { lastDeadmanSec = null } = machine;
  const unheard = unheardMachine(id);
  return {
    ...unheard,
    phase: phaseAfterForgetting(machine.phase, at),
    seq,
    onWakeList,
    lastOnBattery,
    lastDeadmanSec,
    stopTimes,
    agentAlarm,
    presence: { ...unheard.presence, ever: presence.ever, since: at },
  };
}

/** Whether anything goes on that a restart has to continue: a machine that is down or watched loses nothing by it. */
export function isBusy({ stations, machines }: PolicyState): boolean {
  if (stations.some(({ outage }) => outage !== null)) return true;
  return machines.some(({ phase }) => phase.is !== "watching" && phase.is !== "down");
}
