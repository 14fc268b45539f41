/** What the policy wants done, as data. The room that runs the policy stores the state first and then carries these out. */

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

/** Words of the journal, a closed list: the same in the log, the history, the page. */
export type EventType =
  | "outage-began"
  | "outage-ended"
  | "timer-start"
  | "timer-cancelled"
  | "shutdown-triggered"
  | "abort"
  | "going-down"
  | "down"
  | "late"
  | "machine-back"
  | "machine-unknown"
  | "by-hand"
  | "output-off"
  | "alarm"
  | "alarm-over"
  | "decided-nothing";

/** Alarms, a closed list. */
export type AlarmCode =
  | "blind-on-mains"
  | "blind-on-battery"
  | "no-reading-since-start"
  | "no-acknowledgement"
  | "command-failed"
  | "never-seen"
  | "unmapped-station"
  | "late"
  | "state-not-durable"
  | "foreign-command"
  | "foreign-reading"
  | "does-not-tell"
  | "source-flaps"
  | "output-off"
  | "station-fault"
  | "room-restarted";

export interface EventEffect {
  kind: "event";
  type: EventType;
  level: "info" | "warn" | "alarm";
  station?: string;
  machine?: string;
  outage?: string;
  code?: AlarmCode;
  /** One plain sentence with the arithmetic, for people. */
  text: string;
}

export type Effect = CommandEffect | EventEffect;

/** What an agent needs to decide alone; the commander dates, numbers and signs it. */
export interface PowerWord {
  on_battery: boolean | null;
  soc: number | null;
  runtime_sec: number | null;
  deadman_sec: number;
}

export type MachineState =
  | "watching"
  | "pending"
  | "commanded"
  | "going_down"
  | "down"
  | "waking"
  | "unknown"
  | "late";

/** What is pending for a machine, for people and dashboards (`power-manager/plan/<agent>`). */
export interface PlanWord {
  state: MachineState;
  hold: { kind: "maintenance" | "shadow" | "dry_run"; until: number | null } | null;
  reason: string;
  /** Seconds until the next thing happens to it; null when nothing is pending. */
  deadline_sec: number | null;
  causes: { station: string; kind: "floor" | "blind" | "plan" | "soc" | "runtime" | "time"; text: string }[];
  /** How long it took to stop the last time, and at most, seconds from the end of the delay to absent; absent before the first time. */
  stop_measured_sec?: number;
  stop_longest_sec?: number;
}
