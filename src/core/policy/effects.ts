/** What the policy wants done, as data. The room that runs the policy stores the state first and then carries these out. */

import type { EventEffect } from "./event-types.ts";

export type { EventEffect };

export type CommandAction = "shutdown" | "abort";

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

/** What an agent needs to decide alone; the commander dates, numbers and signs it. */
export interface PowerWord {
  on_battery: boolean | null;
  soc: number | null;
  runtime_sec: number | null;
  deadman_sec: number;
}

/** What is pending for a machine, for people and dashboards (`power-manager/plan/<agent>`). */
export interface PlanWord {
  state: "watching" | "pending" | "commanded" | "going_down" | "down" | "unknown" | "late";
  hold: { kind: "dry_run"; until: number | null } | null;
  reason: string;
  /** Seconds until the next thing happens to it; null when nothing is pending. */
  deadline_sec: number | null;
  causes: { station: string; kind: "floor" | "blind" | "soc" | "runtime" | "time"; text: string }[];
  /** How long it took to stop the last time, and at most, seconds from the end of the delay to absent; absent before the first time. */
  stop_measured_sec?: number;
  stop_longest_sec?: number;
}
