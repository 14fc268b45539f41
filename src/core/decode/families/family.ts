/** What a family of stations is: how its numbers become a reading, and its own sign of the mains. */
import type { GridEvidence } from "../../filter/grid.ts";
import type { CarriedBy, GridBasis, Instant, Measured } from "../../reading.ts";
import { type Device, type Numbers, timeAt } from "../device.ts";
import type { FamilyAbout } from "./about.ts";
import type { Evidence } from "./evidence.ts";

/** A state of charge with the instant that told it. */
export interface Told {
  value: number;
  at: Instant;
}

/** What a judgement of the mains gets besides the device. */
export interface Moment {
  at: Instant;
  /** The believed state of charge, percent. */
  soc: number | null;
  /** One payload is judged by itself, hold times count as passed (rulings R19). */
  holdsPassed: boolean;
}

export interface FamilyRules {
  /** State of charge over all packs. */
  soc(device: Device, now: Instant): Told | null;
  /** Everything else, each value null until it was told. */
  measured(device: Device): Measured;
  /** Watts out of the battery, measured there. */
  batteryWatts(device: Device): number | null;
  grid(device: Device, evidence: Evidence, moment: Moment): GridEvidence;
  /** Whether this firmware shows no sign of the mains; left out where a family cannot know. */
  mute?(evidence: Evidence, at: Instant): boolean;
  /** A state of charge named at exactly `now` that confirms a doubtful one (percent), null without one; left out: none ever. */
  confirmingSoc?(device: Device, now: Instant): number | null;
  /** Rated output in watts as the station reports it, null until then; left out where no message names it. */
  ratedWatts?(device: Device): number | null;
  /** What stands in docs/stations.md. */
  readonly about: FamilyAbout;
}

/** A number by its slot, null until it was told. */
export function tell(numbers: Numbers | null | undefined, slot: number): number | null {
  const value = numbers?.[slot];
  return value === undefined || Number.isNaN(value) ? null : value;
}

/** The first of these that was told. */
export const firstOf = (...values: (number | null)[]): number | null =>
  values.find((value) => value !== null) ?? null;

/** The sum of those that were told; null when none was. */
export function sumOf(...values: (number | null)[]): number | null {
  const told = values.filter((value) => value !== null);
  return told.length === 0 ? null : told.reduce((total, value) => total + value, 0);
}

/** Remaining times that mean "does not apply" (ecoflow-protocol.md 3.5, 3.8; 5999 on the JSON stations). */
const parkedMinutes: ReadonlySet<number> = new Set([5939, 5999, 12_927, 34_365]);
/** 45 days and more (65535, 143999 and the like) are no runtime either. */
const longestMinutes = 65_535;

/** Minutes as seconds; null for a parked or impossible figure. */
export function secondsOf(minutes: number | null): number | null {
  const isTime = minutes !== null && minutes >= 0 && minutes < longestMinutes && !parkedMinutes.has(minutes);
  return isTime ? minutes * 60 : null;
}

/** The newest of several slots of a state of charge that was told, in the order of trust when told together. */
export function newestSoc(
  candidates: readonly (readonly [Numbers | null | undefined, number])[],
): Told | null {
  let newest: Told | null = null;
  for (const [numbers, slot] of candidates) {
    const value = tell(numbers, slot);
    if (numbers == null || value === null) continue;
    const told = timeAt(numbers, slot);
    if (newest !== null && told <= newest.at) continue;
    newest = { value: Math.min(100, Math.max(0, value)), at: told };
  }
  return newest;
}

/**
 * The state of charge over all packs, as long as it is renewed; a word of the main pack alone stands in where nothing newer is
 * told: modules report one by one, and the main pack's charge is not the station's (ecoflow-protocol.md 5.1).
 */
export function overallSoc(overall: Told | null, main: () => Told | null, now: Instant): Told | null {
  if (overall !== null && now - overall.at <= proofMs) return overall;
  const own = main();
  return overall === null || (own !== null && own.at > overall.at) ? own : overall;
}

/** The flows that tell what carries the load; null = not known. */
export interface Flows {
  acIn: number | null;
  out: number | null;
  solar: number | null;
}

/** Evidence of a family that has a direct sign: true = connected, false = not, null = nothing (fresh) told. */
export function directEvidence(connected: boolean | null, basis: GridBasis, flows: Flows): GridEvidence {
  if (connected === null) return { verdict: "unknown", basis: "none", carriedBy: null };
  const { acIn, out, solar } = flows;
  const offGrid: CarriedBy | null =
    out === null ? null : out < 1 ? "none" : solar !== null && solar >= out ? "solar" : "battery";
  if (!connected) return { verdict: "lost", basis, carriedBy: offGrid };
  const fed = acIn === null || acIn > 0 || offGrid === null || offGrid === "none";
  return { verdict: "present", basis, carriedBy: fed ? "grid" : offGrid };
}

/** A direct sign proves nothing later than this: slow modules report each 3–5 min (ecoflow-protocol.md 2). */
const proofMs = 330_000;

/** A number as long as it proves something; also says when that ends. */
export function freshNumber(
  numbers: Numbers | null | undefined,
  slot: number,
  evidence: Evidence,
  at: Instant,
): number | null {
  const value = tell(numbers, slot);
  const goodUntil = (numbers == null ? Number.NaN : timeAt(numbers, slot)) + proofMs;
  if (value === null || !(goodUntil >= at)) return null;
  if (goodUntil < evidence.nextAt) evidence.nextAt = goodUntil + 1;
  return value;
}

/**
 * A number that tells of the mains, as long as it proves something: its word that the mains is there proves nothing when it came
 * from a cache (hard-cases S7). `present` is the one value that says so; without it each above 0 does.
 */
export function freshSign(
  numbers: Numbers | null | undefined,
  slot: number,
  evidence: Evidence,
  at: Instant,
  present: number | null = null,
): number | null {
  const value = freshNumber(numbers, slot, evidence, at);
  if (value === null || numbers == null) return null;
  const saysPresent = present === null ? value > 0 : value === present;
  return saysPresent && timeAt(numbers, slot) <= evidence.voidUntil ? null : value;
}

/** Begins a judgement: nothing is due but what the numbers looked at say. */
export function beginJudgement(evidence: Evidence): void {
  evidence.nextAt = Number.POSITIVE_INFINITY;
}
