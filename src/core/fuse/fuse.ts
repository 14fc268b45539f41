/** Fuses the sources of one station: the newest good value of each field, and one piece of evidence for the grid. */
import type { GridEvidence } from "../filter/grid.ts";
import type { Instant, Measured } from "../reading.ts";
import { type Cell, type SourceMemory, silentAt } from "./sources.ts";

/** Values that are true of a moment only. While the station speaks, a null among these is its report ("not discharging"). */
const momentary: ReadonlySet<string> = new Set<keyof Measured>([
  "soc",
  "charging",
  "runtime_sec",
  "in_watts",
  "out_watts",
  "ac_in_watts",
  "ac_out_watts",
  "solar_watts",
]);

const isFromCache = ({ at }: Cell) => at === Number.NEGATIVE_INFINITY;

/**
 * Lays the cells of all sources of partial readings over `own` (what the frames reported at `ownAt`). The newer value of a field
 * wins; one from a cache fills only what nobody reported (S7).
 */
export function overlay(own: Measured, ownAt: Instant, sources: readonly SourceMemory[]): Measured {
  const newest: Partial<Record<keyof Measured, Instant>> = {};
  const values: Record<keyof Measured, unknown> = own;
  const isHeardLive = sources.some(({ spokeAt }) => spokeAt > Number.NEGATIVE_INFINITY);
  for (const { cells } of sources) {
    for (const [name, cell] of Object.entries(cells ?? {})) {
      const key = name as keyof Measured;
      if (isHeardLive && isFromCache(cell) && momentary.has(key)) continue;
      const than = newest[key] ?? ownAt;
      if (values[key] !== null && cell.at <= than) continue;
      values[key] = cell.value;
      newest[key] = cell.at;
    }
  }
  return own;
}

/**
 * The source whose report on the grid counts: a fresh local one, else the one through which the station spoke last. A source that
 * may be a cache counts only where the station never spoke (S7). Null when no source reports on the grid.
 */
export function gridSource(sources: Iterable<SourceMemory>, at: Instant): SourceMemory | null {
  let chosen: SourceMemory | null = null;
  for (const source of sources) {
    if (source.cells !== null && source.grid === null) continue;
    if (source.traits.local && at < silentAt(source)) return source;
    if (chosen === null || isLater(source, chosen)) chosen = source;
  }
  return chosen;
}

const isLater = (source: SourceMemory, than: SourceMemory) =>
  source.spokeAt === than.spokeAt ? source.heardAt > than.heardAt : source.spokeAt > than.spokeAt;

/** The evidence in a source's last report on the grid; a silent source gives none. */
export function evidenceOf(source: SourceMemory, at: Instant): GridEvidence {
  const { grid } = source;
  if (grid === null) return { verdict: "unknown", basis: "none", carriedBy: null };
  if (at >= silentAt(source)) {
    return { verdict: "unknown", basis: "last-known", carriedBy: grid.carried_by, silent: true };
  }
  return { verdict: grid.verdict, basis: grid.basis, carriedBy: grid.carried_by };
}
