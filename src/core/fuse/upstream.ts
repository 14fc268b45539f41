/**
 * A station behind a station or a panel: its mains is the upstream's, because its own AC input shows the upstream's battery (S35),
 * and behind a panel nothing at all.
 */
import type { Family } from "../decode/models.ts";
import { type GridBasis, gridBadness, type StationReading } from "../reading.ts";
import type { JudgedReading } from "./judge.ts";

/** What an upstream last reported about the mains. */
export interface UpstreamGrid {
  grid: StationReading["grid"];
  basis: GridBasis;
  last: StationReading["grid_last"];
  /** The upstream's count of samples at that report. */
  samples: number;
  /** Samples in a row that said `present`, at most 2; one of a local source is enough. */
  confirmed: number;
  /** A loss is reported that is not believed yet, or that another voice contradicts. */
  suspected: boolean;
}

/**
 * The upstream's grid after one more of its readings. Null before its first sample. Without a new sample it may only get worse:
 * an answer from a cache ends no outage, neither the upstream's nor one behind it (S7).
 */
export function upstreamAfter(before: UpstreamGrid | null, reading: StationReading): UpstreamGrid | null {
  const { grid, grid_basis: basis, samples, grid_suspected: suspected } = reading;
  if (samples === 0) return before;
  const isNew = before?.samples !== samples;
  if (!isNew && gridBadness[grid] <= gridBadness[before.grid]) {
    return before.suspected === suspected ? before : { ...before, suspected };
  }
  const run = before?.grid === "present" ? before.confirmed : 0;
  const confirmed = grid !== "present" || suspected ? 0 : reading.local ? 2 : Math.min(2, run + 1);
  // Until a return is confirmed the last verdict is kept: one sample of the upstream must not count as two behind it (S10).
  const last = grid === "lost" ? grid : confirmed === 2 ? "present" : (before?.last ?? null);
  return { grid, basis, last, samples, confirmed, suspected };
}

const panels: ReadonlySet<Family | null> = new Set<Family>(["panel1", "panel2", "panel3"]);
/** Families of which a panel can feed a station past its AC input: Delta Pro, Delta Pro 3, Delta Pro Ultra. */
const panelFed: ReadonlySet<Family | null> = new Set<Family>(["deltapro", "deltapro3", "deltaproultra"]);

/**
 * Whether a station's own AC input shows nothing of the mains: its upstream is a panel, or may be one because its family is not
 * known. Null stands for an unknown family.
 */
export const isBehindPanel = (own: Family | null, upstream: Family | null): boolean =>
  panels.has(upstream) || (upstream === null && panelFed.has(own));

/**
 * Writes the upstream's mains into the reading of a station behind it. A station behind a station keeps its own loss, because the
 * upstream's power does not reach it. `behindPanel`: its own input proves nothing, so its own verdict counts for nothing.
 */
export function putBehind(reading: JudgedReading, upstream: UpstreamGrid | null, behindPanel: boolean): void {
  reading.grid_suspected = (reading.grid_suspected && !behindPanel) || upstream?.suspected === true;
  if (reading.grid === "lost" && !behindPanel) return;
  const sure = upstream !== null && (upstream.grid !== "present" || upstream.confirmed === 2);
  reading.grid = sure ? upstream.grid : "unknown";
  reading.grid_basis = upstream === null ? "none" : sure ? upstream.basis : "last-known";
  reading.grid_last = upstream?.last ?? null;
  reading.grid_connected = reading.grid === "unknown" ? null : reading.grid === "present";
}
