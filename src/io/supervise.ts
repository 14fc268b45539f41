/** Supervision: a room that throws is stopped and started again; the others go on (I24). */
import { event, noticeOf } from "../contract/journal.ts";
import type { RoomHealth } from "../contract/messages/server.ts";
import type { Topic } from "../contract/topics/topic.ts";
import type { Params, Topics } from "../contract/topics.ts";
import type { Instant } from "../core/reading.ts";
import type { Bus, Handler, Unsubscribe } from "./bus.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import { type After, within } from "./timer.ts";

/** What one room may use. Subscriptions made here end when the room stops. */
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

type StopRoom = () => void | Promise<void>;

/** The part of a service that supervision needs (`services/service.ts` has the rest). */
export interface Supervised {
  readonly name: string;
  start(room: RoomView): Promise<StopRoom> | StopRoom;
}

export interface SupervisorOptions {
  bus: Bus;
  topics: Topics;
  clock: Clock;
  log: Log;
  /** `<site>/<instance>` of this process. */
  origin: string;
  services: readonly Supervised[];
  /** Times how long a room takes to start and to stop. */
  after: After;
  /** Limits in milliseconds: one start before the next room starts; one stop; all stops together. */
  patienceMs?: { start: number; stop: number; stopAll: number };
}

export interface Supervisor {
  /** Starts the rooms in order; a room that fails is tried again on later ticks and delays no other. */
  start(): Promise<void>;
  /** Stops them in reverse order, each within 2 s, all within 5 s; returns what went wrong. */
  stop(): Promise<Error[]>;
  /** For `createBus`: called when a room's handler threw. */
  onThrow(room: string, error: unknown): void;
}

/** A room is started again after 1 s, then 2, 4 … 60 s; a minute without a fault makes it 1 s again. */
const backoffMs = { first: 1_000, longest: 60_000, forgiven: 60_000 };

/** Builds the supervisor; nothing happens before `start`. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const patience = options.patienceMs ?? { start: 2_000, stop: 2_000, stopAll: 5_000 };
  const rooms = new Map(
    options.services.map((service) => [service.name, new Kept(service, options, patience)]),
  );
  let unsubscribe = () => {};
  return {
    async start() {
      unsubscribe = options.bus.onTick("supervisor", (at) => {
        for (const room of rooms.values()) room.tick(at);
      });
      for (const room of rooms.values()) await within(patience.start, room.start(), options.after);
    },
    async stop() {
      unsubscribe();
      const errors: Error[] = [];
      const stopAll = async () => {
        for (const room of [...rooms.values()].reverse()) errors.push(...(await room.end()));
      };
      if (!(await within(patience.stopAll, stopAll(), options.after))) {
        errors.push(new Error(`the rooms did not stop within ${patience.stopAll / 1_000} s`));
      }
      return errors;
    },
    onThrow(name, error) {
      const room = rooms.get(name);
      if (room) room.fail(error);
      else options.log.error(`${name} threw: ${asError(error).message}`, { error });
    },
  };
}

/** One room: running, or waiting for its next start. */
class Kept {
  readonly #service: Supervised;
  readonly #options: SupervisorOptions;
  readonly #stopMs: number;
  #holds: Unsubscribe[] = [];
  #stop: StopRoom | null = null;
  /** The end of the previous run: two runs of a room never overlap, except after one that did not end in time. */
  #halting: Promise<unknown> = Promise.resolve();
  /** Counts runs, so that late work of an earlier run is recognised. */
  #life = 0;
  #restarts = 0;
  #delayMs = backoffMs.first;
  #upSince: Instant | null = null;
  #startAt: Instant | null = null;
  #ended = false;

  constructor(service: Supervised, options: SupervisorOptions, patience: { stop: number }) {
    this.#service = service;
    this.#options = options;
    this.#stopMs = patience.stop;
  }

