/** Everything that can reach the policy. Each input carries its time; nothing else tells the policy what time it is. */
import type { Instant, StationReading } from "../reading.ts";

/** Whether a command was given by a person (`ecoflow-power send`): such an id begins with `hand-`. */
export const isByHand = (id: string): boolean => id.startsWith("hand-");

/** What an agent says of itself on `power-manager/<agent>/status`. */
export interface AgentStatus {
  online: boolean;
  boot?: string | undefined;
  /** False: it only rehearses (dry run), whatever it is told. */
  armed?: boolean | undefined;
  state?: "idle" | "delay" | "pre_shutdown" | "shutting_down" | undefined;
  /** Id of the command it is working on. */
  command?: string | null | undefined;
  reason?: string | undefined;
}

export type AckPhase =
  | "received"
  | "refused"
  | "expired"
  | "delay"
  | "pre_shutdown"
  | "shutting_down"
  | "failed"
  | "aborted"
  | "too_late"
  | "shed"
  | "restored"
  | "pong";

/** An agent's answer to a command (rulings R9). */
export interface AgentAck {
  id: string;
  phase: AckPhase;
  reason?: string | undefined;
  /** The newest command the agent knows, with a refusal as older (R7). */
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
    /** First input of a process: the stored state (if any) was of this boot, and the process was away so long. */
    | { kind: "start"; boot: string; sameBoot: boolean; awayMs: number }
    | { kind: "reading"; station: string; reading: StationReading }
    /** `live: false` for a retained message: last known, never fresh (S28). */
    | { kind: "presence"; machine: string; status: AgentStatus; live: boolean }
    | { kind: "ack"; machine: string; ack: AgentAck }
    /** The broker's connection: while it is away presence is frozen, not lost (bus rule 15). */
    | { kind: "broker"; connected: boolean }
    /** Another epoch was seen on `orchestrator/status` or in a foreign command (R7). */
    | { kind: "epoch"; epoch: number }
  );
