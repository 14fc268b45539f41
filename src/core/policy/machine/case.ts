/** One machine, what happened to it, and the site around it: what a row of the table of transitions looks at. */
import type { AgentAck, AgentStatus } from "../inputs.ts";
import type { MachineRules } from "../rules.ts";
import type { Transaction } from "../transaction.ts";
import type { Order, PhaseName, PhaseOf } from "./state.ts";
import type { Wish } from "./wish.ts";

export type Stimulus =
  /** Time passed, or one of its stations changed. `disarmed`: a trigger of it was disarmed just now. */
  | { on: "look"; wish: Wish; disarmed: boolean }
  /** Its agent acknowledged the command that it is under, or the shutdown which that command undoes. */
  | { on: "ack"; ack: AgentAck; ofUndone: boolean }
  /** Its agent acknowledged the command that it is under in dry run. */
  | { on: "rehearsed"; ack: AgentAck }
  /** This process reached its broker again. */
  | { on: "connected" }
  /** Its agent answered a ping. */
  | { on: "pong" }
  /** Its agent reports that SHUTDOWN_CMD was started, whoever ordered it. */
  | { on: "shutting_down" }
  /** A live status of an agent that is online. `wasOffline`: the status before said offline. */
  | { on: "status"; status: AgentStatus; rebooted: boolean; wasOffline: boolean };

export type StimulusName = Stimulus["on"];

interface Scene<P, S> {
  readonly tx: Transaction;
  readonly id: string;
  readonly rules: MachineRules;
  readonly phase: P;
  readonly stimulus: S;
}

/** A case in these phases, with one of these stimuli; any where left out. An acknowledgement is of a command, so there is one. */
export type Case<P extends PhaseName = PhaseName, S extends StimulusName = StimulusName> = Scene<
  [S] extends ["ack"] ? PhaseOf<P> & { order: Order } : PhaseOf<P>,
  Extract<Stimulus, { on: S }>
>;