  /** Never rejects: a room that cannot start counts as failed. */
  async start(): Promise<void> {
    const life = ++this.#life;
    this.#startAt = null;
    await this.#halting;
    if (life !== this.#life) return;
    try {
      const stop = await this.#service.start(this.#view(life));
      // It failed, or the server stopped, while it was starting.
      if (life !== this.#life) return void (await this.#halt(stop));
      this.#stop = stop;
      this.#upSince = this.#options.clock.now();
      this.#tell({ up: true, restarts: this.#restarts });
    } catch (error) {
      if (life === this.#life) this.fail(error);
    }
  }

  tick(at: Instant) {
    if (this.#startAt !== null && at >= this.#startAt) void this.start();
  }

  /** Ends all subscriptions at once and starts the room again later. A second fault of the same run changes nothing. */
  fail(thrown: unknown) {
    if (this.#ended || this.#startAt !== null) return;
    const now = this.#options.clock.now();
    const error = asError(thrown);
    if (this.#upSince !== null && now - this.#upSince >= backoffMs.forgiven) this.#delayMs = backoffMs.first;
    const stop = this.#letGo();
    this.#startAt = now + this.#delayMs;
    this.#restarts++;
    const seconds = this.#delayMs / 1_000;
    this.#options.log.error(
      `${this.#service.name} threw and starts again in ${seconds} s (restart ${this.#restarts}): ${error.message}`,
      { error },
    );
    this.#delayMs = Math.min(this.#delayMs * 2, backoffMs.longest);
    this.#tell({ up: false, restarts: this.#restarts, error: error.message });
    this.#raise(error.message, seconds);
    if (stop) this.#halting = this.#halt(stop);
  }

  async end(): Promise<Error[]> {
    this.#ended = true;
    this.#startAt = null;
    const stop = this.#stop;
    // The room may still publish while it stops; its subscriptions end afterwards.
    const errors = stop ? await this.#halt(stop) : [];
    this.#letGo();
    return errors;
  }

  #letGo(): StopRoom | null {
    this.#life++;
    for (const unsubscribe of this.#holds.splice(0)) unsubscribe();
    const stop = this.#stop;
    this.#stop = null;
    this.#upSince = null;
    return stop;
  }

  async #halt(stop: StopRoom): Promise<Error[]> {
    const name = this.#service.name;
    try {
      const done = await within(this.#stopMs, Promise.resolve().then(stop), this.#options.after);
      return done ? [] : [new Error(`${name} did not stop within ${this.#stopMs / 1_000} s`)];
    } catch (error) {
      this.#options.log.warn(`${name} threw while it stopped: ${asError(error).message}`, { error });
      return [asError(error)];
    }
  }

  #tell(health: RoomHealth) {
    this.#options.bus.publish("supervisor", this.#options.topics.room, { room: this.#service.name }, health);
  }

  #raise(error: string, againSec: number) {
    const { bus, topics, clock } = this.#options;
    const [room, restarts] = [this.#service.name, this.#restarts];
    const news = event("room-restarted", { room, error, restarts, againSec });
    bus.publish("supervisor", topics.notice, {}, noticeOf(clock.wall() / 1000, news));
  }

  #view(life: number): RoomView {
    const { bus, clock, topics, origin } = this.#options;
    const { name } = this.#service;
    const log = this.#options.log.room(name);
    const alive = () => life === this.#life;
    const hold = (take: () => Unsubscribe): Unsubscribe => {
      if (!alive()) return () => {};
      const unsubscribe = take();
      this.#holds.push(unsubscribe);
      return unsubscribe;
    };
    return {
      name,
      clock,
      log,
      topics,
      origin,
      publish(topic, params, payload) {
        // Late work of a stopped run must not publish into the next one.
        if (alive()) bus.publish(name, topic, params, payload);
      },
      on: (topic, handler) => hold(() => bus.on(name, topic, handler)),
      onTick: (handler) => hold(() => bus.onTick(name, handler)),
    };
  }
}

const asError = (thrown: unknown) => (thrown instanceof Error ? thrown : new Error(String(thrown)));
