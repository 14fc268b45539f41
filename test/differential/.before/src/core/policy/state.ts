/** What the policy remembers: plain JSON, every instant a value of one boot's clock. Words that can be derived are never stored. */

import type { CarriedBy, GridBasis, GridVerdict, Instant } from "../reading.ts";
import type { MachineState as MachinePhase } from "./effects.ts";
import type { AckPhase, AgentStatus } from "./inputs.ts";

/** What was learned of a station's load, watts on the battery's side (S5). */
export interface LoadMemory {
  /** Load of the newest sample; null while none was ever seen. */
  last: number | null;
  /** Load smoothed over about a minute: the present load that thresholds are raised by (S8). */
  smooth: number | null;
  /** Begin of the ten minutes that are being averaged, their energy so far in watt milliseconds, and its time in ms. */
  tenAt: Instant;
  tenSum: number;
  tenMs: number;
  /** Largest ten-minute mean of each hour, newest first, at most 24; `hourAt` is the begin of the newest. */
  hourAt: Instant;
  hours: number[];
}

/** What a station said of its own AC output (S34). */
export interface OutputMemory {
  /** Its newest word that is believed; null until it said `true`. */
  on: boolean | null;
  /** Samples in a row that say off, against `on`. */
  offSamples: number;
  /** `output-off` stands. */
  alarm: boolean;
}

/** The faults a station tells (S34); each list sorted. */
export interface FaultMemory {
  /** As its newest word has them. */
  now: readonly string[];
  /** Those that stood when the mains last carried the load; null while that was not seen. */
  before: readonly string[] | null;
  /** The sets that were told in `outage`, or between two where that is null. */
  told: readonly string[];
  outage: string | null;
  /** `station-fault` stands. */
  alarm: boolean;
}

/** A station as the newest sample and the clock left it. */
export interface StationState {
  /** The verdict of the newest sample; `unknown` before the first. */
  verdict: GridVerdict;
  basis: GridBasis;
  carried: CarriedBy | null;
  /** The last verdict that was not `unknown` among live samples; null before the first: no ground for anything (S2). */
  last: "present" | "lost" | null;
  /** The reading's own count of samples, to tell a new one from a repeat; null right after a start. */
  samples: number | null;
  /** An answer that may come from a cache says `present`, against the newest sample (S7). */
  hinted: boolean;
  /** When the station made its newest sample; null before the first of this start or outage of ours (S1). */
  sampleAt: Instant | null;
  /** Spans between the last five samples in ms, and their median, the usual interval (S7); 0 while unknown. */
  gaps: number[];
  gap: number;
  local: boolean;
  /** Since when, and over how many samples without a silence between them, the grid is present. */
  presentAt: Instant | null;
  presentSamples: number;
  /** When an answer that may come from a cache said `present`; counts only once a live sample follows it (S7). */
  answerAt: Instant | null;
  /** Samples in a row that say the grid is not up or the battery discharges: an urgent command needs two (S8). */
  awaySamples: number;
  /** Percent; of the newest sample that told one and of the one before. */
  soc: number | null;
  socBefore: number | null;
  /** When `soc` was told. */
  socAt: Instant | null;
  /** Seconds, as the station tells it, and smoothed over at most 60 s (S9). */
  runtime: number | null;
  runtimeSmooth: number | null;
  charging: boolean | null;
  /** Usable capacity in Wh with the state of health worked in; null where unknown. */
  capacity: number | null;
  capacityBasis: "measured" | "model" | null;
  limit: number | null;
  rated: number | null;
  load: LoadMemory;
  /** Since when the station gains charge on balance (S9, panels); null while it does not. */
  gainAt: Instant | null;
  /** `<station>-<Unix seconds>`; null while there is no outage (R8). */
  outage: string | null;
  outageAt: Instant | null;
  /** Begin of the stretch on battery that is going on. */
  lostAt: Instant | null;
  /** Milliseconds of the stretches of this outage that are over. */
  onBattery: number;
  /** Start of ours after which no live sample came yet: what is stored is not acted on at once (S1). */
  resumedAt: Instant | null;
  /** The alarm of a silence, standing from the first alarm until the station was heard steadily again (S7). */
  silence: {
    kind: "blind-on-mains" | "blind-on-battery";
    count: number;
    open: boolean;
    liveAt: Instant;
  } | null;
  /** `no-reading-since-start` stands. */
  graceAlarm: boolean;
  output: OutputMemory;
  faults: FaultMemory;
}

/** A trigger that is armed for one station of a machine (S9). */
export interface Arm {
  station: string;
  /** `soc`: at the configured threshold, until the grid is confirmed. `raised`: at the threshold in force (S8). */
  kind: "soc" | "raised" | "runtime";
  /** Since when it would no longer arm; `raised` and `runtime` disarm after 60 s of that. */
  clearAt: Instant | null;
}

