/** What a station's state means at one instant (S2, S5, S7): derived at each step, never stored. */
import type { Instant } from "../reading.ts";
import { type Projection, project } from "./project.ts";
import type { PolicyRules } from "./rules.ts";
import type { StationState } from "./state.ts";

/** A local source (USB, NUT) answers all the time: its silence is told sooner (S7). */
const localSilenceMs = 20_000;
/** However slow a publisher is, after so long it is silent. */
const longestSilenceMs = 900_000;

export interface Sight {
  /** No sample for longer than S7 allows. */
  silent: boolean;
  /** A sample that should have come did not: on battery the charge is judged by projection from here on (I4). */
  overdue: boolean;
  /** The mains is there, in sight. */
  up: boolean;
  /** Not up in the sense of S2: triggers run. */
  notUp: boolean;
  /** The hard floor applies: not up, or a discharge (or solar, or by-setting) is seen live. */
  floor: boolean;
  /** Right after a start: what is stored is not acted on yet (S1). */
  held: boolean;
  /** Milliseconds since the newest sample; null before the first. */
  age: number | null;
  /** Where the floor applies; null where nothing can be projected. */
  left: Projection | null;
}

const unheard: Sight = Object.freeze({
  silent: false,
  overdue: false,
  up: false,
  notUp: false,
  floor: false,
  held: false,
  age: null,
  left: null,
});

/** Judges a station of the rules at `at`. A station that nobody heard since the start is no ground for anything. */
export function see(rules: PolicyRules, id: string, station: StationState, at: Instant): Sight {
  if (station.sampleAt === null) return unheard;
  const age = at - station.sampleAt;
  const silent = age > silentAfterMs(rules, station);
  const notUp = isNotUp(station, silent);
  const floor = notUp || (!silent && isDischarge(station));
  const overdue = silent || age >= overdueAfterMs(rules, station);
  const stationRules = rules.stations[id];
  const left = floor && stationRules ? project(stationRules, station, at, true) : null;
  return {
    silent,
    overdue,
    up: !silent && station.verdict === "present",
    notUp,
    floor,
    held: isHeld(rules, station, left, at),
    age,
    left,
  };
}

/**
 * Times left add up (S35): as long as the upstream carries a station, that one's own charge is not touched. Where the
 * upstream's time is not known, or its output does not reach the station, only the station's own counts.
 */
export function seeBehind(sight: Sight, station: StationState, upstream: Sight, at: Instant): Sight {
  const own = sight.left;
  if (own === null || station.carried !== "grid" || upstream.left === null) return sight;
  const carried = Math.max(0, at + upstream.left.left - own.from);
  const left = { ...own, left: own.left + carried, whole: own.whole + carried, from: own.from + carried };
  return { ...sight, left };
}

/** S2, first sentence. A verdict that was never known is no ground, but a battery that carried the load at the last sample is. */
function isNotUp(station: StationState, silent: boolean): boolean {
  if (station.verdict === "lost") return true;
  if (station.verdict === "unknown" && station.last === "lost") return true;
  return silent && (station.carried === "battery" || station.carried === "solar");
}

function isDischarge({ carried, verdict, basis }: StationState): boolean {
  if (carried === "battery") return true;
  return verdict === "unknown" && (basis === "by-setting" || basis === "solar");
}

/** S1: after a start no stored projection is acted on before min(blindAfterSec, half of the time left). */
function isHeld(rules: PolicyRules, station: StationState, left: Projection | null, at: Instant): boolean {
  if (station.resumedAt === null) return false;
  const since = at - station.resumedAt;
  const half = left === null ? Number.POSITIVE_INFINITY : Math.max(0, left.left + since) / 2;
  return since < Math.min(rules.blindAfterSec * 1000, half);
}

/** The usual interval in ms: the lower median of the last spans between samples; 0 before the second sample. */
export function usualGapMs(gaps: readonly number[]): number {
  return [...gaps].sort((a, b) => a - b)[(gaps.length - 1) >> 1] ?? 0;
}

/** Max(blindAfterSec, 3 × the usual interval), at most 900 s; local sources 20 s instead of blindAfterSec (S7). */
export function silentAfterMs(rules: PolicyRules, station: StationState): number {
  const least = station.local ? localSilenceMs : rules.blindAfterSec * 1000;
  return Math.min(longestSilenceMs, Math.max(least, 3 * station.gap));
}

/** Early enough that a trigger met right after the newest sample is never acted on later than the next sample would have. */
function overdueAfterMs(rules: PolicyRules, station: StationState): number {
  const debounce = rules.debounceSec * 1000;
  const least = Math.min(station.local ? localSilenceMs : rules.blindAfterSec * 1000, debounce);
  return Math.max(least, station.gap + Math.min(station.gap / 2, debounce));
}

/** The grid is confirmed: present in sight for `sec` by the clock, with two samples or one of a local source (S10). */
export function isConfirmed(station: StationState, sight: Sight, at: Instant, sec: number): boolean {
  if (!sight.up || station.presentAt === null || at - station.presentAt < sec * 1000) return false;
  return station.presentSamples >= 2 || station.local;
}

/** Milliseconds on battery within this outage, summed over its stretches (S9). */
export function onBatteryMs(station: StationState, at: Instant): number {
  return station.onBattery + (station.lostAt === null ? 0 : Math.max(0, at - station.lostAt));
}
