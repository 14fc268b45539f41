/** What a family of stations is: how its numbers become a reading, and its own signs of the mains. */
import type { GridEvidence } from "../../filter/grid.ts";
import type { CarriedBy, GridBasis, Instant, Measured } from "../../reading.ts";
import type { Device } from "../device.ts";
import { type Numbers, timeAt, valueAt } from "../numbers.ts";
import type { FamilyAbout } from "./about.ts";
import type { Evidence } from "./evidence.ts";

/** A state of charge in percent, with the instant at which the station named it. */
export interface Sample {
  value: number;
  at: Instant;
}

/** What a judgement of the mains gets besides the device. */
export interface Moment {
  at: Instant;
  /** The believed state of charge, percent. */
  soc: number | null;
  /** One payload is judged by itself, so hold times count as passed. */
  holdsPassed: boolean;
}

export interface FamilyRules {
  /** State of charge over all packs. */
  soc(device: Device, now: Instant): Sample | null;
  /** Everything else; each value is null until the station reported it. */
  measured(device: Device): Measured;
  /** Watts out of the battery, measured at the battery. */
  batteryWatts(device: Device): number | null;
  grid(device: Device, evidence: Evidence, moment: Moment): GridEvidence;
  /** Whether this firmware shows no sign of the mains; left out where a family cannot know. */
  mute?(evidence: Evidence, at: Instant): boolean;
  /** A state of charge named at exactly `now` that confirms a doubtful one (percent), null without one; left out: none ever. */
  confirmingSoc?(device: Device, now: Instant): number | null;
  /** Rated output in watts as the station reports it, null until then; left out where no message names it. */
  ratedWatts?(device: Device): number | null;
  /** The family's part of docs/stations.md. */
  readonly about: FamilyAbout;
}

/** Comparisons with a number that may be unknown; unknown is neither above nor below anything. */
export const isAbove = (value: number | null, limit: number) => value !== null && value > limit;
export const isAtLeast = (value: number | null, limit: number) => value !== null && value >= limit;
export const isAtMost = (value: number | null, limit: number) => value !== null && value <= limit;
export const isBelow = (value: number | null, limit: number) => value !== null && value < limit;

/** Returns the first known value. */
export const firstOf = (...values: (number | null)[]): number | null =>
  values.find((value) => value !== null) ?? null;

/** Returns the sum of the known values; null when none is known. */
export function sumOf(...values: (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}

/** Bounds a percentage to 0–100: stations round up to 100.4 and the like. */
export const percent = (value: number) => Math.min(100, Math.max(0, value));

/** Remaining times that mean "does not apply", as captured (docs/protocol.md). */
const parkedMinutes: ReadonlySet<number> = new Set([5939, 5999, 12_927, 34_365]);
/** 45 days and more (65535, 143999 and the like) are no runtime either. */
const longestMinutes = 65_535;

/** Converts minutes to seconds; null for a figure that means "does not apply" or is impossible. */
export function secondsOf(minutes: number | null): number | null {
  const isTime = minutes !== null && minutes >= 0 && minutes < longestMinutes && !parkedMinutes.has(minutes);
  return isTime ? minutes * 60 : null;
}

/** A place where a number may be: the memory of a message and the index there. */
export type Candidate = readonly [Numbers | null | undefined, number];

/** Returns the newest of several states of charge; of those named together, the first. */
export function newestSoc(candidates: readonly Candidate[]): Sample | null {
  let newest: Sample | null = null;
  for (const [numbers, index] of candidates) {
    const value = valueAt(numbers, index);
    if (value === null) continue;
    const at = timeAt(numbers, index);
    if (newest === null || at > newest.at) newest = { value: percent(value), at };
  }
  return newest;
}

/**
 * Returns the state of charge over all packs while it is renewed. The main pack's stands in only when it is newer: modules report
 * one by one, and the main pack's charge is not the station's.
 */
export function overallSoc(overall: Sample | null, main: () => Sample | null, now: Instant): Sample | null {
  if (overall !== null && now - overall.at <= proofMs) return overall;
  const own = main();
  return overall === null || (own !== null && own.at > overall.at) ? own : overall;
}

/** The flows that show what carries the load, in watts; null = not known. */
export interface Flows {
  acIn: number | null;
  out: number | null;
  solar: number | null;
}

/** Makes the evidence of a direct sign: `connected` is null when nothing fresh shows it. */
export function directEvidence(connected: boolean | null, basis: GridBasis, flows: Flows): GridEvidence {
  if (connected === null) return { verdict: "unknown", basis: "none", carriedBy: null };
  const { acIn, out, solar } = flows;
  const offGrid: CarriedBy | null =
    out === null ? null : out < 1 ? "none" : solar !== null && solar >= out ? "solar" : "battery";
  if (!connected) return { verdict: "lost", basis, carriedBy: offGrid };
  const fed = acIn === null || acIn > 0 || offGrid === null || offGrid === "none";
  return { verdict: "present", basis, carriedBy: fed ? "grid" : offGrid };
}

/** A direct sign proves nothing after this time: slow modules report each 3–5 min (docs/protocol.md). */
const proofMs = 330_000;

/** Returns a number while it proves something, and notes in `evidence` when that ends. */
export function freshNumber(
  numbers: Numbers | null | undefined,
  index: number,
  evidence: Evidence,
  at: Instant,
): number | null {
  const goodUntil = timeAt(numbers, index) + proofMs;
  if (goodUntil < at) return null;
  if (goodUntil < evidence.nextAt) evidence.nextAt = goodUntil + 1;
  return valueAt(numbers, index);
}

/**
 * Returns a sign of the mains while it proves something. A cached reply may be from before an outage, so its "present" proves
 * nothing (S7). `present` is the one value that means so; without it each value above 0 does.
 */
export function freshSign(
  numbers: Numbers | null | undefined,
  index: number,
  evidence: Evidence,
  at: Instant,
  present: number | null = null,
): number | null {
  const value = freshNumber(numbers, index, evidence, at);
  if (value === null) return null;
  const isPresent = present === null ? value > 0 : value === present;
  return isPresent && timeAt(numbers, index) <= evidence.voidUntil ? null : value;
}

/** Begins a judgement: without fresh numbers nothing changes by time alone. */
export function beginJudgement(evidence: Evidence): void {
  evidence.nextAt = Number.POSITIVE_INFINITY;
}
