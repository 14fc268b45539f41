/** Several sources of one station → one set of values, each field the newest good one, and one piece of evidence for the grid. */
import { foreignProof, type GridEvidence, type LossProof, nutProof, ownProof } from "../filter/grid.ts";
import type { Instant, Measured } from "../reading.ts";
import { type Cell, isLocal, type SourceMemory, silentAt } from "./sources.ts";

/** What nobody reported. */
export const nothingMeasured: Readonly<Measured> = Object.freeze({
  soc: null,
  temp_celsius: null,
  ac_in_watts: null,
  ac_out_watts: null,
  in_watts: null,
  out_watts: null,
  solar_watts: null,
  charging: null,
  runtime_sec: null,
  capacity_wh: null,
  discharge_limit_percent: null,
  charge_limit_percent: null,
  modules: null,
  ac_out_on: null,
  ac_standby_min: null,
  output_memory: null,
  faults: null,
});

/** What is true of a moment only: where the station speaks, a null among these is its word ("not discharging") and no gap. */
const ofTheMoment: ReadonlySet<string> = new Set<keyof Measured>([
  "soc",
  "charging",
  "runtime_sec",
  "in_watts",
  "out_watts",
  "ac_in_watts",
  "ac_out_watts",
  "solar_watts",
]);

const isOfThePast = (key: keyof Measured, { at }: Cell) =>
  at === Number.NEGATIVE_INFINITY && ofTheMoment.has(key);

/**
 * Lays the cells of all sources of partial readings over `own` (what the frames told at `ownAt`): the newer value of a field
 * wins, and one from a cache fills what nobody told (S7).
 */
export function overlay(own: Measured, ownAt: Instant, sources: readonly SourceMemory[]): Measured {
  const newest: Partial<Record<keyof Measured, Instant>> = {};
  const values: Record<keyof Measured, unknown> = own;
  const isHeardLive = sources.some(({ spokeAt }) => spokeAt > Number.NEGATIVE_INFINITY);
  for (const { cells } of sources) {
    for (const [name, cell] of Object.entries(cells ?? {})) {
      const key = name as keyof Measured;
      const than = newest[key] ?? (values[key] === null ? Number.NEGATIVE_INFINITY : ownAt);
      if ((isHeardLive && isOfThePast(key, cell)) || (values[key] !== null && cell.at <= than)) continue;
      values[key] = cell.value;
      newest[key] = cell.at;
    }
  }
  return own;
}

/**
 * The source whose word counts for the grid: a fresh local one, else the one through which the station spoke last. What may come
 * from a cache is heard where nobody ever spoke (S7).
 */
export function gridSource(sources: Iterable<SourceMemory>, at: Instant): SourceMemory | null {
  let chosen: SourceMemory | null = null;
  for (const source of sources) {
    if (source.cells !== null && source.word === null) continue;
    const fresh = isLocal(source) && at < silentAt(source);
    if (fresh) return source;
    if (chosen === null || isLater(source, chosen)) chosen = source;
  }
  return chosen;
}

const isLater = (source: SourceMemory, than: SourceMemory) =>
  source.spokeAt === than.spokeAt ? source.heardAt > than.heardAt : source.spokeAt > than.spokeAt;

/** The evidence in a partial reading's word; a silent source has none any more. */
export function evidenceOf(source: SourceMemory, at: Instant): GridEvidence {
  const { word } = source;
  if (word === null || at >= silentAt(source)) {
    return {
      verdict: "unknown",
      basis: word === null ? "none" : "last-known",
      carriedBy: word?.carried_by ?? null,
    };
  }
  return { verdict: word.verdict, basis: word.basis, carriedBy: word.carried_by };
}

/** What it takes to believe that source's `lost`. */
export function proofOf(source: SourceMemory): LossProof {
  if (source.cells === null) return ownProof;
  if (source.name === "mqtt") return foreignProof;
  return source.name === "nut" ? nutProof : ownProof;
}
