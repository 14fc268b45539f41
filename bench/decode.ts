/** decode + fuse + filter against a bare generic walk of the same bytes with the protobuf library's reader. */
import { existsSync, readFileSync } from "node:fs";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { readEnvelope } from "../src/core/decode/envelope.ts";
import { createStation, take } from "../src/core/station.ts";
import { createSimStation } from "../src/sim/station.ts";
import type { Figure } from "./figure.ts";

const captures = "../shared/captures/captures.jsonl";
const rounds = 15;
const framesPerRound = 12_000;

/** Alternates ours and the partner in one run and answers the median ratio of the rounds, so that a busy machine slows both. */
export async function benchDecode(): Promise<Figure[]> {
  const payloads = existsSync(captures) ? capturedPayloads() : emulatedPayloads();
  const ours = ourRun(payloads);
  const partner = () => {
    for (let i = 0; i < framesPerRound; i++) walk(payloads[i % payloads.length] as Uint8Array);
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
      hold: 0.6,
      better: "higher",
      ours: `${Math.round(median.ours)} frames/s`,
      partner: `${Math.round(median.partner)} frames/s`,
    },
  ];
}

function rate(run: () => void): number {
  const begin = performance.now();
  run();
  return framesPerRound / ((performance.now() - begin) / 1000);
}

/** Each payload through one station's memory; every frame differs from the one before it, as on the wire. */
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
    if (published === 0) throw new Error("nothing was decoded: this figure would be one of nothing");
  };
}

/** All protobuf captures. */
function capturedPayloads(): Uint8Array[] {
  const lines = readFileSync(captures, "utf8").trim().split("\n");
  return lines
    .map((line) => JSON.parse(line) as { encoding: string; payload: string })
    .filter(({ encoding }) => encoding !== "json")
    .map(({ encoding, payload }) => new Uint8Array(Buffer.from(payload, encoding as BufferEncoding)))
    .filter((bytes) => "frames" in readEnvelope(bytes));
}

function emulatedPayloads(): Uint8Array[] {
  return createSimStation({ serial: "R655", socPercent: 60, loadWatts: 60 }).advance(600);
}

/** The bare walk: each header, and each field of its data, its value read and thrown away. */
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
  try {
    while (reader.pos < reader.len) {
      const [no, wire] = reader.tag();
      reader.skip(wire, no);
      fields++;
    }
  } catch {
    // A masked frame is no protobuf without its key: the walk ends early, in the partner's favour.
  }
  return fields;
}
