/** What a station's state means at one instant: silent, up or not, and how long its battery lasts. Derived at each step, never stored. */
import type { Instant } from "../../reading.ts";
import { silenceMs } from "../../silence.ts";
import type { PolicyRules } from "../rules.ts";
import { type Projection, project } from "./projection.ts";
import type { StationState } from "./state.ts";

/** A local source (USB, NUT) is polled every few seconds, so its silence shows sooner (S7). */
const localSilenceMs = 20_000;

/** A charge that is not known any more on battery. */
export interface Blindness {
  why: "silent" | "unmoved" | "unreported";
  /** The charge was true at this moment, at the latest: the projection begins here. */
  since: Instant;
  /** The time that a station may be blind on battery counts from here. */
  at: Instant;
}

export interface Assessment {
  /** No sample for longer than three usual intervals. */
  silent: boolean;
  /** A sample that should have come did not: on battery the charge is projected from here on. */
  overdue: boolean;
  /** The mains is there, by a sample that is not old. */
  up: boolean;
  /** The mains is not there, or was not when the station fell silent: triggers run (S2). */
  notUp: boolean;
  /** The hard floor applies: not up, or a live sample shows a discharge that is no outage (solar, by setting). */
  floorApplies: boolean;
  /** Right after a start stored values are not acted on yet (S1). */
  held: boolean;
  /** Milliseconds since the newest sample, without those in which this process could not hear; null before the first. */
  age: number | null;
  /** Null while the charge is known, or the station is not on battery. */
  blind: Blindness | null;
  /** Where the floor applies; null where nothing can be projected. */
  projection: Projection | null;
}

const unheard: Assessment = Object.freeze({
  silent: false,
  overdue: false,
  up: false,
  notUp: false,
  floorApplies: false,
  held: false,
  age: null,
  blind: null,
  projection: null,
});

/**
 * Assesses a station by itself. One that was not heard since the start is no ground for anything. `deafAt`: since when this
 * process cannot hear the station, because its own broker is away; null while it can.
 */
export function assess(
  rules: PolicyRules,
  station: StationState,
  at: Instant,
  deafAt: Instant | null = null,
): Assessment {
  if (station.sampleAt === null) return unheard;
  // Our own pause is not their silence: the time in which this process could not hear does not count.
  const age = Math.max(0, (deafAt ?? at) - station.sampleAt - station.deafMs);
  const silent = age > silentAfterMs(rules, station);
  const notUp = isNotUp(station, silent);
  const floorApplies = notUp || station.suspected || (!silent && isDischarge(station));
  const blind = notUp ? blindness(rules, station, at, silent) : null;
  const overdue = silent || blind !== null || age >= overdueAfterMs(rules, station);
  const stationRules = rules.stations[station.id];
  const known = blind?.why === "unmoved" ? { ...station, socAt: blind.since } : station;
  const projection = floorApplies && stationRules ? project(stationRules, known, at, true) : null;
  return {
    silent,
    overdue,
    // While this process hears nothing the mains may be gone again: nothing is confirmed (E5).
    up: deafAt === null && !silent && station.verdict === "present",
    notUp,
    floorApplies,
    held: isHeld(rules, station, projection, at),
    age,
    blind,
    projection,
  };
}

/** A charge that does not move on battery is unknown after this time where nothing tells how fast it must fall: a point lasts longer nowhere but at an idle load. */
const unmovedMs = 1_800_000;
/** So many points must have been used before a charge that did not move counts as unknown. */
const unmovedPoints = 3;
/** A charge that was never reported on battery counts as unknown after this time. */
const unreportedMs = 60_000;

/** Whether the charge of a station on battery is not known; null while it is. */
function blindness(
  rules: PolicyRules,
  station: StationState,
  at: Instant,
  silent: boolean,
): Blindness | null {
  const { soc, socMovedAt, lostAt, outageAt, sampleAt, hearsAt, deafMs } = station;
  if (silent) return sampleAt === null ? null : { why: "silent", since: sampleAt, at: sampleAt + deafMs };
  if (soc === null) {
    if (lostAt === null) return null;
    const since = Math.max(lostAt, hearsAt ?? 0);
    return at - since < unreportedMs ? null : { why: "unreported", since, at: since };
  }
  // While the mains was there nothing had to move, and a move in a pause of this process was not heard.
  const since = Math.max(socMovedAt ?? 0, lostAt ?? outageAt ?? at, hearsAt ?? 0);
  const longest = longestUnmovedMs(rules, station);
  return at - since < longest ? null : { why: "unmoved", since, at: since + longest };
}

