/** One station's truth: decode → fuse → filter in one call, over the station's own mutable memory; the telemetry room holds one memory a station. */
import { takeFields, takeNamed } from "./decode/by-name.ts";
import { type Frame, readEnvelope } from "./decode/envelope.ts";
import { familyOf, rulesOf } from "./decode/families/registry.ts";
import { alternatorCharger, messageNamed } from "./decode/index.ts";
import { readJson } from "./decode/json.ts";
import { type Model, modelOf, modelOfProduct, modelOfProductType } from "./decode/models.ts";
import { takeFrame } from "./decode/take-frame.ts";
import { fingerprintOf } from "./fuse/fingerprint.ts";
import { type JudgedReading, qualityOf, readingOf, update } from "./fuse/judge.ts";
import { type Complaint, createStation, type StationMemory, type StationSetup } from "./fuse/memory.ts";
import { confirms, createSource, doubt, type SourceMemory, spoke, takePart } from "./fuse/sources.ts";
import type { Instant, Measured, PartReading } from "./reading.ts";

export { createStation, type JudgedReading, type StationMemory, type StationSetup };

/** Everything that can reach a station's memory; each input carries its time. */
export type StationInput = { at: Instant; wall: number } & (
  | { kind: "frame"; source: string; bytes: Uint8Array }
  | { kind: "part"; part: PartReading }
  | { kind: "tick" }
);

export interface StationAnswer {
  /** Null: nothing worth publishing. */
  reading: JudgedReading | null;
  /** Why the input, or a part of it, was not believed; one sentence. */
  problem?: string;
  /** What is wrong with the station or its source from now on, in one sentence (S16, S17): said once, worth an alarm. */
  complaint?: { code: Complaint; text: string };
}

/** Takes one input in, changes `memory`, and answers the reading to publish. Never throws on foreign bytes. */
export function take(memory: StationMemory, input: StationInput): StationAnswer {
  if (input.kind === "tick") return takeTick(memory, input.at, input.wall);
  if (input.kind === "part") return takePartial(memory, input.part, input.at, input.wall);
  return takeBytes(memory, input.source, input.bytes, input.at, input.wall);
}

/** Hold times and proof ages run out without messages (I7); answers a reading only when that changed something. */
function takeTick(memory: StationMemory, at: Instant, wall: number): StationAnswer {
  if (at < memory.wakeAt) return { reading: null };
  const { verdict, basis } = memory.grid;
  const { carriedBy, quality, complaint } = memory;
  const values = update(memory, at, wall, { values: false, grid: false });
  const changed =
    memory.grid.verdict !== verdict ||
    memory.grid.basis !== basis ||
    memory.carriedBy !== carriedBy ||
    memory.quality !== quality;
  return changed || memory.complaint !== complaint
    ? answer(memory, values, at, complaint)
    : { reading: null };
}

/** The reading, and with it the one sentence of a complaint that is new. */
function answer(
  memory: StationMemory,
  values: Measured,
  at: Instant,
  before: Complaint | null,
): StationAnswer {
  const reading = readingOf(memory, values, at);
  const { complaint } = memory;
  return complaint === null || complaint === before
    ? { reading }
    : { reading, complaint: { code: complaint, text: sentences[complaint] } };
}

const sentences: Readonly<Record<Complaint, string>> = {
  "does-not-tell":
    "this firmware does not tell of the mains: a day with load and no sign of it, so the grid stays unknown; add USB or a witness",
  "source-flaps":
    "the local source flaps: its word on the mains changed more than three times in ten minutes while watts come in from it, so it is not believed",
};

function sourceOf(memory: StationMemory, name: string): SourceMemory {
  for (const known of memory.sources) if (known.name === name) return known;
  const source = createSource(name);
  memory.sources = memory.sources.concat(source);
  return source;
}

function takeBytes(
  memory: StationMemory,
  name: string,
  bytes: Uint8Array,
  at: Instant,
  wall: number,
): StationAnswer {
  if (memory.noStation !== null) return { reading: null, problem: memory.noStation };
  const source = sourceOf(memory, name);
  // A replay confirms nothing (I2), through whichever source it comes.
  const fingerprint = fingerprintOf(bytes);
  for (const { previous } of memory.sources) if (previous === fingerprint) return { reading: null };
  const taken = looksLikeJson(bytes) ? takeJson(memory, bytes, at) : takeEnvelope(memory, bytes, at);
  if ("problem" in taken) return { reading: null, problem: taken.problem };
  source.previous = fingerprint;
  learnFamily(memory);
  memory.framesFrom = source;
  memory.newest = source;
  memory.receivedWall = wall;
  source.heardAt = at;
  if (taken.kind === "live") {
    settleReply(memory, source, at);
    spoke(source, at);
  } else memory.evidence.replyAt = at;
  const { complaint } = memory;
  const { last } = memory.grid;
  const values = update(memory, at, wall, { values: true, grid: true });
  if (taken.kind === "reply" && last === "lost" && memory.grid.last === "present") memory.endedByReply = true;
  const own = taken.timestamp;
  const agrees = own !== null && Math.abs(own - wall) <= clocksAgreeMs;
  countFrames(memory, source, taken.kind, at, agrees ? own : wall);
  return answer(memory, values, at, complaint);
}

/** What a payload was, once it was merged. */
interface Taken {
  kind: "live" | "reply";
  /** The station's own time, epoch ms. */
  timestamp: number | null;
}

