/** A station behind a station: its mains is the upstream's, for the mains that it sees itself is the upstream's battery (hard-cases S35). */
import type { GridBasis, StationReading } from "../reading.ts";
import type { JudgedReading } from "./judge.ts";

/** What an upstream last said of the mains. */
export interface MainsWord {
  grid: StationReading["grid"];
  basis: GridBasis;
  last: StationReading["grid_last"];
  /** The upstream's count of samples when it said so. */
  samples: number;
  /** Samples in a row that said `present`, at most 2; one of a local source is enough. */
  confirmed: number;
}

const badness = { present: 0, unknown: 1, lost: 2 } as const;

/**
 * The word after one more reading of the upstream. Null before its first sample. Without a new sample a word may only get
 * worse: an answer from a cache ends no outage, neither the upstream's nor one behind it (S7).
 */
export function mainsAfter(before: MainsWord | null, reading: StationReading): MainsWord | null {
  const { grid, grid_basis: basis, samples } = reading;
  if (samples === 0) return before;
  const isNew = before?.samples !== samples;
  if (!isNew && badness[grid] <= badness[before.grid]) return before;
  const run = before?.grid === "present" ? before.confirmed : 0;
  const confirmed = grid !== "present" ? 0 : reading.local ? 2 : Math.min(2, run + 1);
  // Until a return is confirmed the last word stands: one sample behind it is not two (S10).
  const last = grid === "lost" ? grid : confirmed === 2 ? "present" : (before?.last ?? null);
  return { grid, basis, last, samples, confirmed };
}

/**
 * Writes the upstream's mains into the reading of a station behind it. A station that itself sees its input gone keeps that
 * word: what the upstream has does not reach it.
 */
export function putBehind(reading: JudgedReading, mains: MainsWord | null): void {
  if (reading.grid === "lost") return;
  const sure = mains !== null && (mains.grid !== "present" || mains.confirmed === 2);
  reading.grid = sure ? mains.grid : "unknown";
  reading.grid_basis = mains === null ? "none" : sure ? mains.basis : "last-known";
  reading.grid_last = mains?.last ?? null;
  reading.grid_connected = reading.grid === "unknown" ? null : reading.grid === "present";
}
