/** A station's sample enters the state (row 0: S2, S7, S9, S27 where telemetry has judged it). */
import type { Instant, StationReading } from "../reading.ts";
import type { Draft } from "./draft.ts";
import { loadOf, rememberLoad } from "./project.ts";
import { usualGapMs } from "./sight.ts";
import type { StationState } from "./state.ts";

/** So many ids of strangers are remembered; more are left alone, so that nobody fills our memory. */
const mostUnmapped = 50;

/** A reading counts when the station itself made a new sample: a repeat, a tick and a cached answer confirm nothing (I2). */
export function takeReading(draft: Draft, id: string, reading: StationReading) {
  if (!Object.hasOwn(draft.rules.stations, id)) return unmapped(draft, id);
  const before = draft.station(id);
  if (reading.samples === before.samples) return verdictWithoutSample(draft, id, reading);
  if (reading.sample_age_ms === null || reading.samples === 0) return;
  const sampleAt = draft.at - Math.max(0, reading.sample_age_ms);
  // What was sampled before our newest knowledge is history.
  if (before.sampleAt !== null && sampleAt < before.sampleAt) return;
  draft.setStation(id, {
    samples: reading.samples,
    sampleAt,
    local: reading.local,
    resumedAt: null,
    ...cadence(before, sampleAt),
    ...charge(before, reading, sampleAt),
    ...verdict(before, reading, draft.at, draft.sight(id).silent),
  });
}

/**
 * Telemetry judged the same samples anew because a hold time or a proof ran out (S16). That may take the mains away,
 * never bring it back: what is present is proven by a sample.
 */
function verdictWithoutSample(draft: Draft, id: string, reading: StationReading) {
  const before = draft.station(id);
  const { grid: verdict, grid_basis: basis, carried_by: carried } = reading;
  if (before.sampleAt === null) return;
  if (verdict === "present") {
    if (before.presentAt === null && before.answerAt === null) draft.setStation(id, { answerAt: draft.at });
    return;
  }
  if (verdict === before.verdict && basis === before.basis && carried === before.carried) return;
  const last = verdict === "unknown" ? before.last : verdict;
  draft.setStation(id, { verdict, basis, carried, last, presentAt: null, presentSamples: 0, answerAt: null });
}

/** A station in no rule: loud, once (I14). */
function unmapped(draft: Draft, id: string) {
  const { unmapped: known } = draft.state;
  if (known.includes(id) || known.length >= mostUnmapped) return;
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
  const present = reading.grid === "present";
  // A silence in between may have hidden an outage: the grid is confirmed anew.
  const unbroken = present && before.presentAt !== null && !wasSilent;
  // An answer that said so and was confirmed by this very sample (two at once) is the first of the two (S7, S10).
  const answered =
    present && !unbroken && reading.samples - (before.samples ?? 0) >= 2 ? before.answerAt : null;
  const last = reading.grid === "unknown" ? before.last : reading.grid;
  const away = isAway(reading, last);
  return {
    verdict: reading.grid,
    basis: reading.grid_basis,
    carried: reading.carried_by,
    last,
    presentAt: present ? (unbroken ? before.presentAt : (answered ?? at)) : null,
    presentSamples: unbroken
      ? Math.min(before.presentSamples + 1, 2)
      : answered !== null
        ? 2
        : Number(present),
    answerAt: null,
    awaySamples: away ? Math.min(before.awaySamples + 1, 2) : 0,
  };
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
