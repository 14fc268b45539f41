/** What the policy wants done, as data. The room that runs the policy stores the state first and then carries these out. */
import type { EventEffect } from "./event-types.ts";
import type { CommandAction, PhaseName } from "./machine/state.ts";

/** One sending of a command; a repeat has the same id and seq and the delay that is left. */
export interface CommandEffect {
  kind: "command";
  machine: string;
  id: string;
  action: CommandAction;
  epoch: number;
  seq: number;
  /** What is left of the delay, whole seconds, at least 0. */
  delaySec: number;
  outage: string;
  station: string;
  /** One plain sentence with the arithmetic. */
  reason: string;
  /** 1 for the first sending. */
  attempt: number;
}

export type Effect = CommandEffect | EventEffect;

/** What an agent needs to decide alone; the commander adds time, sequence number and signature. */
export interface PowerState {
  /** Null changes nothing at the agent. */
  on_battery: boolean | null;
  /** Percent and seconds of the station that fails first; null where unknown. */
  soc: number | null;
  runtime_sec: number | null;
  /** Seconds of silence on battery after which the agent goes down alone. */
  deadman_sec: number;
}

/** Why a station makes a machine go down (docs/policy.md). `unknown`: nothing shows its grid, while another station has a cause. */
export type CauseKind = "floor" | "blind" | "soc" | "runtime" | "time" | "unknown";

/** What is pending for a machine, for people and dashboards (`power-manager/plan/<agent>`). */
export interface MachinePlan {
  state: PhaseName;
  hold: { kind: "dry_run"; until: number | null } | null;
  reason: string;
  /** Seconds until the next thing happens to it; null when nothing is pending. */
  deadline_sec: number | null;
  causes: { station: string; kind: CauseKind; text: string }[];
  /** Seconds from the end of the delay to absent, the last time and at most; not there before the first time. */
  stop_measured_sec?: number;
  stop_longest_sec?: number;
}
