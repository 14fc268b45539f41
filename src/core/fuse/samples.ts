/** What counts as a sample of the station: no repeat, and no reply that may come from a cache (S7). */
import { forgetSoc } from "../filter/soc.ts";
import type { Instant } from "../reading.ts";
import { qualityOf } from "./judge.ts";
import type { StationMemory } from "./memory.ts";
import { confirms, doubt, type SourceMemory } from "./sources.ts";

/** Whether one of the sources brought these very bytes last: a replay confirms nothing (I2). */
export function isRepeat(sources: readonly SourceMemory[], bytes: Uint8Array): boolean {
  for (const { previous } of sources) if (previous !== null && isSame(previous, bytes)) return true;
  return false;
}

/** Payloads of equal length differ within their first bytes as a rule, so this is cheaper than a hash. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

/**
 * Judges the open replies when a live message comes through `source`. A reply of the same source within 30 s before it is
 * confirmed. Any other reply came from a cache: the mains it showed is no proof, a loss that it ended is not over, and the
 * station's charge does not have to agree with its charge. A live message through another source confirms no reply: the cloud
 * that answered may have lost the station while a nearer source still hears it.
 */
export function settleReplies(memory: StationMemory, source: SourceMemory, at: Instant): void {
  const { evidence, grid, endedByReply, sources } = memory;
  memory.endedByReply = false;
  let isConfirmed = confirms(source, at);
  for (const replied of sources) {
    if (replied.doubtfulAt === Number.NEGATIVE_INFINITY || (replied === source && isConfirmed)) continue;
    evidence.voidUntil = Math.max(evidence.voidUntil, replied.doubtfulAt);
    replied.doubtfulAt = Number.NEGATIVE_INFINITY;
    if (replied !== source) isConfirmed = false;
  }
  if (isConfirmed) return;
  if (memory.samples === 0) forgetSoc(memory.soc);
  if (endedByReply) Object.assign(grid, { verdict: "unknown", basis: "none", last: "lost" });
}

/** Notes a reply of frames: it is a sample once a live message through the same source follows. */
export const countReply = doubt;

/** Counts a live payload of frames, and before it the reply that it confirms. `wall` is its sample time, epoch ms. */
export function countLive(memory: StationMemory, source: SourceMemory, at: Instant, wall: number): void {
  if (confirms(source, at)) countSample(memory, source.doubtfulAt, source.doubtfulWall);
  source.doubtfulAt = Number.NEGATIVE_INFINITY;
  countSample(memory, at, wall);
  memory.quality = qualityOf(memory, at);
}

/** Counts one sample of the station; a frozen source makes none. `wall` is its sample time, epoch ms. */
export function countSample(memory: StationMemory, at: Instant, wall: number): void {
  if (memory.isFrozen) return;
  memory.samples++;
  memory.sampleAt = at;
  memory.sampledWall = wall;
}
