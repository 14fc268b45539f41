/** One station: decodes, fuses and filters each input over the station's own memory. The telemetry room holds one memory a station. */
import { familyOf, familyRulesOf } from "./decode/families/registry.ts";
import type { Model } from "./decode/models.ts";
import { mayBeLate } from "./fuse/backlog.ts";
import { ownTime, proofOf, sampleTime, type TimeProof } from "./fuse/clocks.ts";
import { type JudgedReading, qualityOf, update } from "./fuse/judge.ts";
import { type Complaint, createStation, type StationMemory, type StationSetup } from "./fuse/memory.ts";
import { readingOf } from "./fuse/reading.ts";
import { countLive, countReply, countSample, isRepeat, settleReplies } from "./fuse/samples.ts";
import {
  createSource,
  isLiveElsewhere,
  type SourceMemory,
  silenceOf,
  spoke,
  takePart,
} from "./fuse/sources.ts";
import { frameTraits, type SourceTraits } from "./fuse/traits.ts";
import { isReply, mergePayload, type Payload, readPayload } from "./payload.ts";
import type { Instant, Measured, PartReading } from "./reading.ts";

export { createStation, type JudgedReading, type StationMemory, type StationSetup };

/** Everything that can reach a station's memory. `at` decides, `wall` (epoch ms) is for people. */
export type StationInput = { at: Instant; wall: number } & (FrameInput | PartInput | { kind: "tick" });

interface PartInput {
  kind: "part";
  part: PartReading;
  traits: SourceTraits;
  /** When its sender measured, epoch ms by the sender's clock; left out and null: it does not say. */
  own?: number | null;
}

/** A raw payload of the source instance `source`. The memory keeps `bytes` until the next payload: never write to them again. */
interface FrameInput {
  kind: "frame";
  source: string;
  bytes: Uint8Array;
  /** Left out: frames through a cloud or a broker. */
  traits?: SourceTraits;
}

export interface StationAnswer {
  /** Null: nothing to publish. */
  reading: JudgedReading | null;
  /** Why the input was dropped; one sentence. */
  problem?: string;
  /** A fault of the station or of a source that begins now: reported once, worth an alarm (S16, S17). */
  complaint?: Complaint;
}

/** Takes one input in, changes `memory`, and answers the reading to publish. Never throws on foreign bytes. */
export function take(memory: StationMemory, input: StationInput): StationAnswer {
  if (input.kind === "tick") return takeTick(memory, input.at, input.wall);
  if (input.kind === "part") return takePartial(memory, input, input.at, input.wall);
  return takeBytes(memory, input, input.at, input.wall);
}

/** Lets hold times and proof ages run out without messages (I7); answers a reading only when that changed something. */
function takeTick(memory: StationMemory, at: Instant, wall: number): StationAnswer {
  if (at < memory.wakeAt) return { reading: null };
  const { verdict, basis } = memory.grid;
  const { carriedBy, quality, complaint, isDisputed } = memory;
  const values = update(memory, at, wall, { values: false, grid: false });
  const changed =
    memory.grid.verdict !== verdict ||
    memory.grid.basis !== basis ||
    memory.carriedBy !== carriedBy ||
    memory.quality !== quality ||
    memory.isDisputed !== isDisputed;
  return changed || memory.complaint !== complaint
    ? answer(memory, values, at, complaint)
    : { reading: null };
}

/** The reading, and a complaint that is new. */
function answer(
  memory: StationMemory,
  values: Measured,
  at: Instant,
  before: Complaint | null,
): StationAnswer {
  const reading = readingOf(memory, values, at);
  const { complaint } = memory;
  return complaint === null || complaint === before ? { reading } : { reading, complaint };
}

/** The memory of a source; frames and partial readings of one source are kept apart. */
function sourceOf(
  memory: StationMemory,
  name: string,
  traits: SourceTraits,
  form: "frames" | "parts",
): SourceMemory {
  for (const known of memory.sources) {
    if (known.name === name && (known.cells === null) === (form === "frames")) return known;
  }
  const source = createSource(name, traits, form);
  memory.sources = memory.sources.concat(source);
  return source;
}

