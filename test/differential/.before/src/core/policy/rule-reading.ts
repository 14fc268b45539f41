/** A station's sample enters the state (row 0: S2, S7, S9, S27 where telemetry has judged it). */
import type { Instant, StationReading } from "../reading.ts";
import type { Draft } from "./draft.ts";
import { loadOf, rememberLoad } from "./project.ts";
import { faultsOf, takeOutput } from "./rule-own.ts";
import { usualGapMs } from "./sight.ts";
import type { StationState } from "./state.ts";

/** So many ids of strangers are remembered; more are left alone, so that nobody fills our memory. */
const mostUnmapped = 50;

/** A reading counts when the station itself made a new sample: a repeat and a cached answer confirm nothing (I2). */
export function takeReading(draft: Draft, id: string, reading: StationReading) {
  if (!Object.hasOwn(draft.rules.stations, id)) return unmapped(draft, id);
  const before = draft.station(id);
  if (reading.sample_age_ms === null || reading.samples === 0) return;
  const sampleAt = draft.at - Math.max(0, reading.sample_age_ms);
  if (!isFresh(before, reading, sampleAt)) return takeRepeat(draft, id, reading, sampleAt);
  draft.setStation(id, {
    samples: reading.samples,
    sampleAt,
    local: reading.local,
    resumedAt: null,
    hinted: false,
    ...cadence(before, sampleAt),
    ...charge(before, reading, sampleAt),
    ...verdict(before, reading, draft.at, draft.sight(id).silent),
    faults: faultsOf(before, reading),
  });
  takeOutput(draft, id, reading);
}

/** After a start only a sample that is newer than what was stored is one. */
function isFresh(
  { samples, sampleAt: known, resumedAt }: StationState,
  reading: StationReading,
  at: Instant,
) {
  if (reading.samples === samples) return false;
  return known === null || (resumedAt === null ? at >= known : at > known);
}

const badness = { present: 0, unknown: 1, lost: 2 } as const;

/**
 * Without a new sample a verdict may only get worse: a loss is believed when its evidence has stood for some seconds
 * (S14, S16), while a `present` may come from a cache and ends nothing (S7).
 */
function takeRepeat(draft: Draft, id: string, reading: StationReading, sampleAt: Instant) {
  const before = draft.station(id);
  if (before.sampleAt === null) return;
  // A state of charge that is frozen counts as silent from its last change (S18).
  if (before.resumedAt === null && sampleAt < before.sampleAt - 1_000)
    draft.setStation(id, { sampleAt, socAt: sampleAt });
  const worse = badness[reading.grid] - badness[before.verdict];
  if (worse < 0 && reading.grid === "present" && !before.hinted) draft.setStation(id, { hinted: true });
  const drains = reading.carried_by === "battery" || reading.carried_by === "solar";
  const newlyDrains = worse === 0 && drains && reading.carried_by !== before.carried;
  if (worse <= 0 && !newlyDrains) return;
  const { grid, grid_basis: basis, carried_by: carried } = reading;
  const last = grid === "unknown" ? before.last : grid;
  const awaySamples = isAway(reading, last) ? Math.max(1, before.awaySamples) : before.awaySamples;
  const stays = grid === "present" ? {} : { presentAt: null, presentSamples: 0 };
  draft.setStation(id, { verdict: grid, basis, carried, last, awaySamples, ...stays });
}

/** A station in no rule: loud, once (I14). */
function unmapped(draft: Draft, id: string) {
  const { unmapped: known } = draft.state;
  if (known.length >= mostUnmapped || known.includes(id)) return;
  draft.set({ unmapped: [...known, id] });
  draft.event({
    type: "alarm",
    level: "alarm",
    code: "unmapped-station",
    station: id,
    text: `${id} sends readings, but no machine is mapped to it: nothing is shut down when its grid fails; add it to the configuration`,
  });
}

