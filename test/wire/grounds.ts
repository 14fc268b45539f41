/** The two kinds of broker that the mirror must not tell apart, and a server that is connected to one of them. */
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach } from "vitest";
import type { Topic } from "../../src/contract/topics/topic.ts";
import { makeTopics, type TopicKey } from "../../src/contract/topics.ts";
import { type EmbeddedBroker, startBroker } from "../../src/io/broker.ts";
import { createBus } from "../../src/io/bus.ts";
import { createMirror } from "../../src/io/bus-mqtt.ts";
import { systemClock } from "../../src/io/clock.ts";
import type { Log } from "../../src/io/log.ts";
import type { Mirror, MirrorOptions } from "../../src/io/mirror-options.ts";
import { realTime } from "../../src/io/timer.ts";
import { keepLogs } from "../kept.ts";
import { freePort, hasMosquitto, startMosquitto, until, type Watcher, watch } from "../world.ts";

export interface Ground {
  readonly url: string;
  /** A connection as the mirror makes one. */
  dial(): Duplex;
  start(): Promise<void>;
  /** Like a power cut: retained messages are lost. */
  stop(): Promise<void>;
  end(): Promise<void>;
}

export type GroundOptions = { users?: Readonly<Record<string, string>>; stopped?: boolean };

/** Name → how to lay the ground. */
export const grounds: readonly (readonly [string, (options?: GroundOptions) => Promise<Ground>])[] = [
  ...(hasMosquitto ? [["mosquitto", onMosquitto] as const] : []),
  ["the embedded broker", onEmbedded] as const,
];

async function onMosquitto({ users, stopped }: GroundOptions = {}): Promise<Ground> {
  const broker = await startMosquitto(users ? { users } : {});
  if (stopped) await broker.stop();
  return {
    url: broker.url,
    dial: () => connect({ port: broker.port, host: "127.0.0.1", noDelay: true }),
    start: () => broker.start(),
    stop: () => broker.stop(),
    end: () => broker.end(),
  };
}

async function onEmbedded({ users = {}, stopped }: GroundOptions = {}): Promise<Ground> {
  const port = await freePort();
  let broker: EmbeddedBroker | null = null;
  const accounts = Object.entries(users).map(([name, password]) => ({ name, password }));
  const start = async () => {
    broker = await startBroker({ log: quiet, port, users: accounts, after: realTime });
  };
  const stop = async () => {
    await broker?.stop();
    broker = null;
  };
  if (!stopped) await start();
  return {
    url: `mqtt://127.0.0.1:${port}`,
    dial() {
      if (!broker) throw new Error("no broker");
      // With accounts the test is about them: our own way in needs none.
      return accounts.length > 0 ? connect(port, "127.0.0.1") : broker.connectLocal();
    },
    start,
    stop,
    end: stop,
  };
}

export const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, room: () => quiet };

export const topics = makeTopics("bridge-ecoflow", "home");

export interface House {
  readonly bus: ReturnType<typeof createBus>;
  readonly mirror: Mirror;
  /** Lines of the log, warnings and above with their level in front. */
  readonly lines: string[];
  /** What came from the broker, in order. */
  readonly heard: { name: string; payload: unknown; retained: boolean }[];
  readonly connected: () => boolean;
  /** How much it had heard when it was connected first. */
  readonly heardBefore: () => number | null;
  /** How often the broker was dialled. */
  readonly dialled: () => number;
  /** While held, no attempt to connect succeeds: a watcher can be there first. */
  hold(held: boolean): void;
  /** Cuts the cable. */
  cut(): void;
}

const everything: TopicKey[] = [
  "data",
  "state",
  "command",
  "ack",
  "status",
  "orchestrator",
  "power",
  "plan",
  "events",
  "alarms",
];

/** The one room of these tests that may publish raw frames. */
export const sourceRoom = "source-toy";

/** A house of all rooms, with quick back-off, on a ground; not started. */
export function aHouse(ground: Ground, more: Partial<MirrorOptions> = {}): House {
  const bus = createBus({
    clock: systemClock(),
    onThrow: (_, error) => lines.push(`threw: ${error}`),
    isSource: (room) => room === sourceRoom,
  });
  const lines: string[] = [];
  const heard: House["heard"] = [];
  let connected = false;
  let heardBefore: number | null = null;
  let dialled = 0;
  let held = false;
  let stream: Duplex | null = null;
  const log: Log = {
    ...quiet,
    info: (text) => lines.push(text),
    warn: (text) => lines.push(`warn ${text}`),
    room: () => log,
  };
  bus.on("test", topics.broker, ({ payload }) => {
    connected = payload.connected;
    if (connected) heardBefore ??= heard.length;
  });
  for (const key of everything) {
    bus.on("test", topics[key] as Topic<unknown>, ({ name, payload, retained, from }) => {
      if (from === "mirror") heard.push({ name, payload, retained });
    });
  }
  const mirror = createMirror({
    bus,
    topics,
    clock: systemClock(),
    log,
    site: "home",
    instance: "one",
    after: realTime,
    random: () => 0.5,
    connect: {
      url: ground.url,
      local() {
        dialled++;
        if (held) throw new Error("held");
        stream = ground.dial();
        return stream;
      },
    },
    reads: ["data", "state", "command", "ack", "status", "orchestrator"],
    owned: ({ owner }) => owner !== "agents",
    ...more,
    limits: { backoffMs: [5, 50], ...more.limits },
  });
  return {
    bus,
    mirror,
    lines,
    heard,
    connected: () => connected,
    heardBefore: () => heardBefore,
    dialled: () => dialled,
    hold(next) {
      held = next;
    },
    cut: () => void stream?.destroy(),
  };
}

export const power = (soc: number) => ({
  on_battery: true,
  soc,
  runtime_sec: null,
  deadman_sec: 600,
  at: 1,
  seq: 1,
});
export const command = (id: string) => ({
  id,
  action: "shutdown" as const,
  delay_sec: 0,
  reason: "",
  ttl_sec: 300,
});
export const status = (online: boolean) => ({ site: "home", instance: "one", epoch: 3, at: 1, online });
export const statusTopic = "power-manager/orchestrator/status";

export interface Stage {
  ground: Ground;
  house: House;
  /** Run after the test, the last one first. */
  readonly ends: (() => unknown)[];
  /** A client from outside; default: every topic. */
  outside(...filters: string[]): Promise<Watcher>;
  /** A house whose mirror is connected. */
  start(more?: Partial<MirrorOptions>): Promise<void>;
}

/** New ground for each test of the `describe` that calls this; everything ends with the test. */
export function aStage(lay: (options?: GroundOptions) => Promise<Ground>): Stage {
  const stage: Omit<Stage, "ground" | "house"> & Partial<Pick<Stage, "ground" | "house">> = {
    ends: [],
    async outside(...filters) {
      const watcher = await watch((this as Stage).ground.url, filters.length > 0 ? filters : undefined);
      this.ends.push(() => watcher.end());
      return watcher;
    },
    async start(more) {
      const house = aHouse((this as Stage).ground, more);
      this.house = house;
      this.ends.push(() => house.mirror.stop());
      await house.mirror.start();
      await until("the mirror is connected", house.connected);
    },
  };
  beforeEach(async () => {
    stage.ground = await lay();
  });
  afterEach(async (context) => {
    const { house } = stage;
    if (house)
      keepLogs(context, {
        mirror: house.lines.join("\n"),
        heard: house.heard.map((m) => JSON.stringify(m)).join("\n"),
      });
    for (const end of stage.ends.splice(0).reverse()) await end();
    await stage.ground?.end();
  });
  return stage as Stage;
}