function takeBytes(
  memory: StationMemory,
  { source: name, bytes, traits = frameTraits }: FrameInput,
  at: Instant,
  wall: number,
): StationAnswer {
  if (memory.noStation !== null) return { reading: null, problem: memory.noStation };
  const source = sourceOf(memory, name, traits, "frames");
  if (isRepeat(memory.sources, bytes)) return { reading: null };
  const payload = readPayload(bytes);
  if ("problem" in payload) return { reading: null, problem: payload.problem };
  // What the station pushes elsewhere is newer than any reply, and a reply of a cache must not overwrite it (S7).
  if (isLiveElsewhere(memory.sources, source, at) && (traits.cached || isReply(payload))) {
    source.previous = bytes;
    source.heardAt = at;
    return { reading: null };
  }
  const proof = traits.cached || isReply(payload) ? "now" : proofOfFrames(memory, source, payload, at, wall);
  // Before the station has spoken an old message is better than none; it is taken as an answer of a cache.
  if (proof === "old" && source.spokeAt > Number.NEGATIVE_INFINITY) return { reading: null, problem: tooOld };
  const merged = mergePayload(memory, payload, at);
  if ("problem" in merged) return { reading: null, problem: merged.problem };
  source.previous = bytes;
  learnFamily(memory);
  const isLive = merged.kind === "live" && !traits.cached && (proof === "now" || proof === "unsure");
  if (proof === "unsure") memory.evidence.voidUntil = Math.max(memory.evidence.voidUntil, at);
  return judgeFrames(memory, source, isLive, at, wall, sampleTime(merged.timestamp, wall));
}

/** Judges the station after a payload of frames was merged. `sampledWall` is the payload's sample time, epoch ms. */
function judgeFrames(
  memory: StationMemory,
  source: SourceMemory,
  isLive: boolean,
  at: Instant,
  wall: number,
  sampledWall: number,
): StationAnswer {
  noteMessage(memory, source, at, wall);
  memory.framesFrom = source;
  if (isLive) {
    settleReplies(memory, source, at);
    spoke(source, at);
  } else memory.evidence.replyAt = at;
  const { complaint } = memory;
  const { last } = memory.grid;
  const values = update(memory, at, wall, { values: true, grid: true });
  if (isLive) countLive(memory, source, at, sampledWall);
  else {
    if (last === "lost" && memory.grid.last === "present") memory.endedByReply = true;
    countReply(source, at, sampledWall);
  }
  return answer(memory, values, at, complaint);
}

const tooOld = "it was measured long ago by its own time, or repeats an earlier message";
const unsureGrid = { verdict: "unknown", basis: "none", carried_by: null } as const;

/** What a message proves of now: by its sender's time where it has one, else by how it arrives. `late`: it may have waited in a queue. */
function proofIn(
  memory: StationMemory,
  source: SourceMemory,
  own: number | null,
  content: string,
  at: Instant,
  wall: number,
): TimeProof | "late" {
  const isLate = mayBeLate(source, at, memory.grid.last === "lost");
  if (own === null) return isLate ? "late" : "now";
  return proofOf(source.clock, { own, content }, { at, wall, silentMs: silenceOf(source) });
}

function proofOfFrames(
  memory: StationMemory,
  source: SourceMemory,
  payload: Payload,
  at: Instant,
  wall: number,
): TimeProof | "late" {
  const json = "json" in payload ? payload.json : null;
  const own = ownTime(json?.timestamp);
  return proofIn(memory, source, own, own === null ? "" : JSON.stringify(json?.parts), at, wall);
}

function noteMessage(memory: StationMemory, source: SourceMemory, at: Instant, wall: number): void {
  memory.newest = source;
  memory.receivedWall = wall;
  source.heardAt = at;
}

/** Learns the family from the kind of the messages where no serial shows it. */
function learnFamily(memory: StationMemory): void {
  const { device, model } = memory;
  const family = model?.family ?? familyOf(device);
  if (family !== null) memory.rules = familyRulesOf(family, model);
}

function takePartial(
  memory: StationMemory,
  { part, traits, own = null }: PartInput,
  at: Instant,
  wall: number,
): StationAnswer {
  const source = sourceOf(memory, part.source, traits, "parts");
  const content = own === null ? "" : JSON.stringify([part.values, part.grid]);
  const proof = proofIn(memory, source, own, content, at, wall);
  if (proof === "old") return { reading: null, problem: tooOld };
  const isSample = part.sample && !traits.cached && proof !== "late";
  if (proof === "unsure" && part.grid?.verdict === "present") part = { ...part, grid: unsureGrid };
  takePart(source, part, isSample, at);
  noteMessage(memory, source, at, part.received_at);
  if (isSample) spoke(source, at);
  const { complaint } = memory;
  const values = update(memory, at, wall, { values: isSample, grid: isSample && part.grid !== null });
  if (isSample) countSample(memory, at, part.sampled_at);
  memory.quality = qualityOf(memory, at);
  return answer(memory, values, at, complaint);
}

/** Sets the model where no serial shows it, for example from a text beside a recording. Null leaves it open. */
export function setModel(memory: StationMemory, model: Model | null): void {
  if (model === null) return;
  memory.model = model;
  memory.rules = familyRulesOf(model.family, model);
}
