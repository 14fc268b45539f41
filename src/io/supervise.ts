/** Supervision: a room that throws is stopped and started again, the others go on (safety I24). */
import type { Params, Topic, Topics } from "../contract/topics.ts";
import type { Instant } from "../core/reading.ts";
import type { Bus, Handler, Unsubscribe } from "./bus.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

/** The house as one room sees it; what it took hold of here is let go when it stops. */
export interface RoomView {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly topics: Topics;
  readonly origin: string;
  publish<T>(topic: Topic<T>, params: Params, payload: T): void;
  on<T>(topic: Topic<T>, handler: Handler<T>): Unsubscribe;
  onTick(handler: (at: Instant, wall: number) => void): Unsubscribe;
}

/** A service as supervision sees it (`services/service.ts` has the whole). */
export interface Supervised {
  readonly name: string;
  start(room: RoomView): Promise<() => void | Promise<void>> | (() => void | Promise<void>);
}

export interface SupervisorOptions {
  bus: Bus;
  topics: Topics;
  clock: Clock;
  log: Log;
  /** `<site>/<instance>` of this process. */
  origin: string;
  services: readonly Supervised[];
}

export interface Supervisor {
  /** Starts the rooms in order; a room that fails is tried again on later ticks and holds up nobody. */
  start(): Promise<void>;
  /** Stops them in reverse order: each within 2 s, all within 5 s; answers what went wrong. */
  stop(): Promise<Error[]>;
  /** For `createBus`: the room's handler threw. */
  onThrow(room: string, error: unknown): void;
}

/** Builds the supervisor; nothing happens before `start`. `bus` may be made later, with this one's `onThrow`. */
export function createSupervisor(_options: SupervisorOptions): Supervisor {
  return { start: () => Promise.resolve(), stop: () => Promise.resolve([]), onThrow: () => {} };
}
