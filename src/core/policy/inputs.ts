/** Everything that can reach the policy. Each input carries its time: the policy has no clock. */
import type { AckPhase } from "../ack.ts";
import type { Instant, StationReading } from "../reading.ts";

/** Whether a command was given by a person (`ecoflow-power send`): such an id begins with `hand-`. */
export const isByHand = (id: string): boolean => id.startsWith("hand-");

/** What an agent reports of itself on `power-manager/<agent>/status`. */
export interface AgentStatus {
  online: boolean;
  boot?: string | undefined;
  /** False: it is in dry run and only rehearses each command. */
  armed?: boolean | undefined;
  state?: "idle" | "delay" | "pre_shutdown" | "shutting_down" | undefined;
  /** Id of the command it is working on. */
  command?: string | null | undefined;
  reason?: string | undefined;
  /** When the agent wrote it, Unix seconds by its own clock. */
  at?: number | undefined;
}

/** An agent's acknowledgement of a command. */
export interface AgentAck {
  id: string;
  phase: AckPhase;
  reason?: string | undefined;
  /** The newest command that the agent knows, in a refusal of an older one. */
  last?: { epoch: number; seq: number } | undefined;
  dry_run?: boolean | undefined;
}

interface Timed {
  /** Milliseconds since boot: decides. */
  at: Instant;
  /** Epoch milliseconds: names outages and dates events, decides nothing. */
  wall: number;
}

export type PolicyInput = Timed &
  (
    | { kind: "tick" }
    /** First input of a process. `sameBoot`: the stored state is of this boot of the machine; `awayMs`: how long no process ran. */
    | { kind: "start"; boot: string; sameBoot: boolean; awayMs: number }
    | { kind: "reading"; station: string; reading: StationReading }
    /** `live: false` for a retained message: last known, never fresh (S28). */
    | { kind: "presence"; machine: string; status: AgentStatus; live: boolean }
    | { kind: "ack"; machine: string; ack: AgentAck }
    /** This process did not run for `ms`, or not often enough to hear anything: stopped, suspended, or a stalled machine. */
    | { kind: "paused"; ms: number }
    /** A live message of an agent that was ignored for its signature, while none that verifies was heard. */
    | { kind: "untrusted"; machine: string; signature: "missing" | "wrong" }
    /** This process's own connection to the broker. */
    | { kind: "broker"; connected: boolean }
    /** The machines that another server commands now; all others are this server's. */
    | { kind: "aside"; machines: readonly string[] }
    /** The epoch of another orchestrator, seen in its status. */
    | { kind: "epoch"; epoch: number }
  );
