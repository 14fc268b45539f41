/** Estimates the battery time that is left at a pessimistic load, and the threshold that leaves a machine enough of it. */
import type { Instant } from "../../reading.ts";
import type { MachineRules, PolicyRules, StationRules } from "../rules.ts";
import type { StationState } from "./state.ts";

const hourMs = 3_600_000;
/** Share of the energy that conversion and cold leave. */
const efficiency = 0.9;
/** Loads that start in an outage (light, pumps) may add a quarter. */
export const surge = 1.25;
/** The station cuts at its limit + 1; two points more for the integer SoC and for packs out of balance. */
const sparePoints = 1 + 2;
/** The discharge limit, percent, where none is configured or reported. */
const assumedLimit = 10;

export interface Projection {
  /** Milliseconds until the output is cut, at least; negative when that time is over. */
  left: number;
  /** The same at the sample that reported the SoC. */
  whole: number;
  /** When the charge begins to fall: at the sample that reported it, later where an upstream carries the load first. */
  from: Instant;
  /** The load it assumes, on the battery's side. */
  watts: number;
  /** Percent of charge per millisecond at that load. */
  rate: number;
  basis: "measured" | "model" | "assumed";
}

/**
 * Returns a lower bound of the time left (S5); null where capacity, SoC or any load is unknown. `drains`: the time since the
 * SoC was reported counts as time on battery.
 */
export function project(
  rules: StationRules,
  station: StationState,
  at: Instant,
  drains: boolean,
  soc: number | null = station.soc,
): Projection | null {
  const capacity = rules.capacityWh ?? station.capacity;
  const watts = worstWatts(rules, station);
  if (soc === null || station.socAt === null || capacity === null || watts === null) return null;
  const limit = rules.dischargeLimitPercent ?? station.limit ?? assumedLimit;
  const rate = (100 * watts) / (capacity * efficiency * hourMs);
  const whole = (soc - limit - sparePoints) / rate;
  const left = drains ? whole - (at - station.socAt) : whole;
  return { left, whole, from: station.socAt, watts, rate, basis: basisOf(rules, station) };
}

function basisOf(rules: StationRules, station: StationState): Projection["basis"] {
  if (station.load.smooth === null) return "assumed";
  return rules.capacityWh === null && station.capacityBasis === "model" ? "model" : "measured";
}

/** Returns max(largest ten-minute mean of 24 h, load of the last minute) × 1.25, at least the assumed load; the assumed or rated load where none was measured. */
function worstWatts(rules: StationRules, { load, rated }: StationState): number | null {
  if (load.smooth === null) return positive(rules.assumedLoadWatts) ?? positive(rated);
  let peak = load.smooth;
  for (const mean of load.hours) if (mean > peak) peak = mean;
  return Math.max(peak * surge, rules.assumedLoadWatts ?? 0, 1);
}

const positive = (watts: number | null) => (watts !== null && watts > 0 ? watts : null);

/** Returns a machine's own time in seconds: its delay and the time that it takes to stop. */
export function ownSec(machine: MachineRules): number {
  return machine.delaySec + machine.stopSec;
}

/** Returns the time that a machine needs, in ms: its own and a margin of max(60 s, 20 %). */
export function needMs(machine: MachineRules): number {
  const own = ownSec(machine);
  return (own + Math.max(60, own * 0.2)) * 1000;
}

export interface Threshold {
  /** Percent in force. */
  percent: number;
  /** Why it is above the configured one; null when it is not. */
  raised: { cutOff: number; needSec: number; points: number; watts: number } | null;
}

/** Returns the SoC threshold in force: never below the cut-off + what the machine needs at the present load, debounce included (S8). */
export function thresholdOf(
  rules: PolicyRules,
  machine: MachineRules,
  stationRules: StationRules,
  station: StationState,
): Threshold {
  const limit = stationRules.dischargeLimitPercent ?? station.limit;
  const capacity = stationRules.capacityWh ?? station.capacity;
  const watts = station.load.smooth;
  if (limit === null || capacity === null || watts === null)
    return { percent: machine.socPercent, raised: null };
  const needSec = rules.debounceSec + ownSec(machine) + 30;
  const points = (needSec * watts) / (capacity * 36);
  const percent = Math.min(100, Math.ceil(limit + 1 + points));
  if (percent <= machine.socPercent) return { percent: machine.socPercent, raised: null };
  return { percent, raised: { cutOff: limit + 1, needSec, points, watts } };
}
