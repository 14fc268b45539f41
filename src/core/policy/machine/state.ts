/** What the policy remembers of a machine: plain JSON. Its phase is a union, so that no phase has fields that it does not use. */
import type { AckPhase } from "../../ack.ts";
import type { Instant } from "../../reading.ts";
import type { AgentStatus } from "../inputs.ts";

export type CommandAction = "shutdown" | "abort";

/** A command that was given to a machine. */
export interface IssuedCommand {
  id: string;
  action: CommandAction;
  /** Its place in the order of the machine's commands. */
  seq: number;
  /** The outage and the station of its first cause. */
  outage: string;
  station: string;
  /** One sentence with the arithmetic. */
  reason: string;
  /** Seconds of delay at the first sending. */
  delay: number;
  firstAt: Instant;
  lastAt: Instant;
  /** How often it was sent. */
  tries: number;
  nextAt: Instant;
  /** When it was asked again after an acknowledgement; left out before. */
  askedAt?: Instant;
  /** The agent's newest acknowledgement of it; null before the first, and after one that asks for a repeat. */
  ack: AckPhase | null;
  /** Id of the shutdown that an abort is to undo: its acknowledgements still count. */
  undoes: string | null;
  /** At the last sending the broker was away. */
  unsent: boolean;
  /** The next sending gets a new id and seq, because the agent failed with this one. */
  renew: boolean;
  /** Its machine was believed off when it was issued: it is sent all the same, and nobody has to answer. */
  toAbsent: boolean;
  /** Its alarm `no-acknowledgement`: raised once a command; null before. */
  alarm: "active" | "over" | null;
}

/** What a machine is to be: `up` after an abort, `down` after a shutdown; null once that is settled. */
export type Target = "up" | "down";

/** The newest command of this outage and what it is to bring about. */
export interface Order {
  target: Target | null;
  command: IssuedCommand;
}

interface InPhase<P> {
  is: P;
  /** When this phase began. */
  since: Instant;
  /** The newest command of this outage; null before the first. */
  order: Order | null;
}

/** Nothing is asked of it. */
export type Watching = InPhase<"watching">;

/** It is to go at `dueAt`, unless the grid returns. */
export interface Pending extends InPhase<"pending"> {
  dueAt: Instant;
  /** Since when no cause is left although its stations are heard; null while there is one. */
  clearAt: Instant | null;
}

/** A command is out and not yet settled. */
export interface Commanded extends InPhase<"commanded"> {
  order: Order & { target: Target };
}

/** It has started its own shutdown: no abort reaches it. Or it is absent since it acknowledged its command. */
export interface GoingDown extends InPhase<"going_down"> {
  /** It did not report its shutdown, it is only absent; left out otherwise. */
  left?: true;
}
/** It reported its shutdown and is still there after 1.5 × stopSec. */
export type Late = InPhase<"late">;
/** It reported its shutdown, and is absent. */
export type Down = InPhase<"down">;

/** Its time is up without a word: it was commanded and never acknowledged, or its dead-man is assumed to have put it down. */
export interface Unknown extends InPhase<"unknown"> {
  /** Null for a dead-man without a command that is still open. */
  order: (Order & { target: Target }) | null;
  by: "command" | "dead-man";
}

export type Phase = Watching | Pending | Commanded | GoingDown | Late | Down | Unknown;
export type PhaseName = Phase["is"];
export type PhaseOf<P extends PhaseName> = Extract<Phase, { is: P }>;

/** A trigger that is armed for one station of a machine: noise at a threshold resets nothing. */
export interface ArmedTrigger {
  station: string;
  /** `soc`: at the configured threshold, until the grid is confirmed. `raised`: at the raised threshold. */
  kind: "soc" | "raised" | "runtime";
  /** When it was armed, and since when the samples that armed it met the threshold. */
  armedAt: Instant;
  since: Instant;
  /** The charge that armed it, percent; null for a runtime. */
  soc: number | null;
  /** Since when it would not arm any more; `raised` and `runtime` disarm 60 s later. */
  clearAt: Instant | null;
}

