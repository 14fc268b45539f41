/** The built server under load, through mosquitto, against a bare echo client under the same load. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { encodeFrame } from "../src/sim/encode.ts";
import { startServer } from "../test/server.ts";
import { hasMosquitto, startMosquitto, until, type Watcher, watch } from "../test/world.ts";
import type { Figure } from "./figure.ts";

/** Messages in flight: fewer than a broker keeps for one client, so that none is dropped. */
const window = 400;
const sustainedStations = 1_000;
const sustainedFrames = 15_000;
const sustainedRounds = 5;

const pacedStations = 10_000;
const pacedPerSec = 5_000;
const pacedSeconds = 10;
const warmSeconds = 6;

const serialOf = (station: number) => `R655LOAD${String(station).padStart(8, "0")}`;

/** Frames at the limit, then 5 000 a second of 10 000 stations. */
export async function benchLoad(): Promise<Figure[]> {
  if (!hasMosquitto) {
    console.log("The figures under load are left out: mosquitto is not installed.");
    return [];
  }
  const broker = await startMosquitto();
  const server = startServer({
    env: {
      MQTT_HOST: "127.0.0.1",
      MQTT_PORT: String(broker.port),
      DEVICE_TO_AGENTS_JSON: JSON.stringify({ [serialOf(0)]: "pc" }),
      NODE_OPTIONS: `--import=${new URL("./delay.js", import.meta.url)}`,
    },
  });
  const echo = spawn(process.execPath, [fileURLToPath(new URL("./echo.js", import.meta.url)), broker.url]);
  const world = await watch(broker.url, [
    "echo/out",
    "echo/ready",
    "power-manager/orchestrator/status",
    "bridge-ecoflow/+/json/state",
  ]);
  const load = new Load(world);
  try {
    await until("the server is there", () => world.heard.some(({ text }) => text.includes('"online":true')));
    await until("the partner is there", () => world.on("echo/ready").length > 0);
    return [await sustained(load), ...(await paced(load, server.pid(), echo, server.output))];
  } finally {
    load.end();
    await world.end();
    echo.kill();
    await server.end();
    await broker.end();
  }
}

/** Sends frames to the server or the partner with a bounded number in flight, and counts the answers. */
class Load {
  readonly #world: Watcher;
  #seq = 0;
  #sent = 0;
  #back = 0;
  #heard = () => {};

  constructor(world: Watcher) {
    this.#world = world;
    world.client.on("message", this.#onMessage);
  }

  readonly #onMessage = (topic: string) => {
    if (topic !== "echo/out" && !topic.endsWith("/json/state")) return;
    this.#world.heard.length = 0;
    this.#back++;
    this.#heard();
  };

  end() {
    this.#world.client.off("message", this.#onMessage);
  }

