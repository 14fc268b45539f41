/** What an entry of the event catalogue holds, and the events that the services raise. */
import type { PolicyEvents, PolicyOvers } from "../core/policy/event-types.ts";

/** `info` and `warn` happened; an `alarm` lasts until it is over. */
export type Level = "info" | "warn" | "alarm";

/** Which parameters name what the event is about, and so which alarms are the same one. */
export type Subject = "station" | "machine" | "both" | "source" | "site";

/** Events of the services, each code with its parameters. */
export interface ServiceEvents {
  "by-hand": { machine: string; action: string; id: string };
  /** `action` and `id` are null where the message could not be read; `problem` says why, and is null otherwise. */
  "foreign-command": {
    machine: string;
    action: string | null;
    id: string | null;
    how: "live" | "retained" | "unreadable";
    problem: string | null;
  };
  /** `machines`: those that both command. */
  "rival-orchestrator": { instance: string; site: string; machines: string[] };
  /** `machines` have a key, and the lease that names them is not signed with it. */
  "unproven-lease": { instance: string; site: string; machines: string[] };
  /** `machines`: all for which this server stands aside. */
  "stands-aside": { instance: string; site: string; machines: string[] };
  /** `who` names the sender. */
  "absurd-epoch": { who: string; epoch: number };
  /** The two boot ids, the one that was heard last first. */
  "two-agents": { machine: string; boots: string[] };
  /** `publisher` is null where the message names none. */
  "foreign-reading": { station: string; publisher: string | null };
  "two-telemetries": { origin: string };
  "does-not-tell": { station: string };
  "source-flaps": { station: string };
  /** `source` is the name of the instance, `problem` one sentence with what to do. */
  "source-trouble": { source: string; problem: string };
  "sources-disagree": { station: string };
  "charges-disagree": { station: string };
  /** `error` is null when the disk was too slow. */
  "state-not-durable": { error: string | null; limitMs: number };
  "process-paused": { sec: number };
  "message-skipped": { topic: string; error: string };
  "room-restarted": { room: string; error: string; restarts: number; againSec: number };
}

/** Over-events of the services. */
export interface ServiceOvers {
  "does-not-tell": { station: string };
  "source-flaps": { station: string };
  "source-trouble": { source: string };
  "sources-disagree": { station: string };
  "charges-disagree": { station: string };
  "stands-aside": Record<never, never>;
  "state-not-durable": Record<never, never>;
}

/** The parameters of each event. */
export interface EventParams extends PolicyEvents, ServiceEvents {}
/** The parameters of each over-event. */
export interface OverParams extends PolicyOvers, ServiceOvers {}

export type EventCode = keyof EventParams;
export type OverCode = keyof OverParams;

/** A value of a parameter: plain JSON. */
export type ParamValue = number | string | boolean | null | string[];

/** One event on its way to the journal; `at` is Unix seconds. */
export type Notice =
  | { [C in EventCode]: { at: number; code: C; params: EventParams[C]; over?: never } }[EventCode]
  | { [C in OverCode]: { at: number; code: C; params: OverParams[C]; over: true } }[OverCode];

interface Happening<P> {
  subject: Subject;
  level: "info" | "warn" | ((params: P) => "info" | "warn");
  sentence: (params: P) => string;
}

interface Alarm<P> {
  subject: Subject;
  level: "alarm";
  sentence: (params: P) => string;
}

/** Seconds without a repetition after which an alarm ends by itself. */
interface EndsByTime {
  standsSec: number;
}

/** An alarm that its over-event ends. */
interface EndsByEvent<O> {
  overSentence: (params: O) => string;
  standsSec?: number;
  /** Whoever raised it forgets it at a restart: it ends this many seconds after one unless it is raised again. */
  restartSec?: number;
}

/** The entry of a code: an alarm cannot be without an end. */
export type Entry<C extends EventCode> = C extends OverCode
  ? Alarm<EventParams[C]> & EndsByEvent<OverParams[C]>
  : Happening<EventParams[C]> | (Alarm<EventParams[C]> & EndsByTime);

/** One entry for every code. */
export type Catalogue = { readonly [C in EventCode]: Entry<C> };
