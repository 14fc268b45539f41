/** Reads the state that version 1 stored (commit 25c7667), so that an update in an outage continues it. */
import {
  type IssuedCommand,
  type MachineState,
  type Order,
  type Phase,
  type PhaseName,
  type Presence,
  type StopTimes,
  type Target,
  unheardMachine,
} from "./machine/state.ts";
import type { PolicyState } from "./state.ts";
import { type StationState, unheardStation } from "./station/state.ts";

interface CommandOne extends Omit<IssuedCommand, "ack" | "undoes" | "alarm" | "toAbsent"> {
  word: IssuedCommand["ack"];
  about: string | null;
  alarmed: boolean;
}

interface MachineOne {
  state: PhaseName | "waking";
  since: number;
  dueAt: number | null;
  clearAt: number | null;
  arms: Omit<MachineState["armed"][number], "armedAt" | "since" | "soc">[];
  want: Target | null;
  aborts: number;
  spent: boolean;
  seq: number;
  cmd: CommandOne | null;
  presence: Presence;
  told: boolean | null;
  list: boolean;
  unseenAlarm: boolean;
  stopping: MachineState["stopping"];
  stop: StopTimes | null;
}

/** A field that an older program of version 1 did not write yet is missing. */
type StationOne = Partial<Omit<StationState, "id">> & {
  answerAt?: number | null;
  awaySamples?: number;
  socBefore?: number | null;
};

export interface StateOne extends Omit<PolicyState, "version" | "stations" | "machines"> {
  version: 1;
  stations: Readonly<Record<string, StationOne>>;
  machines: Readonly<Record<string, MachineOne>>;
}

export function migrate({ stations, machines, ...rest }: StateOne): PolicyState {
  return {
    ...rest,
    version: 2,
    stations: Object.entries(stations).map(([id, station]) => stationOf(id, station)),
    machines: Object.entries(machines).map(([id, machine]) => machineOf(id, machine)),
  };
}

function stationOf(id: string, before: StationOne): StationState {
  const { answerAt: _, awaySamples = 0, socBefore: __, ...known } = before;
  const awayAt = awaySamples > 0 ? (known.lostAt ?? known.sampleAt ?? null) : null;
  return { ...unheardStation(id), ...known, awayAt, socMovedAt: known.socAt ?? null };
}

function machineOf(id: string, before: MachineOne): MachineState {
  return {
    ...unheardMachine(id),
    phase: phaseOf(before),
    armed: before.arms.map((arm) => ({ ...arm, armedAt: before.since, since: before.since, soc: null })),
    aborts: before.aborts,
    debounceSpent: before.spent,
    unseenAlarm: before.unseenAlarm,
    lateAlarm: before.state === "late",
    unknownAlarm: before.state === "unknown",
    seq: before.seq,
    presence: before.presence,
    lastOnBattery: before.told,
    onWakeList: before.list,
    stopping: before.stopping,
    stopTimes: before.stop,
  };
}

function phaseOf({ state, since, dueAt, clearAt, want, cmd }: MachineOne): Phase {
  const order = cmd === null ? null : orderOf(cmd, want);
  switch (state) {
    case "pending":
      return { is: "pending", since, order, dueAt: dueAt ?? since, clearAt };
    case "commanded":
    case "unknown":
      if (order === null || order.target === null) return { is: "watching", since, order };
      return commandedOr(state, since, { target: order.target, command: order.command });
    case "waking":
      return { is: "down", since, order };
    default:
      return { is: state, since, order };
  }
}

function commandedOr(
  state: "commanded" | "unknown",
  since: number,
  order: Order & { target: Target },
): Phase {
  return state === "commanded" ? { is: state, since, order } : { is: state, since, order, by: "command" };
}

function orderOf({ word, about, alarmed, ...command }: CommandOne, target: Target | null): Order {
  // What version 1 raised may be over: it did not remember that.
  const alarm = alarmed ? "over" : null;
  return { target, command: { ...command, ack: word, undoes: about, toAbsent: false, alarm } };
}
