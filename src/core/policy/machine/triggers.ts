/** Arms and disarms a machine's triggers (S9): an armed trigger is remembered, so that noise at a threshold resets nothing. */
import type { Instant } from "../../reading.ts";
import type { MachineRules } from "../rules.ts";
import { isConfirmed } from "../station/assessment.ts";
import { socSince } from "../station/evidence.ts";
import { thresholdOf } from "../station/projection.ts";
import type { StationState } from "../station/state.ts";
import type { Transaction } from "../transaction.ts";
import type { ArmedTrigger, MachineState, PhaseName } from "./state.ts";

/** A runtime trigger, and a raised threshold, disarm after they were clear for this time. */
const clearMs = 60_000;
/** A runtime is clear above this multiple of its threshold: shedding load must not shut down the next machine. */
const runtimeMargin = 1.5;
/** While a station has gained charge for this time, no SoC trigger arms. */
const gainMs = 300_000;

/** Returns the machine's armed triggers at this instant; the same array when nothing changed. */
export function armedAt(tx: Transaction, machine: MachineState, rules: MachineRules): ArmedTrigger[] {
  let arms = machine.armed;
  for (const id of rules.stations) {
    const assessment = tx.assess(id);
    const station = tx.station(id);
    if (isConfirmed(station, assessment, tx.at, tx.rules.abortAfterSec)) arms = without(arms, id);
    // Triggers keep their state while the grid's return is unconfirmed or a sample is overdue.
    else if (
      assessment.notUp &&
      !assessment.overdue &&
      station.resumedAt === null &&
      station.pausedAt === null
    ) {
      arms = ofStation(tx, machine, rules, id, arms);
    }
  }
  return arms;
}

function without(arms: ArmedTrigger[], station: string): ArmedTrigger[] {
  return arms.some((arm) => arm.station === station) ? arms.filter((arm) => arm.station !== station) : arms;
}

/** Whether a trigger's threshold is met, or clearly left; neither keeps the trigger as it is. */
interface Level {
  kind: ArmedTrigger["kind"];
  met: boolean;
  clear: boolean;
  /** The charge of this instant, percent; null for a runtime. */
  soc: number | null;
  /** Since when the samples meet it. */
  since: Instant;
}

function ofStation(
  tx: Transaction,
  machine: MachineState,
  rules: MachineRules,
  id: string,
  arms: ArmedTrigger[],
): ArmedTrigger[] {
  const station = tx.station(id);
  let next = arms;
  for (const level of [...socLevels(tx, rules, id, station), runtimeLevel(rules, station, tx.at)]) {
    if (level === null) continue;
    next = turn(next, id, level, tx, machine.phase.is);
  }
  return next;
}

function socLevels(tx: Transaction, rules: MachineRules, id: string, station: StationState): Level[] {
  const { soc, gainAt } = station;
  const stationRules = tx.rules.stations[id];
  if (soc === null || stationRules === undefined) return [];
  // Solar panels: a station that gains charge on balance arms nothing.
  const gains = gainAt !== null && tx.at - gainAt >= gainMs;
  const { percent } = thresholdOf(tx.rules, rules, stationRules, station);
  // A low charge on mains is no cause: the debounce counts from the loss at the earliest.
  const sinceOf = (threshold: number) =>
    Math.max(socSince(station.recent, threshold) ?? tx.at, station.lostAt ?? tx.at);
  return [
    {
      kind: "soc",
      met: !gains && soc <= rules.socPercent,
      clear: false,
      soc,
      since: sinceOf(rules.socPercent),
    },
    {
      kind: "raised",
      met: !gains && percent > rules.socPercent && soc <= percent,
      clear: soc > percent + tx.rules.hysteresisPercent,
      soc,
      since: sinceOf(percent),
    },
  ];
}

function runtimeLevel(
  rules: MachineRules,
  { runtime, runtimeSmooth }: StationState,
  at: Instant,
): Level | null {
  if (rules.runtimeSec === null || runtime === null) return null;
  const clear = (runtimeSmooth ?? runtime) > rules.runtimeSec * runtimeMargin;
  return { kind: "runtime", met: runtime <= rules.runtimeSec, clear, soc: null, since: at };
}

/** Arms what is met, and disarms what was clear for 60 s, or was armed by a charge that cannot have been true, while no command is out. */
function turn(
  arms: ArmedTrigger[],
  id: string,
  { kind, met, clear, soc, since }: Level,
  { at, rules }: Transaction,
  phase: PhaseName,
): ArmedTrigger[] {
  const armed = arms.find((arm) => arm.station === id && arm.kind === kind);
  if (armed === undefined) {
    return met ? [...arms, { station: id, kind, armedAt: at, since, soc, clearAt: null }] : arms;
  }
  const clearAt = clear ? (armed.clearAt ?? at) : null;
  const sent = phase !== "watching" && phase !== "pending";
  const isOver = clearAt !== null && at - clearAt >= clearMs;
  if (!sent && !met && (isOver || isRefuted(armed, soc, at, rules.hysteresisPercent)))
    return arms.filter((arm) => arm !== armed);
  return clearAt === armed.clearAt ? arms : arms.map((arm) => (arm === armed ? { ...arm, clearAt } : arm));
}

/** Whether a trigger was disarmed because it was clear for long enough. One that was armed by a wrong charge is only dropped. */
export const hasRecovered = (
  before: readonly ArmedTrigger[],
  after: readonly ArmedTrigger[],
  at: Instant,
): boolean =>
  before.some((arm) => !after.includes(arm) && arm.clearAt !== null && at - arm.clearAt >= clearMs);

/** No station gains charge faster than this, percent a minute: a River 3 charges fully in an hour. */
const fastestGain = 3;
/** A charge may be this far above the one that armed a trigger, percent points, and both be true: rounding and noise. */
const noisePoints = 5;

/** Whether the charge that armed the trigger was wrong: the station cannot have gained what it reports now. */
function isRefuted(armed: ArmedTrigger, soc: number | null, at: Instant, hysteresis: number): boolean {
  if (armed.soc === null || soc === null) return false;
  return soc > armed.soc + Math.max(noisePoints, hysteresis) + (fastestGain * (at - armed.since)) / 60_000;
}

/**
 * Returns since when a trigger of this kind is met, if it is armed for the station: the debounce counts from the first sample.
 * Null while it is clear: it is remembered for the time that it takes to disarm, and is no cause meanwhile.
 */
export function armedSince(
  arms: readonly ArmedTrigger[],
  station: string,
  kind: ArmedTrigger["kind"],
  at: Instant,
): Instant | null {
  const armed = arms.find((arm) => arm.station === station && arm.kind === kind);
  if (armed === undefined || armed.clearAt !== null) return null;
  return armed.armedAt === at ? armed.since : at;
}