/** How long a charge may stay the same on battery, in ms. */
function longestUnmovedMs(rules: PolicyRules, station: StationState): number {
  const { capacityWh = null, assumedLoadWatts = null } = rules.stations[station.id] ?? {};
  const capacity = capacityWh ?? station.capacity;
  const watts = station.load.smooth ?? assumedLoadWatts;
  if (capacity !== null && watts !== null && watts > 0)
    return Math.max(300_000, (unmovedPoints * capacity * 36_000) / watts);
  return rules.blindMaxSec === "auto" ? unmovedMs : Math.max(300_000, rules.blindMaxSec * 1000);
}

/**
 * Adds the upstream's time to that of a station behind it (S35): while the upstream carries the station, its own battery
 * is not used. Where the upstream's time is not known, or its output does not reach the station, only the own time counts.
 */
export function assessBehind(
  assessment: Assessment,
  station: StationState,
  upstream: Assessment,
  at: Instant,
): Assessment {
  const own = assessment.projection;
  if (own === null || station.carried !== "grid" || upstream.projection === null) return assessment;
  const carried = Math.max(0, at + upstream.projection.left - own.from);
  const projection = {
    ...own,
    left: own.left + carried,
    whole: own.whole + carried,
    from: own.from + carried,
  };
  return { ...assessment, projection };
}

/** Whether the mains is not there. A verdict that was never known is no ground, a battery that carried the load at the last sample is (S2). */
function isNotUp(station: StationState, silent: boolean): boolean {
  if (station.verdict === "lost") return true;
  if (station.verdict === "unknown" && station.last === "lost") return true;
  if (!silent) return false;
  // The last message before a silence counts as what it was, also where it alone was not enough to believe a loss (E8). A single
  // message of a station whose mains was never known does not: anybody can send one (S27).
  if (station.suspected && station.last !== null) return true;
  return station.carried === "battery" || station.carried === "solar";
}

function isDischarge({ carried, verdict, basis }: StationState): boolean {
  if (carried === "battery") return true;
  return verdict === "unknown" && (basis === "by-setting" || basis === "solar");
}

/** After a start or a pause stored values are acted on after min(blindAfterSec, half of the time left): the station gets time to speak first (S1). */
function isHeld(rules: PolicyRules, station: StationState, left: Projection | null, at: Instant): boolean {
  if (station.resumedAt === null && station.pausedAt === null) return false;
  const since = at - Math.max(station.resumedAt ?? 0, station.pausedAt ?? 0);
  const half = left === null ? Number.POSITIVE_INFINITY : Math.max(0, left.left + since) / 2;
  return since < Math.min(rules.blindAfterSec * 1000, half);
}

/** Returns the usual interval in ms, the lower median of the last spans between samples; 0 before the second sample. */
export function usualGapMs(gaps: readonly number[]): number {
  return [...gaps].sort((a, b) => a - b)[(gaps.length - 1) >> 1] ?? 0;
}

/** Returns after how many ms a station is silent: max(blindAfterSec, 3 × the usual interval), at most 900 s; 20 s instead of blindAfterSec for local sources (S7). */
export function silentAfterMs(rules: PolicyRules, station: StationState): number {
  const least = station.local ? localSilenceMs : rules.blindAfterSec * 1000;
  return silenceMs(least, station.gap);
}

/** Early enough that a trigger which is met right after the newest sample acts no later than the next sample would have let it (I4). */
function overdueAfterMs(rules: PolicyRules, station: StationState): number {
  const debounce = rules.debounceSec * 1000;
  const least = Math.min(station.local ? localSilenceMs : rules.blindAfterSec * 1000, debounce);
  return Math.max(least, station.gap + Math.min(station.gap / 2, debounce));
}

/** Whether the grid is confirmed: present for `sec` seconds by the clock, and by two samples (S10, E2). */
export function isConfirmed(
  station: StationState,
  assessment: Assessment,
  at: Instant,
  sec: number,
): boolean {
  if (!assessment.up || station.presentAt === null || at - station.presentAt < sec * 1000) return false;
  return station.presentSamples >= 2;
}

/** Returns the milliseconds on battery within this outage, summed over its stretches (S9). */
export function onBatteryMs(station: StationState, at: Instant): number {
  return station.onBattery + (station.lostAt === null ? 0 : Math.max(0, at - station.lostAt));
}
