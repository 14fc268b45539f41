/** One raw payload: read in whichever form it has, recognised as a push or a reply, and merged into the station's device. */
import { parseJson } from "./bounded-json.ts";
import { takeFields, takeNamed } from "./decode/by-name.ts";
import { type Frame, readEnvelope } from "./decode/envelope.ts";
import { bmsHeartBeatReport } from "./decode/fields/bms-heartbeat.ts";
import { alternatorCharger, messageNamed, messageOf } from "./decode/index.ts";
import { readJson } from "./decode/json.ts";
import { modelOf, modelOfProduct, modelOfProductType } from "./decode/models.ts";
import { takeFrame } from "./decode/take-frame.ts";
import type { StationMemory } from "./fuse/memory.ts";
import type { Instant } from "./reading.ts";

type Json = Exclude<ReturnType<typeof readJson>, { unknown: string }>;

/** A payload that was read and not merged yet. */
export type Payload = { frames: readonly Frame[] } | { json: Json };

/** What a payload was, once it was merged. */
export interface Merged {
  kind: "live" | "reply";
  /** The station's own time, epoch ms; null where it gave none. */
  timestamp: number | null;
}

/** Why a payload was dropped, in one sentence. */
export interface Dropped {
  problem: string;
}

/** Reads protobuf frames or JSON. Never throws. */
export function readPayload(bytes: Uint8Array): Payload | Dropped {
  if (looksLikeJson(bytes)) return readText(bytes);
  const envelope = readEnvelope(bytes);
  if (!("unknown" in envelope)) return { frames: envelope.frames };
  return isSpacedJson(bytes) ? readText(bytes) : { problem: envelope.unknown };
}

function readText(bytes: Uint8Array): Payload | Dropped {
  const parsed = parseJson(new TextDecoder().decode(bytes));
  if ("problem" in parsed) return { problem: parsed.problem };
  const json = readJson(parsed.value);
  return "unknown" in json ? { problem: json.unknown } : { json };
}

/** `{` is no byte that an envelope begins with. */
const looksLikeJson = (bytes: Uint8Array) => bytes[0] === 0x7b;

/** White space or a byte order mark before the `{`. Checked last, because a line feed also begins an envelope. */
const isSpacedJson = (bytes: Uint8Array) => /^\s*\{/.test(new TextDecoder().decode(bytes));

/** Whether the payload answers a request, so that it may come from a cache. A lone battery heartbeat never does. */
export function isReply(payload: Payload): boolean {
  if ("json" in payload) return payload.json.reply;
  const known = payload.frames.filter(
    (frame) => frame.src !== alternatorCharger && messageOf(frame) !== null,
  );
  if (known.some(({ push }) => push)) return false;
  const [first, second] = known;
  return first === undefined || second !== undefined || messageOf(first) !== bmsHeartBeatReport;
}

/** Merges a payload into the device and learns the model from it. All headers of one payload are one sample (S16). */
export function mergePayload(memory: StationMemory, payload: Payload, at: Instant): Merged | Dropped {
  return "json" in payload ? mergeJson(memory, payload.json, at) : mergeFrames(memory, payload.frames, at);
}

function mergeJson(memory: StationMemory, json: Json, at: Instant): Merged | Dropped {
  memory.device.heartbeat = false;
  let taken = 0;
  for (const { message, fields } of json.parts) {
    const table = message === null ? null : messageNamed(message);
    if (table === null ? takeFields(memory.device, fields, at) : takeNamed(memory.device, table, fields, at))
      taken++;
  }
  if (taken === 0) return { problem: "JSON without a field that is known" };
  memory.model ??= modelOf(json.serial) ?? modelOfProductType(json.productType);
  return { kind: json.reply ? "reply" : "live", timestamp: json.timestamp };
}

function mergeFrames(memory: StationMemory, frames: readonly Frame[], at: Instant): Merged | Dropped {
  memory.device.heartbeat = false;
  let taken = 0;
  let pushed = false;
  for (const frame of frames) {
    if (!takeFrame(memory.device, frame, at)) continue;
    taken++;
    pushed ||= frame.push;
    memory.model ??= modelOfProduct(frame.productId);
  }
  if (taken === 0) return { problem: whyNothing(frames) };
  // A lone battery heartbeat is never part of a requested snapshot.
  const isLive = pushed || (taken === 1 && memory.device.heartbeat);
  return { kind: isLive ? "live" : "reply", timestamp: null };
}

/** Why nothing was taken from these frames. */
function whyNothing(frames: readonly Frame[]): string {
  const foreign = frames.every(({ src }) => src === alternatorCharger);
  if (foreign) return "the alternator charger speaks of itself, not of the station";
  const [first] = frames;
  return `nothing known in message ${first?.cmdFunc}/${first?.cmdId}`;
}
