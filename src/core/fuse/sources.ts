/** The memory of each source of a station: when the station spoke through it and what it last reported. */
import type { GridReport, GridVerdict, Instant, Measured, PartReading } from "../reading.ts";
import { longestSilenceMs, silenceMs } from "../silence.ts";
import { type SenderClock, unknownClock } from "./clocks.ts";
import type { SourceTraits } from "./traits.ts";

/** A value with the instant of its measurement. */
export interface Cell {
  value: unknown;
  at: Instant;
}

type Cells = Partial<Record<keyof Measured, Cell>>;

/** Plain mutable data of one source. An instant of −∞ means "never". */
export interface SourceMemory {
  readonly name: string;
  readonly traits: SourceTraits;
  /** The last message that the station itself made; silence counts from here. */
  spokeAt: Instant;
  /** The last message of any kind, also one that may come from a cache: it ends no silence (S7). */
  heardAt: Instant;
  /** When its newest message arrived, whatever it was worth, and how many of the next ones may have waited in a queue; null for none. */
  arrivedAt: Instant;
  queued: number | null;
  /** What is known of its sender's clock. */
  readonly clock: SenderClock;
  /** The usual gap between its messages, ms; 0 before the second. */
  intervalMs: number;
  /** The previous payload: the same bytes again are no sample. Null before the first. */
  previous: Uint8Array | null;
  /** When the newest reply came that may be from a cache and that no live message has followed. */
  doubtfulAt: Instant;
  /** The sample time of that reply, epoch ms. */
  doubtfulWall: number;
  /** The values of partial readings, one cell a field; null for a source of frames. */
  cells: Cells | null;
  /** Its last report on the mains; always null for a source of frames. */
  grid: GridReport | null;
  /** Its newest verdict on the mains and since when it has it, whatever the form of its messages; null before the first. */
  view: { verdict: GridVerdict | "keep"; since: Instant } | null;
  /** When its verdict on the mains changed within the last ten minutes, newest last. */
  changes: Instant[];
}

/** A reply proves that the station lives if a push or a heartbeat follows within this time (S7). */
const followsMs = 30_000;
const silentAfterMs = 60_000;

/** A memory of a source that has said nothing yet. A source that brings frames and partial readings gets one for each form. */
export const createSource = (
  name: string,
  traits: SourceTraits,
  form: "frames" | "parts" = "frames",
): SourceMemory => ({
  name,
  traits,
  spokeAt: Number.NEGATIVE_INFINITY,
  heardAt: Number.NEGATIVE_INFINITY,
  arrivedAt: Number.NEGATIVE_INFINITY,
  queued: null,
  clock: unknownClock(),
  intervalMs: 0,
  previous: null,
  doubtfulAt: Number.NEGATIVE_INFINITY,
  doubtfulWall: 0,
  cells: form === "parts" ? {} : null,
  grid: null,
  view: null,
  changes: [],
});

/** When the source counts as silent. */
export const silentAt = (source: SourceMemory): Instant => source.spokeAt + silenceOf(source);

/** Returns how long the source may say nothing before it counts as silent, ms. */
export function silenceOf({ traits, intervalMs }: SourceMemory): number {
  const fixedSec = traits.silentAfterSec;
  return fixedSec === null ? silenceMs(silentAfterMs, intervalMs) : fixedSec * 1_000;
}

/** Whether any message came from it lately, also one from a cache. */
export const isHeard = (source: SourceMemory, at: Instant) =>
  at < silentAt(source) || at - source.heardAt < silentAfterMs;

/** Notes that the station spoke through the source. Gaps are smoothed: one late message does not make a slow source. */
export function spoke(source: SourceMemory, at: Instant): void {
  const gap = at - source.spokeAt;
  if (gap > 0 && gap <= longestSilenceMs) {
    source.intervalMs = source.intervalMs === 0 ? gap : source.intervalMs * 0.8 + gap * 0.2;
  }
  source.spokeAt = at;
}

/** Notes what the source reports of the mains. */
export function noteView(source: SourceMemory, verdict: GridVerdict | "keep", at: Instant): void {
  if (source.view?.verdict !== verdict) source.view = { verdict, since: at };
}

/** Notes a reply that may come from a cache; `wall` is its sample time, epoch ms. */
export function doubt(source: SourceMemory, at: Instant, wall: number): void {
  source.doubtfulAt = at;
  source.doubtfulWall = wall;
}

/** Whether a live message through the same source at `at` follows its doubtful reply in time. */
export const confirms = (source: SourceMemory, at: Instant) => at - source.doubtfulAt <= followsMs;

/** Whether the station pushes frames through another source than this one. */
export function isLiveElsewhere(
  sources: readonly SourceMemory[],
  source: SourceMemory,
  at: Instant,
): boolean {
  for (const other of sources) {
    if (other !== source && other.cells === null && at < silentAt(other)) return true;
  }
  return false;
}

/** Takes a partial reading's values into the source's cells, each with its own time; a cached answer renews none (S7). */
export function takePart(source: SourceMemory, part: PartReading, isSample: boolean, now: Instant): void {
  if (source.cells === null || (source.traits.whole && isSample)) source.cells = {};
  const { cells } = source;
  for (const [name, value] of Object.entries(part.values)) {
    // What may come from a cache counts as older than everything that was ever measured.
    const at = isSample ? now - (part.ages[name as keyof Measured] ?? 0) : Number.NEGATIVE_INFINITY;
    takeValue(cells, name as keyof Measured, value ?? null, at);
  }
  if (part.grid !== null && (isSample || source.grid === null)) takeGrid(source, part.grid, isSample, now);
}

function takeValue(cells: Cells, key: keyof Measured, value: Cell["value"] | null, at: Instant): void {
  const before = cells[key];
  if (value !== null && (before === undefined || before.at <= at)) cells[key] = { value, at };
}

function takeGrid(source: SourceMemory, grid: GridReport, isSample: boolean, now: Instant): void {
  if (source.grid !== null && source.grid.verdict !== grid.verdict) {
    source.changes = [...source.changes.filter((change) => now - change < flapsWithinMs), now];
  }
  source.grid = grid;
  if (isSample) noteView(source, grid.verdict, now);
}

/** More changes than this within ten minutes is flapping: a Delta 3 Plus over USB changed each minute (S17). */
const changesAllowed = 3;
const flapsWithinMs = 600_000;

/** Whether the source changed its verdict on the mains more than three times within ten minutes. */
export const flaps = (source: SourceMemory, at: Instant) =>
  source.changes.filter((change) => at - change < flapsWithinMs).length > changesAllowed;