function cadence(before: StationState, sampleAt: Instant): Partial<StationState> {
  // The span over a start of ours says nothing about the station's habit.
  if (before.sampleAt === null || before.resumedAt !== null) return {};
  const gaps = [...before.gaps, sampleAt - before.sampleAt].slice(-5);
  return { gaps, gap: usualGapMs(gaps) };
}

function verdict(
  before: StationState,
  reading: StationReading,
  at: Instant,
  wasSilent: boolean,
): Partial<StationState> {
  const last = reading.grid === "unknown" ? before.last : reading.grid;
  return {
    verdict: reading.grid,
    basis: reading.grid_basis,
    carried: reading.carried_by,
    last,
    awaySamples: isAway(reading, last) ? Math.min(before.awaySamples + 1, 2) : 0,
    ...presence(before, reading, at, wasSilent),
  };
}

/** Since when, and over how many samples, the grid is seen to be there. */
function presence(
  before: StationState,
  reading: StationReading,
  at: Instant,
  wasSilent: boolean,
): Pick<StationState, "presentAt" | "presentSamples"> {
  if (reading.grid !== "present") return { presentAt: null, presentSamples: 0 };
  // A silence in between may have hidden an outage: the grid is confirmed anew.
  if (before.presentAt !== null && !wasSilent)
    return { presentAt: before.presentAt, presentSamples: Math.min(before.presentSamples + 1, 2) };
  // An answer that said so before, and that this sample confirms, is counted with it (S7, S10).
  const more = reading.samples - (before.samples ?? reading.samples) > 1;
  return { presentAt: at, presentSamples: before.hinted && more ? 2 : 1 };
}

/** The sample speaks for the battery carrying the load, now or soon. */
function isAway({ grid, carried_by, grid_basis }: StationReading, last: StationState["last"]): boolean {
  if (grid === "lost" || carried_by === "battery") return true;
  return grid === "unknown" && (last === "lost" || grid_basis === "by-setting" || grid_basis === "solar");
}

function charge(before: StationState, reading: StationReading, sampleAt: Instant): Partial<StationState> {
  const span = before.sampleAt === null ? 0 : sampleAt - before.sampleAt;
  const watts = loadOf(reading, reading.carried_by === "battery" || reading.grid === "lost");
  const told = reading.soc !== null;
  return {
    soc: reading.soc ?? before.soc,
    socBefore: told ? before.soc : before.socBefore,
    socAt: told ? sampleAt : before.socAt,
    runtime: reading.runtime_sec,
    runtimeSmooth: smoothed(before.runtimeSmooth, reading.runtime_sec, span),
    charging: reading.charging,
    capacity: usable(reading) ?? before.capacity,
    capacityBasis: reading.capacity_wh === null ? before.capacityBasis : reading.capacity_basis,
    limit: reading.discharge_limit_percent ?? before.limit,
    rated: reading.rated_watts ?? before.rated,
    load: watts === null ? before.load : rememberLoad(before.load, watts, sampleAt, span),
    gainAt: gains(reading) ? (before.gainAt ?? sampleAt) : null,
  };
}

/** Smoothed over at most 60 s (S9). */
function smoothed(before: number | null, now: number | null, spanMs: number): number | null {
  if (now === null || before === null) return now;
  return before + (now - before) * Math.min(1, spanMs / 30_000);
}

/** Capacity × state of health where that is known (S5). */
function usable({ capacity_wh, modules }: StationReading): number | null {
  if (capacity_wh === null || capacity_wh <= 0) return null;
  const healths = (modules ?? []).flatMap(({ soh }) => (soh === null || soh <= 0 ? [] : [soh]));
  if (healths.length === 0) return capacity_wh;
  const mean = healths.reduce((sum, soh) => sum + soh, 0) / healths.length;
  return (capacity_wh * Math.min(100, mean)) / 100;
}

/** The station gains charge on balance: by its own word, else by its watts. */
function gains({ charging, in_watts, out_watts }: StationReading): boolean {
  return charging ?? (in_watts !== null && out_watts !== null && in_watts > out_watts);
}
