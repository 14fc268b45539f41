/** The emulated agent's state, what reaches it, and what it does: plain data, without a clock and without a connection. */
import type { Ack, Command, Power, Status } from "../../contract/messages/machine.ts";
import type { Deed } from "../record.ts";
import { type Identity, noTrust, type Trust } from "./trust.ts";

/** `slow` needs three times as long to stop; `deaf` is connected, acknowledges nothing and never stops. */
export type Behaviour = "obeys" | "slow" | "deaf";

export interface AgentSetup extends Identity {
  behaviour: Behaviour;
  /** Seconds that its pre-commands take. */
  preShutdownSec: number;
  /** Seconds from the start of the operating system's shutdown to off. */
  stopSec: number;
  /** Does everything but the shutdown itself, whatever a command says. */
  dryRun: boolean;
}

/** What the machine is at; `off` before its first boot too. */
export type MachinePhase = "off" | "idle" | "delay" | "pre_shutdown" | "shutting_down";

/** A shutdown under way. */
export interface Work {
  /** Id of the command. */
  id: string;
  phase: Exclude<MachinePhase, "off" | "idle">;
  /** When this phase ends, in awake milliseconds. */
  untilMs: number;
  dryRun: boolean;
  deadMan: boolean;
}

export interface AgentState {
  /** The machine runs. */
  up: boolean;
  /** Name of its boot; empty before the first. */
  boot: string;
  /** Milliseconds since its boot in which it was awake. */
  awakeMs: number;
  /** The machine's own clock at the last input, ms. */
  inputAt: number;
  work: Work | null;
  /** Services were stopped and not started again. */
  servicesStopped: boolean;
  trust: Trust;
}

/** A machine that was never switched on. */
export const offState: AgentState = {
  up: false,
  boot: "",
  awakeMs: 0,
  inputAt: 0,
  work: null,
  servicesStopped: false,
  trust: noTrust,
};

export const phaseOf = ({ up, work }: AgentState): MachinePhase => (up ? (work?.phase ?? "idle") : "off");

/** What reaches the agent; `at` is the machine's own clock in ms, which never goes back within a boot. */
export type AgentInput = { at: number } & (
  | { kind: "tick" }
  | { kind: "boot"; boot: string }
  | { kind: "power-cut" }
  /** Its connection to the broker is there, and its subscription. */
  | { kind: "connected" }
  | { kind: "command"; command: Command; retained: boolean }
  | { kind: "power"; message: Power; retained: boolean }
  /** A status of this machine, as the broker passes it to all subscribers. */
  | { kind: "status"; online: boolean; retained: boolean }
);

/** What the agent does, in order. */
export type AgentEffect =
  | { kind: "did"; deed: Deed; id: string | null }
  | { kind: "ack"; ack: Omit<Ack, "at" | "sig"> }
  | { kind: "status"; status: Omit<Status, "online" | "at" | "sig"> }
  /** Its power is gone, and its connection with it. */
  | { kind: "off" };
