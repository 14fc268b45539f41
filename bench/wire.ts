/** raw frame → `json/state` through mosquitto, with the built server whole, against a bare echo client with the same library. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { encodeFrame } from "../src/sim/encode.ts";
import { startServer } from "../test/server.ts";
import { hasMosquitto, startMosquitto, until, type Watcher, watch } from "../test/world.ts";
import type { Figure } from "./figure.ts";

const serial = "R655BENCH0000001";
const rounds = 15;
const perRound = 300;
const warmingUp = 10_000;
const perBatch = 50;

/** Starts a server that reads raw frames from the broker on this port; returns a function that ends it. */
export type StartServer = (port: number) => () => Promise<unknown>;

/** Starts the built `run`, with policy, commander and its state on disk; one machine depends on the station. */
const builtRun: StartServer = (port) => {
  const server = startServer({
    env: {
      MQTT_HOST: "127.0.0.1",
      MQTT_PORT: String(port),
      DEVICE_TO_AGENTS_JSON: JSON.stringify({ [serial]: "pc" }),
    },
  });
  return () => server.end();
};

/** Returns the median round's ratio of the medians and of the 99th percentiles; our messages and the partner's alternate. */
export async function benchWire(start: StartServer = builtRun): Promise<Figure[]> {
  if (!hasMosquitto) {
    console.log("The figures through mosquitto are left out: mosquitto is not installed.");
    return [];
  }
  const broker = await startMosquitto();
  const end = start(broker.port);
  const echo = spawn(process.execPath, [fileURLToPath(new URL("./echo.js", import.meta.url)), broker.url]);
  const world = await watch(broker.url, [
    "echo/out",
    "echo/ready",
    "power-manager/orchestrator/status",
    stateTopic,
  ]);
  world.client.stream.setMaxListeners(0);
  try {
    await until("the server is there", () => world.heard.some(({ text }) => text.includes('"online":true')));
    await until("the partner is there", () => world.on("echo/ready").length > 0);
    return figures(await measure(world));
  } finally {
    await world.end();
    echo.kill();
    await end();
    await broker.end();
  }
}

const stateTopic = `bridge-ecoflow/${serial}/json/state`;

interface Round {
  ours: number[];
  partner: number[];
}

async function measure(world: Watcher): Promise<Round[]> {
  const all: Round[] = [];
  await warmUp(world);
  for (let round = 0; round < rounds; round++) {
    const times: Round = { ours: [], partner: [] };
    for (let index = 0; index < perRound; index++) {
      const soc = 60 + ((index * 7) % 30);
      const bytes = frame(soc);
      times.ours.push(await roundTrip(world, `bridge-ecoflow/${serial}/data`, bytes, isReading(soc)));
      times.partner.push(await roundTrip(world, "echo/in", bytes, ({ topic }) => topic === "echo/out"));
    }
    all.push(times);
    world.heard.length = 0;
  }
  return all;
}

/** Warms both up: a server runs for months, so compiled code is measured and not the first second. */
async function warmUp(world: Watcher): Promise<void> {
  for (let batch = 0; batch < warmingUp / perBatch; batch++) {
    for (let index = 0; index < perBatch; index++) {
      const bytes = frame(20 + (index % 40));
      void world.say(`bridge-ecoflow/${serial}/data`, bytes);
      void world.say("echo/in", bytes);
    }
    // A broker drops what a client does not take in time, so each batch is waited for.
    await roundTrip(world, "echo/in", frame(0), ({ topic }) => topic === "echo/out");
    await roundTrip(
      world,
      `bridge-ecoflow/${serial}/data`,
      frame(90 + (batch % 2)),
      isReading(90 + (batch % 2)),
    );
  }
}

let seq = 0;
const frame = (soc: number) => {
  const fields = { num: 0, soc, output_watts: 2 + (seq % 50), input_watts: 0, chg_dsg_state: 0 };
  return Buffer.from(encodeFrame("BMSHeartBeatReport", fields, { src: 7, seq: ++seq, masked: true }));
};

/** Whether this state comes from the frame and not from a tick. */
const isReading =
  (soc: number) =>
  ({ topic, text }: { topic: string; text: string }) =>
    topic === stateTopic && text.includes(`"soc":${soc},`);

/** Returns microseconds from sending to the answer. */
function roundTrip(
  world: Watcher,
  topic: string,
  bytes: Buffer,
  isAnswer: (message: { topic: string; text: string }) => boolean,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`no answer to ${topic} within 10 s`)), 10_000);
    const begin = performance.now();
    const hear = (name: string, payload: Buffer) => {
      const taken = performance.now() - begin;
      if (!isAnswer({ topic: name, text: payload.toString() })) return;
      world.client.off("message", hear);
      clearTimeout(limit);
      resolve(taken * 1_000);
    };
    world.client.on("message", hear);
    world.client.publish(topic, bytes, { qos: 1 });
  });
}

function figures(all: readonly Round[]): Figure[] {
  return [figure(all, 0.5, 1.3), figure(all, 0.99, 1.5)];
}

function figure(all: readonly Round[], share: number, hold: number): Figure {
  const pairs = all
    .map(({ ours, partner }) => ({ ours: at(ours, share), partner: at(partner, share) }))
    .sort((a, b) => a.ours / a.partner - b.ours / b.partner);
  const median = pairs[Math.floor(pairs.length / 2)] as { ours: number; partner: number };
  return {
    name: `raw frame to json/state through mosquitto, p${share * 100}, against a bare echo client`,
    ratio: median.ours / median.partner,
    hold,
    better: "lower",
    ours: `${Math.round(median.ours)} µs`,
    partner: `${Math.round(median.partner)} µs`,
  };
}

function at(times: readonly number[], share: number): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length * share)] as number;
}
