/** The events that the policy emits, as data: each code with its parameters. Their sentences are in contract/events.ts. */

import type { LoadBasis } from "./words/load.ts";

/** A projected battery time; all are null where it is not known. */
interface TimeLeft {
  /** Whole seconds until the output is cut, 0 when that is over. */
  leftSec: number | null;
  /** The load that the projection assumes, watts. */
  watts: number | null;
  basis: "measured" | "model" | "assumed" | null;
  /** What that load was made from, and the watts that were measured for it. */
  loadBasis: LoadBasis | null;
  loadWatts: number | null;
}

/** What happened and needs no end. `reason` is the arithmetic of a decision, the same text as in the command. */
export interface PolicyHappenings {
  "outage-began": { station: string; outage: string; soc: number | null } & TimeLeft;
  "outage-ended": { station: string; outage: string | null; heldSec: number; onBatterySec: number };
  /** `dueInSec` is null when the command goes out at once; `afterSample`: a second sample may make it earlier. */
  "timer-start": {
    machine: string;
    station: string;
    outage: string;
    reason: string;
    dueInSec: number | null;
    afterSample: boolean;
  };
  "timer-cancelled": { machine: string; why: "grid-back" | "runtime-recovered" | "no-cause"; sec: number };
  "shutdown-triggered": {
    machine: string;
    station: string;
    outage: string;
    reason: string;
    delaySec: number;
  };
  abort: { machine: string; station: string; outage: string | null; reason: string };
  "going-down": { machine: string; outage: string | null };
  /** `goneSec` counts from the end of the delay, or from the first report where `longestSec` is null (not measured). */
  down: { machine: string; goneSec: number; stopSec: number; longestSec: number | null };
  "machine-back": { machine: string; why: BackReason };
  /** The machine was believed off before the outage. */
  "nobody-answered": { machine: string; outage: string; action: "shutdown" | "abort"; sendings: number };
  /** The last `power` that reached it said on battery, with this dead-man; `awaySec` since it was cut off. */
  "deadman-assumed": { machine: string; awaySec: number; deadmanSec: number; ownSec: number };
  /** `stays`: the station does not switch its output on again when the mains returns. */
  "output-off-expected": { station: string; machines: string[]; stays: boolean };
}

/** How a machine was seen to be up again. */
export type BackReason =
  | "rebooted"
  | "up"
  | "there"
  | "answered"
  | "shutdown-failed"
  | "aborted"
  | "keeps-running";

/** Alarms of the policy: what is wrong, until its over-event or until the catalogue's time is over. */
export interface PolicyAlarms {
  /** `outage` is null for a station that is in no rule, and set where a configured one without machines lost its grid. */
  "unmapped-station": { station: string; outage: string | null };
  "blind-on-mains": { station: string; silentSec: number };
  "blind-on-battery": { station: string; silentSec: number } & TimeLeft;
  "no-reading-since-start": { station: string; waitedSec: number };
  "grid-not-reported": { station: string; waitedSec: number };
  /** `soc`: the percent that did not move for `sec` on battery; null where none was reported. */
  "charge-unknown": { station: string; soc: number | null; sec: number };
  "no-acknowledgement": {
    machine: string;
    outage: string;
    action: "shutdown" | "abort";
    waitedSec: number;
    sendings: number;
  };
  /** `againSec` is null where the command is not sent again. */
  "command-failed": {
    machine: string;
    outage: string;
    action: "shutdown" | "abort";
    how: "failed" | "refused" | "rehearsed";
    agentReason: string | null;
    againSec: number | null;
  };
  "never-seen": { machine: string; station: string; outage: string };
  /** No live message of the agent since the start. */
  "agent-not-heard": { machine: string; waitedSec: number };
  "wrong-key": { machine: string; signature: "missing" | "wrong" };
  late: { machine: string; tookSec: number; stopSec: number };
  /** `times`: how often it acknowledged a shutdown in this outage and was idle again. */
  "no-shutdown": { machine: string; outage: string; times: number };
  /** `sec` since the command where the machine was never heard, since its absence otherwise. */
  "machine-unknown": { machine: string; outage: string; heard: boolean; sec: number };
  /** `machines` should be fed; `standbyMin` is 0 without a standby. */
  "output-off": { station: string; machines: string[]; standbyMin: number; stays: boolean };
  /** `stoodBefore`: those of `faults` that were there before the outage; null where that was not seen. */
  "station-fault": {
    station: string;
    outage: string | null;
    faults: string[];
    stoodBefore: string[] | null;
    gridUp: boolean;
  };
}

/** What ends an alarm, with the parameters of its over-event. An alarm that is missing here ends by time alone. */
export interface PolicyOvers {
  "unmapped-station": { station: string; outage: string | null };
  /** `times` is null when the silence went on as another kind. */
  "blind-on-mains": { station: string; times: number | null };
  "blind-on-battery": { station: string; times: number | null };
  "no-reading-since-start": { station: string };
  "grid-not-reported": { station: string };
  "charge-unknown": { station: string };
  "no-acknowledgement": { machine: string; acknowledged: boolean };
  "never-seen": { machine: string; heard: boolean };
  "agent-not-heard": { machine: string };
  "wrong-key": { machine: string };
  late: { machine: string };
  "no-shutdown": { machine: string };
  "machine-unknown": { machine: string };
  "output-off": { station: string };
  "station-fault": { station: string };
}

/** Every code that the policy emits, with its parameters. */
export interface PolicyEvents extends PolicyHappenings, PolicyAlarms {}

/** An event as an effect of the policy; `over` ends the alarm of the same code and subject. */
export type EventEffect =
  | {
      [C in keyof PolicyEvents]: { kind: "event"; code: C; params: PolicyEvents[C]; over?: never };
    }[keyof PolicyEvents]
  | {
      [C in keyof PolicyOvers]: { kind: "event"; code: C; params: PolicyOvers[C]; over: true };
    }[keyof PolicyOvers];
