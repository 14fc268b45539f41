/** Takes a station's reading into the state: only a new sample of the station counts, a repeated reading may only make things worse. */
import { gridBadness, type Instant, type StationReading } from "../../reading.ts";
import type { Transaction } from "../transaction.ts";
import { usualGapMs } from "./assessment.ts";
import {
  agreeMs,
  confirmedHigh,
  confirmedLow,
  gainAfter,
  type Observation,
  observe,
  ofBurst,
} from "./evidence.ts";
import { loadOf, measuredAt, rememberLoad } from "./load.ts";
import { takeOutput } from "./output.ts";
import { possibleCapacity, possibleLimit } from "./possible.ts";
import { faultsOf } from "./reported-faults.ts";
import type { StationState } from "./state.ts";

/** Bound on remembered ids of unknown stations: a flood of topics must not fill the state. */
const mostUnmapped = 50;

/** Takes a reading. It counts when the station made a new sample: a repeat and a cached reply confirm nothing (I2). */
export function takeReading(tx: Transaction, id: string, reading: StationReading) {
  if (!Object.hasOwn(tx.rules.stations, id)) return unmapped(tx, id);
  const before = tx.station(id);
  if (reading.sample_age_ms === null || reading.samples === 0) return;
  const sampleAt = tx.at - Math.max(0, reading.sample_age_ms);
  if (!isNew(before, reading, sampleAt)) return takeRepeat(tx, id, reading, sampleAt);
  tx.setStation(id, {
    samples: reading.samples,
    sampleAt,
    upAt: reading.grid === "present" ? sampleAt : before.upAt,
    local: reading.local,
    resumedAt: null,
    pausedAt: isQueued(before, tx.at) ? before.pausedAt : null,
    deafMs: 0,
    hinted: false,
    ...cadence(before, sampleAt),
    ...quantities(before, reading, sampleAt),
    ...verdict(before, reading, tx.at, tx.assess(id).silent),
    faults: faultsOf(before, reading),
  });
  takeOutput(tx, id, reading);
}

/** What comes right after a pause may have waited in a queue since: what follows it decides. */
const isQueued = ({ pausedAt }: StationState, at: Instant): boolean =>
  pausedAt !== null && at - pausedAt < agreeMs;

/** After a start only a sample that is newer than the stored one is new. */
function isNew(
  { samples, sampleAt: known, resumedAt }: StationState,
  reading: StationReading,
  at: Instant,
): boolean {
  if (reading.samples === samples) return false;
  return known === null || (resumedAt === null ? at >= known : at > known);
}

/**
 * Takes a reading without a new sample. A verdict may only get worse by it: telemetry believes a loss some seconds after its
 * evidence (S16), while a `present` may come from a cache and ends nothing (S7).
 */
function takeRepeat(tx: Transaction, id: string, reading: StationReading, sampleAt: Instant) {
  const before = tx.station(id);
  if (before.sampleAt === null) return;
  // A frozen state of charge counts as silent from its last change (S18).
  if (before.resumedAt === null && sampleAt < before.sampleAt - 1_000)
    tx.setStation(id, { sampleAt, socAt: sampleAt });
  if (reading.grid_suspected !== before.suspected)
    tx.setStation(id, {
      suspected: reading.grid_suspected,
      ...(reading.grid_suspected && { presentAt: null, presentSamples: 0 }),
    });
  const worse = gridBadness[reading.grid] - gridBadness[before.verdict];
  if (worse < 0 && reading.grid === "present" && !before.hinted) tx.setStation(id, { hinted: true });
  const drains = reading.carried_by === "battery" || reading.carried_by === "solar";
  const newlyDrains = worse === 0 && drains && reading.carried_by !== before.carried;
  if (worse <= 0 && !newlyDrains) return;
  const { grid, grid_basis: basis, carried_by: carried } = reading;
  const last = grid === "unknown" ? before.last : grid;
  const awayAt = showsDischarge(reading, last) ? (before.awayAt ?? tx.at) : before.awayAt;
  const stays = grid === "present" ? {} : { presentAt: null, presentSamples: 0 };
  tx.setStation(id, { verdict: grid, basis, carried, last, awayAt, ...stays });
}

/** Reports a station that no machine is mapped to, once (I14). */
function unmapped(tx: Transaction, id: string) {
  const { unmapped: known } = tx.state;
  if (known.length >= mostUnmapped || known.includes(id)) return;
  tx.set({ unmapped: [...known, id] });
  tx.event("unmapped-station", { station: id, outage: null });
}

function cadence(before: StationState, sampleAt: Instant): Partial<StationState> {
  // The span over a restart of this process says nothing about the station.
  if (before.sampleAt === null || before.resumedAt !== null || before.pausedAt !== null) return {};
  const gaps = [...before.gaps, sampleAt - before.sampleAt].slice(-5);
  return { gaps, gap: usualGapMs(gaps) };
}

function verdict(
  before: StationState,
  reading: StationReading,
  at: Instant,
  wasSilent: boolean,
): Partial<StationState> {
  const presence = gridPresence(before, reading, at, wasSilent);
  const last = lastAfter(before, reading.grid, presence.presentSamples);
  return {
    verdict: reading.grid,
    basis: reading.grid_basis,
    carried: reading.carried_by,
    suspected: reading.grid_suspected,
    last,
    awayAt: showsDischarge(reading, last) ? (before.awayAt ?? at) : null,
    ...presence,
  };
}

