/** One station as telemetry holds it, and what the station that feeds it says about its grid. */
import { familyOf } from "../../core/decode/families/registry.ts";
import type { Family } from "../../core/decode/models.ts";
import { isSuspected } from "../../core/fuse/judge.ts";
import { isBehindPanel, putBehind, type UpstreamGrid, upstreamAfter } from "../../core/fuse/upstream.ts";
import type { Instant, Reading, StationReading } from "../../core/reading.ts";
import {
  createStation,
  type JudgedReading,
  type StationMemory,
  type StationSetup,
} from "../../core/station.ts";

export interface Held {
  memory: StationMemory;
  /** A source of ours has reported on it. */
  served: boolean;
  /** The value that we published on `json/state`; null while we publish none. */
  state: Reading | null;
  /** The newest reading of a station behind a station; null for all others, of which there may be thousands. */
  last: StationReading | null;
  /** The grid that the stations behind this one get. */
  upstream: UpstreamGrid | null;
}

/** Returns a station of which nothing was heard yet. */
export const held = (setup: StationSetup): Held => ({
  memory: createStation(setup),
  served: false,
  state: null,
  last: null,
  upstream: null,
});

/** The family by the serial, else by the messages; null while neither shows it. */
const familyIn = ({ memory: { model, device } }: Held): Family | null => model?.family ?? familyOf(device);

/** Writes into the reading of a station what the station that feeds it says about the grid (S35). */
export function placeBehind(judged: JudgedReading, station: Held, upstream: Held | undefined): void {
  const behindPanel = isBehindPanel(familyIn(station), upstream ? familyIn(upstream) : null);
  putBehind(judged, upstream?.upstream ?? null, behindPanel);
}

/** Keeps the grid for the stations behind this one; returns whether it changed. */
export function feeds(station: Held, reading: StationReading): boolean {
  const before = station.upstream;
  const now = upstreamAfter(before, reading);
  station.upstream = now;
  if (now === null) return false;
  return before?.grid !== now.grid || before.last !== now.last || before.suspected !== now.suspected;
}

/** Returns the last reading of a station with its own grid and age of now; null while none is kept. */
export function lastOf({ last, memory }: Held, at: Instant): StationReading | null {
  if (!last) return null;
  const { grid, sampleAt } = memory;
  const sample_age_ms = sampleAt === null ? null : Math.max(0, at - sampleAt);
  const grid_suspected = isSuspected(memory);
  return {
    ...last,
    grid: grid.verdict,
    grid_basis: grid.basis,
    grid_last: grid.last,
    grid_suspected,
    sample_age_ms,
  };
}
