/** decode + fuse + filter against a bare generic walk of the same bytes with the protobuf library's reader. */
import { existsSync, readFileSync } from "node:fs";
import v8 from "node:v8";
import { runInNewContext } from "node:vm";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { readEnvelope } from "../src/core/decode/envelope.ts";
import { createStation, type StationMemory, take } from "../src/core/station.ts";
import { createSimStation } from "../test/sim-station.ts";
import type { Figure } from "./figure.ts";

const captures = "../shared/captures/captures.jsonl";
const rounds = 15;
const framesPerRound = 12_000;

/** Alternates ours and the partner in one run and returns the median ratio of the rounds, so that a busy machine slows both. */
export async function benchDecode(): Promise<Figure[]> {
  const devices = existsSync(captures) ? capturedPayloads() : [emulatedPayloads()];
  const payloads = devices.flat();
  const ours = ourRun(payloads);
  const plain = payloads.map(plainOf);
  const partner = () => {
    for (let i = 0; i < framesPerRound; i++) walk(plain[i % plain.length] as Uint8Array);
  };
  for (let i = 0; i < 3; i++) {
    ours();
    partner();
  }
  const pairs: { ours: number; partner: number }[] = [];
  for (let i = 0; i < rounds; i++) pairs.push({ ours: rate(ours), partner: rate(partner) });
  pairs.sort((one, other) => one.ours / one.partner - other.ours / other.partner);
  const median = pairs[Math.floor(rounds / 2)] as { ours: number; partner: number };
  return [
    {
      name: "decode + fuse + filter against a bare walk of the same bytes",
      ratio: median.ours / median.partner,
      hold: 1,
      better: "higher",
      ours: `${Math.round(median.ours)} frames/s`,
      partner: `${Math.round(median.partner)} frames/s`,
    },
    benchMany(devices, 1_000, 1.2),
    benchMany(devices, 10_000, 1.6),
    benchUptime(devices),
  ];
}

/** Sends the same frames to 10 and to `count` stations in turns: the cost of memory size per frame. */
function benchMany(devices: readonly Uint8Array[][], count: number, hold: number): Figure {
  const few = spread(devices, 10);
  const many = spread(devices, count);
  few(50_000);
  // Until each station has received most of the payloads, so that its memory is complete.
  many(20 * count);
  // The least of several rounds each: time that a busy machine adds is not our cost.
  const least = { few: Number.POSITIVE_INFINITY, many: Number.POSITIVE_INFINITY };
  for (let i = 0; i < rounds; i++) {
    least.few = Math.min(least.few, microseconds(few));
    least.many = Math.min(least.many, microseconds(many));
  }
  return {
    name: `cost per frame with ${count} stations against 10, a frame to each in turn`,
    ratio: least.many / least.few,
    hold,
    better: "lower",
    ours: `${least.many.toFixed(2)} µs`,
    partner: `${least.few.toFixed(2)} µs`,
  };
}

/** Memory of 1 000 stations after a time and after eleven times as long: nothing grows with uptime. */
function benchUptime(devices: readonly Uint8Array[][]): Figure {
  const hear = spread(devices, 1_000);
  hear(60_000);
  const early = heapBytes();
  hear(600_000);
  const late = heapBytes();
  // Used after the measurement, so that the memory cannot be collected before it.
  hear(1);
  return {
    name: "memory in use after eleven times the frames",
    ratio: late / early,
    hold: 1.02,
    better: "lower",
    ours: `${(late / 1e6).toFixed(2)} MB`,
    partner: `${(early / 1e6).toFixed(2)} MB`,
  };
}