  send(target: "ours" | "partner", stations: number): void {
    const station = this.#sent++ % stations;
    const fields = { num: 0, soc: 60, output_watts: this.#seq % 500, input_watts: 0, chg_dsg_state: 0 };
    const bytes = encodeFrame("BMSHeartBeatReport", fields, { src: 7, seq: ++this.#seq, masked: true });
    const topic = target === "ours" ? `bridge-ecoflow/${serialOf(station)}/data` : "echo/in";
    this.#world.client.publish(topic, Buffer.from(bytes), { qos: 1 });
  }

  /** Frames a second with the window always full. */
  async atTheLimit(target: "ours" | "partner", frames: number): Promise<number> {
    this.#back = 0;
    this.#sent = 0;
    const begin = performance.now();
    await inTime(target, (done) => {
      this.#heard = () => {
        if (this.#sent < frames) this.send(target, sustainedStations);
        else if (this.#back >= frames) done();
      };
      for (let i = 0; i < window; i++) this.send(target, sustainedStations);
    });
    this.#heard = () => {};
    return (frames * 1_000) / (performance.now() - begin);
  }

  /** Sends at a fixed rate, frames a second; what cannot be sent in time is sent late, and nothing is left out. */
  async atARate(target: "ours" | "partner", seconds: number): Promise<void> {
    this.#back = 0;
    this.#sent = 0;
    const begin = performance.now();
    let timer: NodeJS.Timeout | undefined;
    await inTime(target, (done) => {
      timer = setInterval(() => {
        const due = Math.min(seconds, (performance.now() - begin) / 1_000) * pacedPerSec;
        while (this.#sent < due && this.#sent - this.#back < 2 * window) this.send(target, pacedStations);
        if (this.#sent >= seconds * pacedPerSec && this.#back >= this.#sent) done();
      }, 2);
    }).finally(() => clearInterval(timer));
  }
}

/** Fails after a generous time: a dead server or a lost frame must not hang the bench. */
async function inTime(target: string, work: (done: () => void) => void): Promise<void> {
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    limit = setTimeout(() => reject(new Error(`${target}: frames did not come back within 2 min`)), 120_000);
  });
  await Promise.race([new Promise<void>(work), late]).finally(() => clearTimeout(limit));
}

async function sustained(load: Load): Promise<Figure> {
  const pairs: { ours: number; partner: number }[] = [];
  for (let round = 0; round <= sustainedRounds; round++) {
    const ours = await load.atTheLimit("ours", sustainedFrames);
    const partner = await load.atTheLimit("partner", sustainedFrames);
    // The first round warms up.
    if (round > 0) pairs.push({ ours, partner });
  }
  pairs.sort((one, other) => one.ours / one.partner - other.ours / other.partner);
  const median = pairs[pairs.length >> 1] as { ours: number; partner: number };
  return {
    name: `sustained raw frames to json/state through mosquitto, ${sustainedStations} stations, against a bare echo client at its limit`,
    ratio: median.ours / median.partner,
    hold: 0.6,
    better: "higher",
    ours: `${Math.round(median.ours)} frames/s`,
    partner: `${Math.round(median.partner)} frames/s`,
  };
}

async function paced(
  load: Load,
  server: number,
  echo: ChildProcess,
  output: () => string,
): Promise<Figure[]> {
  await load.atARate("ours", warmSeconds);
  process.kill(server, "SIGUSR2");
  const ours = await cpuOf(server, () => load.atARate("ours", pacedSeconds));
  process.kill(server, "SIGUSR2");
  const memory = residentMb(server);
  const delay = await delayTold(output);
  const partner = await cpuOf(echo.pid as number, () => load.atARate("partner", pacedSeconds));
  const what = `${pacedStations} stations, ${pacedPerSec} frames/s`;
  return [
    {
      name: `${what}: CPU time against the echo client's`,
      ratio: ours / partner,
      hold: 3,
      better: "lower",
      ours: `${ours.toFixed(2)} s in ${pacedSeconds} s, event loop delay p99 ${delay.toFixed(1)} ms`,
      partner: `${partner.toFixed(2)} s`,
    },
    limit(`${what}: resident memory against 250 MB`, memory, 250, "MB"),
    limit(`${what}: event loop delay, p99, against 20 ms`, delay, 20, "ms"),
  ];
}

const limit = (name: string, value: number, most: number, unit: string): Figure => ({
  name,
  ratio: value / most,
  hold: 1,
  better: "lower",
  ours: `${value.toFixed(1)} ${unit}`,
  partner: `${most} ${unit}`,
});

/** Returns the CPU seconds, over all threads, that a process spends during `work`. */
async function cpuOf(pid: number, work: () => Promise<void>): Promise<number> {
  const before = cpuSeconds(pid);
  await work();
  return cpuSeconds(pid) - before;
}

/** Returns user and system time, fields 14 and 15 of /proc/PID/stat, in hundredths of a second. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Returns the resident memory of a process. */
export function residentMb(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1_024;
}

/** Returns what delay.ts printed at its second signal, milliseconds. */
async function delayTold(output: () => string): Promise<number> {
  const told = () => [...output().matchAll(/event loop delay p99 ([\d.]+) ms/g)];
  await until("the server tells its event loop delay", () => told().length > 1);
  return Number(told().at(-1)?.[1]);
}
