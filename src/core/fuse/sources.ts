/** Each source of a station by itself: when it spoke, what it last said, and whether that was a sample (rulings R18, hard-cases S7). */
import type { GridWord, Instant, Measured, PartReading } from "../reading.ts";

/** A value with the instant of its measurement. */
export interface Cell {
  value: unknown;
  at: Instant;
}

/** Plain mutable data of one source. */
export interface SourceMemory {
  readonly name: string;
  /** The last message that the station itself made; silence counts from here. */
  spokeAt: Instant;
  /** The last message at all, also one that may come from a cache: it ends no silence (S7). */
  heardAt: Instant;
  /** The usual gap between its messages, ms; 0 before the second. */
  intervalMs: number;
  /** The fingerprint of the previous payload: bytes that equal it are no sample (R18). NaN before the first. */
  previous: number;
  /** When the newest reply came that may be from a cache and that nothing live has followed; −∞ when there is none. */
  doubtfulAt: Instant;
  doubtfulWall: number;
  /** The values of partial readings, one cell a field; null for a source of frames. */
  cells: Partial<Record<keyof Measured, Cell>> | null;
  word: GridWord | null;
  /** When its word on the grid changed lately, newest last. */
  changes: Instant[];
}

/** A reply proves that the station lives when a push or a heartbeat follows within this time (S7). */
const followsMs = 30_000;
const silentAfterMs = 60_000;
const silentAtMostMs = 900_000;
const nutSilentAfterMs = 20_000;

export const createSource = (name: string): SourceMemory => ({
  name,
  spokeAt: Number.NEGATIVE_INFINITY,
  heardAt: Number.NEGATIVE_INFINITY,
  intervalMs: 0,
  previous: Number.NaN,
  doubtfulAt: Number.NEGATIVE_INFINITY,
  doubtfulWall: Number.NaN,
  cells: null,
  word: null,
  changes: [],
});

/** A source at the station itself: one sample of it confirms the grid (S10), and it speaks first (I5). */
export const isLocal = (source: SourceMemory | null) => source?.name === "nut" || source?.name === "usb";

/** When the source counts as silent (S7): 60 s or three usual gaps, at most 900 s; NUT 20 s. */
export function silentAt(source: SourceMemory): Instant {
  if (source.name === "nut") return source.spokeAt + nutSilentAfterMs;
  return source.spokeAt + Math.min(silentAtMostMs, Math.max(silentAfterMs, 3 * source.intervalMs));
}

/** Something came from it lately, be it from a cache. */
export const isHeard = (source: SourceMemory, at: Instant) =>
  at < silentAt(source) || at - source.heardAt < silentAfterMs;

/** Notes that the station spoke through the source. Gaps enter smoothed: one late message does not make a slow source. */
export function spoke(source: SourceMemory, at: Instant): void {
  const gap = at - source.spokeAt;
  if (gap > 0 && gap <= silentAtMostMs) {
    source.intervalMs = source.intervalMs === 0 ? gap : source.intervalMs * 0.8 + gap * 0.2;
  }
  source.spokeAt = at;
}

/** Notes a reply that may come from a cache (S7). */
export function doubt(source: SourceMemory, at: Instant, wall: number): void {
  source.doubtfulAt = at;
  source.doubtfulWall = wall;
}

/** Whether something live, which comes at `at`, follows a doubtful reply in time. */
export const confirms = (source: SourceMemory, at: Instant) => at - source.doubtfulAt <= followsMs;

/** Takes a partial reading's values into the source's cells, each with its own time; a cached answer renews none (S7). */
export function takePart(source: SourceMemory, part: PartReading, now: Instant): void {
  source.cells ??= {};
  for (const [name, value] of Object.entries(part.values)) {
    if (value === undefined || value === null) continue;
    const key = name as keyof Measured;
    const measuredAt = now - (part.ages[key] ?? 0);
    const before = source.cells[key];
    // What may come from a cache is older than everything that was ever measured.
    const at = part.sample ? measuredAt : Number.NEGATIVE_INFINITY;
    if (before === undefined || before.at <= at) source.cells[key] = { value, at };
  }
  if (part.grid === null || !(part.sample || source.word === null)) return;
  if (source.word !== null && source.word.verdict !== part.grid.verdict) {
    source.changes = [...source.changes.filter((change) => now - change < flapsWithinMs), now];
  }
  source.word = part.grid;
}

/** More changes than this within ten minutes is flapping (S17). */
const changesAllowed = 3;
const flapsWithinMs = 600_000;

/** A source whose word on the grid changed more than three times in ten minutes (a Delta 3 Plus over USB did so each minute). */
export const flaps = (source: SourceMemory, at: Instant) =>
  source.changes.filter((change) => at - change < flapsWithinMs).length > changesAllowed;