/** What is known of a machine's agent. */
export interface Presence {
  /** A status or an acknowledgement was ever seen, also a retained one: this agent can answer. */
  ever: boolean;
  /** By live messages only; null until the first since the start. A retained `false` counts while this is null. */
  online: boolean | null;
  /** When `online` last changed. */
  since: Instant;
  boot: string | null;
  state: NonNullable<AgentStatus["state"]> | null;
  /** Id of the command that the agent works on. */
  command: string | null;
  /** False: the agent is in dry run, and nothing that it reports shuts its machine down. */
  armed: boolean;
  /** Id of the command that the agent only rehearses. */
  rehearsal: string | null;
}

/** Measured time from the end of the delay to absent, whole seconds. */
export interface StopTimes {
  last: number;
  longest: number;
}

export interface MachineState {
  id: string;
  phase: Phase;
  /** Another server commands it: nothing is sent to it or reported of it. Every start forgets that. */
  aside: boolean;
  armed: ArmedTrigger[];
  /** Aborts in this outage; after two the machine completes its shutdown. */
  aborts: number;
  /** The debounce was spent in this outage: it is not spent again after an abort, but it is after a reboot. */
  debounceSpent: boolean;
  /** The alarm `never-seen` was raised in this outage. */
  unseenAlarm: boolean;
  /** The alarm `late` is active: the machine said that it goes down, and is still up. */
  lateAlarm: boolean;
  /** The alarm `machine-unknown` is active: the machine was not seen since. */
  unknownAlarm: boolean;
  /** How often it was idle again in this outage after it had acknowledged a shutdown. */
  returns: number;
  /** The alarm about its agent that stands, raised without an outage; survives every start, so that it is ended once. */
  agentAlarm: "agent-not-heard" | "wrong-key" | null;
  /** Rises with each new command, never reset. */
  seq: number;
  presence: Presence;
  /** The last `on_battery` that was not null and reached it live; survives every start. */
  lastOnBattery: boolean | null;
  /** The `deadman_sec` that reached it with that, rounded up to 15 s; null while it was not on battery. */
  lastDeadmanSec: number | null;
  /** Since when it may have missed our messages although it is not known to be offline; null once it is heard. */
  missedAt: Instant | null;
  /** An outage will have put it down: it is to be woken afterwards. */
  onWakeList: boolean;
  /** The command by which it goes down, and when the delay of that was over. */
  stopping: { command: string; from: Instant } | null;
  /** Null before it was measured for the first time. Survives every start. */
  stopTimes: StopTimes | null;
}

/** A machine whose agent was never heard. */
export function unheardMachine(id: string): MachineState {
  return {
    id,
    phase: { is: "watching", since: 0, order: null },
    aside: false,
    armed: [],
    aborts: 0,
    debounceSpent: false,
    unseenAlarm: false,
    lateAlarm: false,
    unknownAlarm: false,
    returns: 0,
    agentAlarm: null,
    seq: 0,
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
    lastOnBattery: null,
    lastDeadmanSec: null,
    missedAt: null,
    onWakeList: false,
    stopping: null,
    stopTimes: null,
  };
}

/** The command that the machine is or was under in this outage; null before the first. */
export const commandOf = ({ phase }: MachineState): IssuedCommand | null => phase.order?.command ?? null;

/** Returns the phase with the alarm of a missing acknowledgement over, once there is one, or the command is settled. */
export function withAlarmSettled(phase: Phase): Phase {
  const command = phase.order?.command;
  if (command?.alarm !== "active" || (phase.is === "commanded" && command.ack === null)) return phase;
  return { ...phase, order: { ...phase.order, command: { ...command, alarm: "over" } } } as Phase;
}

/** Returns the phase with the command as it is now; the same phase when nothing of the command changed. */
export function withCommand<P extends Phase & { order: Order }>(phase: P, command: IssuedCommand): P {
  const before = phase.order.command;
  const keys = Object.keys(command) as (keyof IssuedCommand)[];
  if (keys.every((key) => command[key] === before[key])) return phase;
  return { ...phase, order: { ...phase.order, command } };
}