/** Returns the bytes that live after a full collection, including those outside the heap. */
function heapBytes(): number {
  v8.setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const framesPerSpread = 40_000;
const wallAtStart = 1_750_000_000_000;

function microseconds(run: (frames: number) => void): number {
  const begin = performance.now();
  run(framesPerSpread);
  return ((performance.now() - begin) * 1_000) / framesPerSpread;
}

/** Sends one frame to each station in turn. Each cycles through the payloads of one device; every ten have the same mix. */
function spread(devices: readonly Uint8Array[][], count: number): (frames: number) => void {
  const stations = Array.from({ length: count }, (_, i) =>
    createStation({
      id: `bench${i}`,
      serial: "R655",
      name: null,
      capacityWh: null,
      dischargeLimitPercent: null,
    }),
  );
  let next = 0;
  return (frames) => {
    for (let i = 0; i < frames; i++, next++) {
      const station = next % count;
      const round = Math.floor(next / count);
      const at = (round + 1) * 1_000;
      const own = devices[(station % 10) % devices.length] as Uint8Array[];
      const bytes = own[(round + station) % own.length] as Uint8Array;
      const wall = wallAtStart + at;
      take(stations[station] as StationMemory, { kind: "frame", source: "mqtt-raw", bytes, at, wall });
    }
  };
}

function rate(run: () => void): number {
  const begin = performance.now();
  run();
  return framesPerRound / ((performance.now() - begin) / 1000);
}

/** Sends each payload through one station's memory; every frame differs from the one before it, as on the wire. */
function ourRun(payloads: readonly Uint8Array[]): () => void {
  const setup = { id: "bench", serial: "R655", name: null, capacityWh: null, dischargeLimitPercent: null };
  const memory = createStation(setup);
  let at = 0;
  let published = 0;
  return () => {
    for (let i = 0; i < framesPerRound; i++) {
      at += 1_000;
      const bytes = payloads[i % payloads.length] as Uint8Array;
      const { reading } = take(memory, { kind: "frame", source: "mqtt-raw", bytes, at, wall: at });
      if (reading !== null) published++;
    }
    if (published === 0) throw new Error("nothing was decoded: this figure would mean nothing");
  };
}

/** Returns all protobuf captures, by the device that sent them. */
function capturedPayloads(): Uint8Array[][] {
  const devices = new Map<string, Uint8Array[]>();
  for (const line of readFileSync(captures, "utf8").trim().split("\n")) {
    const { device, encoding, payload } = JSON.parse(line) as Record<
      "device" | "encoding" | "payload",
      string
    >;
    if (encoding === "json") continue;
    const bytes = new Uint8Array(Buffer.from(payload, encoding as BufferEncoding));
    if ("frames" in readEnvelope(bytes)) devices.set(device, [...(devices.get(device) ?? []), bytes]);
  }
  return [...devices.values()];
}

function emulatedPayloads(): Uint8Array[] {
  return createSimStation({ serial: "R655", socPercent: 60, loadWatts: 60 }).advance(600);
}

/** The bare walk: reads each header and each field of its data, and discards the values. */
function walk(bytes: Uint8Array): number {
  const reader = new BinaryReader(bytes);
  let fields = 0;
  while (reader.pos < reader.len) {
    reader.tag();
    const end = reader.uint32() + reader.pos;
    while (reader.pos < end) {
      const [no, wire] = reader.tag();
      if (no === 1 && wire === WireType.LengthDelimited) fields += walkFields(reader.bytes());
      else reader.skip(wire, no);
    }
  }
  return fields;
}

function walkFields(bytes: Uint8Array): number {
  const reader = new BinaryReader(bytes);
  let fields = 0;
  while (reader.pos < reader.len) {
    const [no, wire] = reader.tag();
    reader.skip(wire, no);
    fields++;
  }
  return fields;
}

/** Returns the payload unmasked: the partner has no key, and an exception for each masked frame would slow it down. */
function plainOf(bytes: Uint8Array): Uint8Array {
  const envelope = readEnvelope(bytes);
  const frames = "frames" in envelope ? [...envelope.frames] : [];
  const plain = bytes.slice();
  const reader = new BinaryReader(plain);
  while (reader.pos < reader.len) {
    reader.tag();
    const end = reader.uint32() + reader.pos;
    while (reader.pos < end) {
      const [no, wire] = reader.tag();
      if (no !== 1 || wire !== WireType.LengthDelimited) reader.skip(wire, no);
      else {
        const data = reader.bytes();
        if (data.length > 0) data.set(frames.shift()?.pdata ?? data);
      }
    }
  }
  return plain;
}
