/** Memory and start time of the whole server at rest, against a bare Node process. */
import { type ChildProcess, spawn } from "node:child_process";
import { encodeFrame } from "../src/sim/encode.ts";
import { type Server, startServer } from "../test/server.ts";
import { hasMosquitto, startMosquitto, until, type Watcher, watch } from "../test/world.ts";
import type { Figure } from "./figure.ts";
import { residentMb } from "./load.ts";

const stations = ["R655REST00000001", "R631REST00000002", "P351REST00000003"];
/** Frames that each station sends before the memory is read. */
const frames = 600;
const starts = 5;
const mostMb = 110;
const mostSeconds = 1.5;

/** Measures resident memory with three active stations, and the time from start to the first judged reading. */
export async function benchServer(): Promise<Figure[]> {
  if (!hasMosquitto) {
    console.log("The figures of the whole server are left out: mosquitto is not installed.");
    return [];
  }
  const broker = await startMosquitto();
  const world = await watch(broker.url, ["power-manager/orchestrator/status", "bridge-ecoflow/+/json/state"]);
  const ours: number[] = [];
  const partner: number[] = [];
  let memory = 0;
  try {
    for (let i = 0; i < starts; i++) {
      partner.push(await bareStart());
      const begin = performance.now();
      const server = startServer({ env: settings(broker.port) });
      ours.push(await firstReading(world, begin));
      if (i === starts - 1) memory = await memoryOf(server, world);
      await server.stop();
      await server.end();
    }
  } finally {
    await world.end();
    await broker.end();
  }
  return [...started(median(ours), median(partner)), ...resident(memory, await bareMemory())];
}

const settings = (port: number) => ({
  MQTT_HOST: "127.0.0.1",
  MQTT_PORT: String(port),
  DEVICE_TO_AGENTS_JSON: JSON.stringify(Object.fromEntries(stations.map((serial, i) => [serial, `pc${i}`]))),
});

let seq = 0;

function speak(world: Watcher, serial: string) {
  const fields = {
    cms_batt_soc: 60,
    pow_get_ac_in: 20 + (seq % 50),
    pow_out_sum_w: 20,
    cms_chg_dsg_state: 0,
  };
  const bytes = encodeFrame("DisplayPropertyUpload", fields, { seq: ++seq, masked: true });
  return world.say(`bridge-ecoflow/${serial}/data`, Buffer.from(bytes));
}

/** Returns milliseconds from the spawn to the first station's reading; the station sends each 20 ms. */
async function firstReading(world: Watcher, begin: number): Promise<number> {
  world.heard.length = 0;
  const timer = setInterval(() => void speak(world, stations[0] as string), 20);
  try {
    await until("the first reading", () => world.heard.some(({ topic }) => topic.endsWith("/json/state")));
    return performance.now() - begin;
  } finally {
    clearInterval(timer);
  }
}

/** Returns the highest resident memory while three stations send. */
async function memoryOf(server: Server, world: Watcher): Promise<number> {
  let most = 0;
  for (let i = 0; i < frames; i++) {
    for (const serial of stations) await speak(world, serial);
    world.heard.length = 0;
    most = Math.max(most, residentMb(server.pid()));
  }
  return most;
}

/** Starts a Node process that does nothing, and waits until it is up. */
function bare(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["-e", "console.log('here'); setInterval(() => {}, 1000)"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve) => child.stdout.once("data", () => resolve(child)));
}

async function bareStart(): Promise<number> {
  const begin = performance.now();
  const child = await bare();
  const taken = performance.now() - begin;
  child.kill();
  return taken;
}

async function bareMemory(): Promise<number> {
  const child = await bare();
  const megabytes = residentMb(child.pid as number);
  child.kill();
  return megabytes;
}

function started(ours: number, partner: number): Figure[] {
  const name = "start of the server to the first judged reading";
  const texts = { ours: `${Math.round(ours)} ms`, better: "lower" as const };
  return [
    {
      ...texts,
      name: `${name}, against a bare Node process`,
      ratio: ours / partner,
      hold: 20,
      partner: `${Math.round(partner)} ms`,
    },
    {
      ...texts,
      name: `${name}, against 1.5 s`,
      ratio: ours / 1_000 / mostSeconds,
      hold: 1,
      partner: "1500 ms",
    },
  ];
}

function resident(ours: number, partner: number): Figure[] {
  const name = "resident memory of the whole server, 3 stations, at most";
  const texts = { ours: `${ours.toFixed(1)} MB`, better: "lower" as const };
  return [
    {
      ...texts,
      name: `${name}, against a bare Node process`,
      ratio: ours / partner,
      hold: 2.6,
      partner: `${partner.toFixed(1)} MB`,
    },
    {
      ...texts,
      name: `${name}, against ${mostMb} MB`,
      ratio: ours / mostMb,
      hold: 1,
      partner: `${mostMb} MB`,
    },
  ];
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] as number;
