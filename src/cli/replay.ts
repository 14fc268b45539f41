/** `ecoflow-power replay`: a recording's frames to the broker again, with the pauses they had. */
import { resolve } from "node:path";
import { type Config, stationIds } from "../config/config.ts";
import { makeTopics, topicFor, topicName } from "../contract/topics.ts";
import { type ClientOptions, connectClient } from "../io/client.ts";
import { type Clock, systemClock } from "../io/clock.ts";
import { type Entry, readRecording } from "../io/recording.ts";
import { sitePlan } from "../site.ts";
import { type CommandIo, defineCommand, type Given, WrongUsage } from "./command.ts";
import { configOption, configured } from "./configured.ts";
import { isFile } from "./inspect/material.ts";
import { brokerFor } from "./reach.ts";
import { allowed, objections, type Played, realOption } from "./simulate-guard.ts";
import { pause, sleep } from "./waiting.ts";

/** How long to listen whether a station of the recording exists. */
const listenSec = 5;

const options = {
  speed: {
    value: "N",
    about:
      "plays N times faster; 1 unless given. The server's hold times go by its own clock: they do not get faster",
  },
  sn: { value: "S", about: "only the frames of this station" },
  to: { value: "SN", about: "publish them as if this station had sent them" },
  config: configOption,
  real: realOption,
} as const;

export const replayCommand = defineCommand(
  {
    name: "replay",
    summary: "a recording's frames to the broker again, with the pauses they had",
    about:
      "Publishes the frames of a recording on <base>/<serial>/data of the configured broker, with the pauses they had. A server takes them when its configuration has a source of kind mqtt-raw.",
    words: { FILE: "a recording, made by ecoflow-power record" },
    options,
    examples: ["outage.jsonl --speed 10 --to SimulatedDevice"],
  },
  async (given, io) => {
    const wanted = understood(given);
    const config = configured(given.values.config, io);
    return config === null ? 1 : replay(config, wanted, io, systemClock());
  },
);

export interface Wanted {
  file: string;
  speed: number;
  serial: string | null;
  to: string | null;
  real: boolean;
}

/** What is wanted; throws `WrongUsage` when it cannot be understood. */
function understood({ values, words }: Given<typeof options>): Wanted {
  const [file, more] = words;
  if (file === undefined || more !== undefined) throw new WrongUsage("replay wants one FILE.");
  const speed = Number(values.speed ?? "1");
  if (!(speed > 0 && speed <= 100_000)) throw new WrongUsage("--speed takes a number above 0, up to 100000.");
  if (values.to !== undefined && !topicName.test(values.to))
    throw new WrongUsage("--to takes one serial number or station id.");
  const { sn = null, to = null, real } = values;
  return { file, speed, serial: sn, to, real };
}

type Frame = Extract<Entry, { kind: "frame" }>;

async function* framesOf(path: string, serial: string | null, io: CommandIo | null): AsyncIterable<Frame> {
  const tell = (line: number, why: string) => io?.err(`line ${line} is left out: ${why}`);
  for await (const entry of readRecording(path, tell)) {
    if (entry.kind === "frame" && (serial === null || entry.sn === serial)) yield entry;
  }
}

/** Replays a recording to the broker of `config`; `clock` is that of the listening beforehand. Returns the exit code. */
export async function replay(config: Config, wanted: Wanted, io: CommandIo, clock: Clock): Promise<number> {
  const path = resolve(io.cwd, wanted.file);
  if (!(await isFile(wanted.file, io))) {
    io.err(`There is no file ${path}: name a recording, made by ecoflow-power record.`);
    return 1;
  }
  const targets = new Set<string>();
  for await (const { sn } of framesOf(path, wanted.serial, io)) targets.add(wanted.to ?? sn);
  if (targets.size === 0) {
    io.err(`${wanted.file} holds no frame${wanted.serial === null ? "" : ` of ${wanted.serial}`}.`);
    return 1;
  }
  const broker = brokerFor(config, "replay");
  io.out(`Listening for ${listenSec} s at ${broker.url} whether ${[...targets].join(", ")} exists …`);
  if (!(await mayPlay([...targets], config, broker, wanted.real, io, clock))) return 1;
  return publish(path, wanted, config, broker, io);
}

/** Refuses to play a station whose machines would obey (S32). */
async function mayPlay(
  targets: readonly string[],
  config: Config,
  broker: ClientOptions,
  real: boolean,
  io: CommandIo,
  clock: Clock,
): Promise<boolean> {
  const topics = makeTopics(config.base, "unused");
  const listened = pause(clock, listenSec, io.stop);
  const all = targets.map(async (target, index) => {
    const played = playedStation(config, target);
    const own = { ...broker, clientId: `${broker.clientId}-${index}` };
    return { played, reasons: await objections(played, topics, own, () => listened) };
  });
  for (const { played, reasons } of await Promise.all(all)) {
    if (io.stop.aborted || !(await allowed(reasons, played, real, io))) return false;
  }
  return true;
}

/** A station as the configuration knows it; one that it does not know has its serial for a name, and no machines. */
function playedStation(config: Config, target: string): Played {
  const ids = stationIds(config);
  const id = ids.get(target) ?? target;
  const machines = Object.entries(config.machines)
    .filter(([, machine]) => machine.stations.includes(id))
    .map(([name]) => name);
  const words = new Set([target, ...[...ids].filter(([, other]) => other === id).map(([word]) => word)]);
  const serial = sitePlan(config, "", "").stations.find((station) => station.id === id)?.serial ?? null;
  return { id, words, serial, machines };
}

async function publish(
  path: string,
  { serial, to, speed, file }: Wanted,
  config: Config,
  broker: ClientOptions,
  io: CommandIo,
): Promise<number> {
  const { data } = makeTopics(config.base, "unused");
  const client = await connectClient(broker);
  const began = performance.now();
  let first: number | null = null;
  let frames = 0;
  try {
    for await (const { at, sn, bytes } of framesOf(path, serial, null)) {
      first ??= at;
      const due = began + (at - first) / speed;
      const left = due - performance.now();
      if (left > 0) await sleep(left / 1_000, io.stop);
      if (io.stop.aborted) break;
      await client.publish(topicFor(data, { serial: to ?? sn }), bytes);
      frames += 1;
    }
  } finally {
    await client.close();
  }
  const sec = Math.round((performance.now() - began) / 1_000);
  io.out(
    `${io.stop.aborted ? "Stopped: " : ""}${frames} frame${frames === 1 ? "" : "s"} of ${file} published in ${sec} s.`,
  );
  return io.stop.aborted ? 1 : 0;
}
