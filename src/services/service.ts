/** What a room is: a name, the topics it reads and writes, and a start that answers how to stop. Building one does nothing. */
import type { Params, Topic, TopicKey, Topics } from "../contract/topics.ts";
import type { Instant } from "../core/reading.ts";
import type { Handler, Unsubscribe } from "../io/bus.ts";
import type { Clock } from "../io/clock.ts";
import type { Log } from "../io/log.ts";

/** The house as one room sees it. Everything it took hold of here is let go when it stops. */
export interface Room {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly topics: Topics;
  /** `<site>/<instance>` of this process. */
  readonly origin: string;
  publish<T>(topic: Topic<T>, params: Params, payload: T): void;
  on<T>(topic: Topic<T>, handler: Handler<T>): Unsubscribe;
  onTick(handler: (at: Instant, wall: number) => void): Unsubscribe;
}

/** Undoes a start; bounded in time by who calls it. */
export type Stop = () => void | Promise<void>;

export interface Service {
  readonly name: string;
  readonly reads: readonly TopicKey[];
  readonly writes: readonly TopicKey[];
  /** Rejects when the room cannot work; the supervisor tries again with back-off. */
  start(room: Room): Promise<Stop> | Stop;
}
