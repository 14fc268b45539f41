/** How long a battery lasts at the worst load that is to be feared (S5), and what a threshold must be raised to (S8). */
import type { Instant, StationReading } from "../reading.ts";
import type { MachineRules, PolicyRules, StationRules } from "./rules.ts";
import type { LoadMemory, StationState } from "./state.ts";

const hourMs = 3_600_000;
const tenMinutesMs = 600_000;
/** What conversion and cold leave of the energy. */
const efficiency = 0.9;
/** What may start in the dark. */
const surge = 1.25;
/** The station cuts at its limit + 1 (nut-protocol 6); two points for the integer SoC and for packs out of balance. */
const sparePoints = 1 + 2;
/** The discharge limit where nobody told one, percent. */
const assumedLimit = 10;
/** What the inverter draws by itself, measured by an owner of a River 3 Plus. */
const ownWatts = 8;

export interface Projection {
  /** Milliseconds until the output is cut, at least; negative when that is over. */
  left: number;
  /** The same as it was at the sample that told the SoC. */
  whole: number;
  /** Since when, or from when, the charge falls: at the sample that told it, later where an upstream carries first (S35). */
  from: Instant;
  /** The load it assumes, on the battery's side. */
  watts: number;
  /** Percent of charge per millisecond at that load. */
  rate: number;
  basis: "measured" | "model" | "assumed";
}

/** A lower bound of the time left; null where capacity, SoC or any load is unknown. `drains`: the time since the SoC was told counts. */
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
  if (station.load.last === null) return "assumed";
  return rules.capacityWh === null && station.capacityBasis === "model" ? "model" : "measured";
}

/** Max(largest ten-minute mean of 24 h, last value) × 1.25, at least the assumed load; never seen: the assumed or the rated one. */
function worstWatts(rules: StationRules, { load, rated }: StationState): number | null {
  if (load.last === null) return positive(rules.assumedLoadWatts) ?? positive(rated);
  let peak = load.last;
  for (const mean of load.hours) if (mean > peak) peak = mean;
  return Math.max(peak * surge, rules.assumedLoadWatts ?? 0, 1);
}

const positive = (watts: number | null) => (watts !== null && watts > 0 ? watts : null);

/** A machine's own time in seconds: delay and stop (R14). */
export function ownSec(machine: MachineRules): number {
  return machine.delaySec + machine.stopSec;
}

/** The time a machine needs at the latest, in ms: its own and the safety margin of max(60 s, 20 %). */
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

/** The SoC threshold in force: never below cut-off + what the machine needs, debounce included, at the present load (S8). */
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

/** The load on the battery's side that a reading tells, in watts: measured at the battery, or AC output + 8 W + 10 % (S5). */
export function loadOf(
  reading: Pick<StationReading, "ac_out_watts" | "out_watts" | "battery_watts">,
  carriedByBattery: boolean,
): number | null {
  const output = reading.ac_out_watts ?? reading.out_watts;
  const known = output !== null && output >= 0;
  const battery = carriedByBattery ? (reading.battery_watts ?? 0) : 0;
  if (battery > 0) return Math.max(battery, known ? output + ownWatts : 0);
  return known ? output * 1.1 + ownWatts : null;
}

/** The memory after one more sample of `watts`, `spanMs` after the one before. */
export function rememberLoad(memory: LoadMemory, watts: number, at: Instant, spanMs: number): LoadMemory {
  const rolled = at - memory.tenAt >= tenMinutesMs ? rollTen(memory, at) : memory;
  // A silence says nothing about the load in it.
  const span = Math.min(spanMs, 60_000);
  const weight = memory.smooth === null ? 1 : Math.min(1, spanMs / 60_000);
  const smooth = memory.smooth === null ? watts : memory.smooth + (watts - memory.smooth) * weight;
  return {
    ...rolled,
    last: watts,
    smooth,
    tenSum: rolled.tenSum + watts * span,
    tenMs: rolled.tenMs + span,
  };
}

/** Closes the ten minutes: their mean enters the maxima of its hour; hours older than a day fall out. */
function rollTen(memory: LoadMemory, at: Instant): LoadMemory {
  const fresh = { ...memory, tenAt: at, tenSum: 0, tenMs: 0 };
  const passed = Math.floor((at - memory.hourAt) / hourMs);
  const mean = memory.tenMs > 0 ? Math.round(memory.tenSum / memory.tenMs) : null;
  const kept = [...memory.hours];
  if (mean !== null) kept[0] = Math.max(kept[0] ?? 0, mean);
  if (passed < 1) return { ...fresh, hours: kept };
  const hours = [...new Array<number>(Math.min(passed, 24)).fill(0), ...kept].slice(0, 24);
  return { ...fresh, hourAt: memory.hourAt + passed * hourMs, hours };
}
