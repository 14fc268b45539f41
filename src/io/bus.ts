/** The bus between the rooms: one FIFO, each message handled to the end before the next, one owner per topic. */

import type { Topic } from "../contract/topics/topic.ts";
import { filterOf, matchTopic, type Params, topicFor } from "../contract/topics.ts";
import type { Instant } from "../core/reading.ts";
import type { Clock } from "./clock.ts";

export interface Message<T> {
  readonly topic: Topic<T>;
  readonly name: string;
  readonly params: Params;
  readonly payload: T;
  /** True for a retained message: a start value for display, never a fresh one (S28). */
  readonly retained: boolean;
  /** Who put it on the bus: a room of this process, or `mirror` for what came from the broker. */
  readonly from: string;
  readonly at: Instant;
  readonly wall: number;
}

export type Handler<T> = (message: Message<T>) => void;
export type Unsubscribe = () => void;

export interface Bus {
  /** Appends to the FIFO; throws if `room` does not own the topic or a name is not allowed in it. */
  publish<T>(room: string, topic: Topic<T>, params: Params, payload: T): void;
  /** Delivers messages of the topic from now on; known retained ones of this process are delivered at once, flagged. */
  on<T>(room: string, topic: Topic<T>, handler: Handler<T>): Unsubscribe;
  /** Receives every message, after the rooms; for the mirror and tests. */
  tap(handler: Handler<unknown>): Unsubscribe;
  /** Calls back on every tick, which enters by the same FIFO. */
  onTick(room: string, handler: (at: Instant, wall: number) => void): Unsubscribe;
  tick(): void;
  /** For the mirror: puts on the bus what came from the broker, whoever owns the topic. */
  inject<T>(topic: Topic<T>, name: string, payload: T, retained: boolean): void;
}

export interface BusOptions {
  clock: Clock;
  /** Called when a handler threw. The other handlers still get the message, and the room is restarted. */
  onThrow: (room: string, error: unknown) => void;
  /** Rooms that are sources, for topics owned by all of them together. */
  isSource?: (room: string) => boolean;
}

interface Listener {
  room: string;
  handler: Handler<unknown>;
}

interface Ticker {
  room: string;
  handler: (at: Instant, wall: number) => void;
}

export function createBus(options: BusOptions): Bus {
  const { clock } = options;
  /** A list is replaced and never changed: a delivery walks the one it began with, without a copy for each message. */
  const listeners = new Map<string, readonly Listener[]>();
  const taps = new Set<Handler<unknown>>();
  const tickers = new Set<Ticker>();
  const kept = new Map<string, Message<unknown>>();
  const enqueue = fifo();

  const guarded = (room: string, run: () => void): boolean => {
    try {
      run();
      return true;
    } catch (error) {
      options.onThrow(room, error);
      return false;
    }
  };

  const deliver = (message: Message<unknown>) => {
    if (message.topic.retained) keep(kept, message);
    // When another client removes a retained value, late listeners no longer see it, but no room gets a null.
    if (message.payload === null && message.from === "mirror") return;
    for (const { room, handler } of listeners.get(message.topic.key) ?? []) {
      const done = guarded(room, () => handler(message));
      // A room that starts again would be given the same foreign message, and fail again.
      if (!done && message.from === "mirror") kept.delete(message.name);
    }
    for (const tap of [...taps]) guarded("mirror", () => tap(message));
  };

  const put = ({ topic, name, params, payload, retained, from }: Omit<Message<unknown>, "at" | "wall">) => {
    enqueue(() => {
      const [at, wall] = [clock.now(), clock.wall()];
      // Written out field by field: a spread costs twenty times as much, and every message passes here.
      deliver(Object.freeze({ topic, name, params, payload, retained, from, at, wall }));
    });
  };

  return {
    publish(room, topic, params, payload) {
      if (!owns(room, topic, options.isSource)) {
        throw new Error(`${room} may not publish ${filterOf(topic)}: it belongs to ${topic.owner}`);
      }
      put({ topic, name: topicFor(topic, params), params, payload, retained: false, from: room });
    },
    on<T>(room: string, topic: Topic<T>, handler: Handler<T>) {
      const listener: Listener = { room, handler: handler as Handler<unknown> };
      const group = () => listeners.get(topic.key) ?? [];
      listeners.set(topic.key, [...group(), listener]);
      for (const message of [...kept.values()].filter((known) => known.topic.key === topic.key)) {
        enqueue(() => {
          if (group().includes(listener))
            guarded(room, () => listener.handler({ ...message, retained: true }));
        });
      }
      return () =>
        listeners.set(
          topic.key,
          group().filter((other) => other !== listener),
        );
    },
    tap: (handler) => member(taps, handler),
    onTick: (room, handler) => member(tickers, { room, handler }),
    tick() {
      enqueue(() => {
        const [at, wall] = [clock.now(), clock.wall()];
        for (const { room, handler } of [...tickers]) guarded(room, () => handler(at, wall));
      });
    },
    inject(topic, name, payload, retained) {
      const params = matchTopic(topic, name);
      if (params) put({ topic, name, params, payload, retained, from: "mirror" });
    },
  };
}

/** Runs work in the order it came, never one piece inside another: the outermost call drains. */
function fifo(): (work: () => void) => void {
  const queue: (() => void)[] = [];
  let draining = false;
  return (work) => {
    queue.push(work);
    if (draining) return;
    draining = true;
    try {
      for (let index = 0; index < queue.length; index++) queue[index]?.();
    } finally {
      queue.length = 0;
      draining = false;
    }
  };
}

/** The newest value of each retained topic; an empty payload removes it. */
function keep(kept: Map<string, Message<unknown>>, message: Message<unknown>): void {
  if (message.payload === null) kept.delete(message.name);
  else kept.set(message.name, message);
}

function member<T>(set: Set<T>, value: T): Unsubscribe {
  set.add(value);
  return () => set.delete(value);
}

function owns(room: string, topic: Topic<unknown>, isSource: BusOptions["isSource"]): boolean {
  if (topic.owner === "*" || topic.owner === room) return true;
  return topic.owner === "sources" && (isSource?.(room) ?? false);
}