/** The last known grid; in an outage a single `present` does not change it: silence after it is silence on battery (E8). */
function lastAfter(
  { last, outage }: StationState,
  grid: StationReading["grid"],
  presentSamples: number,
): StationState["last"] {
  if (grid === "unknown") return last;
  return grid === "present" && outage !== null && presentSamples < 2 ? last : grid;
}

/** Since when, and over how many samples, the grid is present. */
function gridPresence(
  before: StationState,
  reading: StationReading,
  at: Instant,
  wasSilent: boolean,
): Pick<StationState, "presentAt" | "presentSamples"> {
  // The last evidence counts, not the verdict that lags behind it: a loss in doubt ends the presence (E21).
  if (reading.grid !== "present" || reading.grid_suspected) return { presentAt: null, presentSamples: 0 };
  // A silence in between may have hidden an outage: the grid has to be confirmed again.
  if (before.presentAt !== null && !wasSilent)
    return { presentAt: before.presentAt, presentSamples: Math.min(before.presentSamples + 1, 2) };
  // A cached reply said so before, and this sample confirms it: both count (S7).
  const more = reading.samples - (before.samples ?? reading.samples) > 1;
  return { presentAt: at, presentSamples: before.hinted && more ? 2 : 1 };
}

/** Whether the sample shows that the battery carries the load, or will soon. */
function showsDischarge(
  { grid, carried_by, grid_basis, grid_suspected }: StationReading,
  last: StationState["last"],
): boolean {
  if (grid === "lost" || grid_suspected || carried_by === "battery") return true;
  return grid === "unknown" && (last === "lost" || grid_basis === "by-setting" || grid_basis === "solar");
}

/** The quantities of the arithmetic: what the newest samples agree on, else what was agreed on before. */
function quantities(before: StationState, reading: StationReading, sampleAt: Instant): Partial<StationState> {
  const span = before.sampleAt === null ? 0 : sampleAt - before.sampleAt;
  const recent = observe(before.recent, observationOf(before, reading, sampleAt));
  const soc = reading.soc === null ? null : confirmedLow(recent, "soc");
  const watts = confirmedHigh(recent, "watts");
  const runtime = reading.runtime_sec === null ? null : confirmedLow(recent, "runtime");
  const hasMoved = reading.soc !== null && reading.soc !== (before.recent.at(-1)?.soc ?? null);
  return {
    recent,
    soc: soc ?? before.soc,
    socAt: soc === null ? before.socAt : sampleAt,
    socMovedAt: hasMoved ? sampleAt : before.socMovedAt,
    runtime,
    runtimeSmooth: smoothed(before.runtimeSmooth, runtime, span),
    charging: reading.charging,
    capacity: confirmedLow(recent, "capacity") ?? before.capacity,
    capacityBasis: reading.capacity_wh === null ? before.capacityBasis : reading.capacity_basis,
    limit: confirmedHigh(recent, "limit") ?? before.limit,
    rated: confirmedHigh(recent, "rated") ?? before.rated,
    load:
      watts === null
        ? before.load
        : {
            ...rememberLoad(before.load, watts, sampleAt, span),
            from: measuredAt(reading, isOnBattery(reading)),
          },
    ...gainAfter(before, recent, sampleAt),
  };
}

const isOnBattery = ({ carried_by, grid }: StationReading): boolean =>
  carried_by === "battery" || grid === "lost";

/**
 * Takes what the samples of a burst agree on, where silence follows and no sample will confirm them: the last messages before
 * a silence count as what they were (E8). A single one decides nothing.
 */
export function takeBurst(tx: Transaction, id: string) {
  const { soc, recent, load, capacity, limit, rated } = tx.station(id);
  if (soc !== null || recent.length < 2 || !tx.assess(id).overdue) return;
  const at = recent.at(-1)?.at ?? tx.at;
  const watts = ofBurst(recent, "watts", "low");
  tx.setStation(id, {
    soc: ofBurst(recent, "soc", "high"),
    socAt: at,
    capacity: capacity ?? ofBurst(recent, "capacity", "high"),
    limit: limit ?? ofBurst(recent, "limit", "low"),
    rated: rated ?? ofBurst(recent, "rated", "low"),
    load: watts === null || load.smooth !== null ? load : rememberLoad(load, watts, at, 0),
  });
}

/** More than this multiple of its rating no station gives, not even for a start of a motor. */
const mostOfRating = 2;

function observationOf(before: StationState, reading: StationReading, at: Instant): Observation {
  const watts = loadOf(reading, isOnBattery(reading));
  const rated = before.rated ?? reading.rated_watts;
  const isPossible = watts !== null && (rated === null || watts <= mostOfRating * rated);
  return {
    at,
    soc: reading.soc,
    watts: isPossible ? watts : null,
    capacity: possibleCapacity(reading),
    limit: possibleLimit(reading.discharge_limit_percent),
    runtime: reading.runtime_sec,
    rated: reading.rated_watts,
    gains: gains(reading),
  };
}

/** Smooths over at most 60 s: a load step must not disarm a runtime trigger at once (S9). */
function smoothed(before: number | null, now: number | null, spanMs: number): number | null {
  if (now === null || before === null) return now;
  return before + (now - before) * Math.min(1, spanMs / 30_000);
}

/** Whether the station gains charge on balance: by its charging flag, else by its watts. */
function gains({ charging, in_watts, out_watts }: StationReading): boolean {
  return charging ?? (in_watts !== null && out_watts !== null && in_watts > out_watts);
}