/** The command a machine is under. */
export interface CommandState {
  id: string;
  action: "shutdown" | "abort";
  seq: number;
  outage: string;
  station: string;
  reason: string;
  /** Seconds of delay at the first sending. */
  delay: number;
  firstAt: Instant;
  lastAt: Instant;
  tries: number;
  nextAt: Instant;
  /** The newest word of the agent on it; null before the first. */
  word: AckPhase | null;
  /** Id of the shutdown that an abort is to undo: its acknowledgements still count. */
  about: string | null;
  /** The last sending found no broker. */
  unsent: boolean;
  /** The next sending gets a new id and seq, because the agent failed with this one (R9). */
  renew: boolean;
  /** `no-acknowledgement` was raised for it. */
  alarmed: boolean;
}

/** What a machine's agent was heard to say. */
export interface Presence {
  /** A status or an acknowledgement was ever seen, also a retained one: this agent can answer (S30). */
  ever: boolean;
  /** By live words only; null while nobody heard it since the start. A retained `false` counts while this is null. */
  online: boolean | null;
  /** When it last changed between online and not. */
  since: Instant;
  boot: string | null;
  state: NonNullable<AgentStatus["state"]> | null;
  /** Id of the command it says it is working on. */
  command: string | null;
  /** False: its agent is in dry run, and nothing that it says it does puts it down. */
  armed: boolean;
  /** Id of the command that it said it only rehearses. */
  rehearsal: string | null;
}

export interface MachineState {
  state: MachinePhase;
  since: Instant;
  /** When a pending machine is commanded if it is still due. */
  dueAt: Instant | null;
  /** Since when a pending machine, in sight, has no cause any more. */
  clearAt: Instant | null;
  arms: Arm[];
  /** What it is to be while it is commanded. */
  want: "up" | "down" | null;
  /** Aborts in this outage; after two it completes (S11). */
  aborts: number;
  /** The debounce was spent in this outage: after an abort it is not spent again (S11), after a reboot it is (S29). */
  spent: boolean;
  /** Rises with each new command, never reset (R7). */
  seq: number;
  cmd: CommandState | null;
  presence: Presence;
  /** The last `on_battery` it got live that was not null; survives every start (R11). */
  told: boolean | null;
  /** On the wake list (R26). */
  list: boolean;
  /** `never-seen` was raised in this outage. */
  unseenAlarm: boolean;
  /** The command by which it goes down, and when the delay of that was over; null where that was not seen. */
  stopping: { command: string; from: Instant } | null;
  /** How long it took to stop, measured, seconds; null before the first time. Survives every start. */
  stop: StopTimes | null;
}

/** From the end of the delay to absent (R14), whole seconds. */
export interface StopTimes {
  last: number;
  longest: number;
}

export interface PolicyState {
  version: 1;
  /** The boot whose clock the instants belong to; null before the first start. */
  boot: string | null;
  /** The newest instant worth remembering: of the last change, and at most 30 s old in an outage. `at - now` is how long the process was away. */
  now: Instant;
  startedAt: Instant;
  epoch: number;
  /** `settledAt`: no absence counts before it (bus rule 15). */
  broker: { connected: boolean; settledAt: Instant };
  stations: Readonly<Record<string, StationState>>;
  machines: Readonly<Record<string, MachineState>>;
  /** Ids of stations that were heard and are in no rule: told once. */
  unmapped: readonly string[];
}

/** A station nobody has heard. */
export function unheardStation(load: LoadMemory = emptyLoad): StationState {
  return {
    verdict: "unknown",
    basis: "none",
    carried: null,
    last: null,
    samples: null,
    hinted: false,
    sampleAt: null,
    gaps: [],
    gap: 0,
    local: false,
    presentAt: null,
    presentSamples: 0,
    answerAt: null,
    awaySamples: 0,
    soc: null,
    socBefore: null,
    socAt: null,
    runtime: null,
    runtimeSmooth: null,
    charging: null,
    capacity: null,
    capacityBasis: null,
    limit: null,
    rated: null,
    load,
    gainAt: null,
    outage: null,
    outageAt: null,
    lostAt: null,
    onBattery: 0,
    resumedAt: null,
    silence: null,
    graceAlarm: false,
    output: unheardOutput,
    faults: unheardFaults,
  };
}

const unheardOutput: OutputMemory = { on: null, offSamples: 0, alarm: false };
const unheardFaults: FaultMemory = { now: [], before: null, told: [], outage: null, alarm: false };

const emptyLoad: LoadMemory = {
  last: null,
  smooth: null,
  tenAt: 0,
  tenSum: 0,
  tenMs: 0,
  hourAt: 0,
  hours: [],
};

/** A machine nobody has heard. */
export function unheardMachine(): MachineState {
  return {
    state: "watching",
    since: 0,
    dueAt: null,
    clearAt: null,
    arms: [],
    want: null,
    aborts: 0,
    spent: false,
    seq: 0,
    cmd: null,
    presence: {
      ever: false,
      online: null,
      since: 0,
      boot: null,
      state: null,
      command: null,
      armed: true,
      rehearsal: null,
    },
    told: null,
    list: false,
    unseenAlarm: false,
    stopping: null,
    stop: null,
  };
}