/** The station's own time counts when it is this near to ours (R18). */
const clocksAgreeMs = 60_000;

function takeEnvelope(memory: StationMemory, bytes: Uint8Array, at: Instant): Taken | { problem: string } {
  const envelope = readEnvelope(bytes);
  if ("unknown" in envelope)
    return isSpacedJson(bytes) ? takeJson(memory, bytes, at) : { problem: envelope.unknown };
  const kind = takeFrames(memory, envelope.frames, at);
  if (kind !== null) return { kind, timestamp: null };
  return { problem: whyNothing(envelope.frames) };
}

/** What to say of frames of which nothing was taken. */
function whyNothing(frames: readonly Frame[]): string {
  const foreign = frames.every(({ src }) => src === alternatorCharger);
  if (foreign) return "the alternator charger speaks of itself, not of the station";
  const [first] = frames;
  return `nothing known in message ${first?.cmdFunc}/${first?.cmdId}`;
}

/** `{` is no byte that an envelope begins with. */
const looksLikeJson = (bytes: Uint8Array) => bytes[0] === 0x7b;

/** White space or a byte order mark before the `{`. Asked last: a line feed begins an envelope as well. */
const isSpacedJson = (bytes: Uint8Array) => /^\s*\{/.test(new TextDecoder().decode(bytes));

function takeJson(memory: StationMemory, bytes: Uint8Array, at: Instant): Taken | { problem: string } {
  const payload = readJson(parsed(bytes));
  if ("unknown" in payload) return { problem: payload.unknown };
  memory.device.heartbeat = false;
  let taken = 0;
  for (const { message, fields } of payload.parts) {
    const table = message === null ? null : messageNamed(message);
    if (table === null ? takeFields(memory.device, fields, at) : takeNamed(memory.device, table, fields, at))
      taken++;
  }
  if (taken === 0) return { problem: "JSON without a field that is known" };
  memory.model ??= modelOf(payload.serial) ?? modelOfProductType(payload.productType);
  return { kind: payload.reply ? "reply" : "live", timestamp: payload.timestamp };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

/** Where no serial tells the family, the kind of its messages does. */
function learnFamily(memory: StationMemory): void {
  const { device, model } = memory;
  const family = model?.family ?? familyOf(device);
  if (family !== null) memory.rules = rulesOf(family, model);
}

/** Merges the frames of one payload. Null when nothing in it is known; all headers of one payload are one sample (S16). */
function takeFrames(memory: StationMemory, frames: readonly Frame[], at: Instant): "live" | "reply" | null {
  memory.device.heartbeat = false;
  let taken = 0;
  let pushed = false;
  for (const frame of frames) {
    if (!takeFrame(memory.device, frame, at)) continue;
    taken++;
    pushed ||= frame.push;
    memory.model ??= modelOfProduct(frame.productId);
  }
  if (taken === 0) return null;
  // A lone battery heartbeat is never a snapshot that somebody asked for.
  return pushed || (taken === 1 && memory.device.heartbeat) ? "live" : "reply";
}

/**
 * Something live came. A reply that it does not follow in time was from a cache: the mains that it told of is no proof, the
 * loss that it ended is not over, and its charge is none that the station's would have to agree with (S7).
 */
function settleReply(memory: StationMemory, source: SourceMemory, at: Instant): void {
  const { evidence, grid, endedByReply } = memory;
  memory.endedByReply = false;
  if (confirms(source, at)) return;
  evidence.voidUntil = Math.max(evidence.voidUntil, source.doubtfulAt);
  if (memory.samples === 0) memory.soc.value = Number.NaN;
  if (endedByReply) Object.assign(grid, { verdict: "unknown", basis: "none", last: "lost" });
}

/** A push is a sample at once, a reply when something live follows it (S7). */
function countFrames(
  memory: StationMemory,
  source: SourceMemory,
  taken: "live" | "reply",
  at: Instant,
  wall: number,
): void {
  if (taken === "reply") {
    doubt(source, at, wall);
    return;
  }
  if (confirms(source, at)) count(memory, source.doubtfulAt, source.doubtfulWall);
  source.doubtfulAt = Number.NEGATIVE_INFINITY;
  count(memory, at, wall);
  memory.quality = qualityOf(memory, at);
}

function count(memory: StationMemory, at: Instant, wall: number): void {
  if (memory.isFrozen) return;
  memory.samples++;
  memory.sampleAt = at;
  memory.sampledWall = wall;
}

function takePartial(memory: StationMemory, part: PartReading, at: Instant, wall: number): StationAnswer {
  const source = sourceOf(memory, part.source);
  takePart(source, part, at);
  memory.newest = source;
  memory.receivedWall = part.received_at;
  source.heardAt = at;
  if (part.sample) spoke(source, at);
  const { complaint } = memory;
  const told = { values: part.sample, grid: part.sample && part.grid !== null };
  const values = update(memory, at, wall, told);
  if (part.sample) count(memory, at, part.sampled_at);
  memory.quality = qualityOf(memory, at);
  return answer(memory, values, at, complaint);
}

/** Tells a memory its model where the serial does not: a text beside a recording, for example. Null leaves it open. */
export function setModel(memory: StationMemory, model: Model | null): void {
  if (model === null) return;
  memory.model = model;
  memory.rules = rulesOf(model.family, model);
}
