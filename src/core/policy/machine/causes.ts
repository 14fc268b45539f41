/** Why a machine has to go: the causes of each of its stations, and what they add up to. */
import type { Instant } from "../../reading.ts";
import type { CauseKind } from "../effects.ts";
import type { MachineRules } from "../rules.ts";
import { type Assessment, onBatteryMs } from "../station/assessment.ts";
import { agreeMs } from "../station/evidence.ts";
import { needMs, thresholdOf } from "../station/projection.ts";
import type { StationState } from "../station/state.ts";
import type { Transaction } from "../transaction.ts";
import type { MachineState } from "./state.ts";
import { doubtfulSince, nthOf, supplyLeft } from "./supplies.ts";
import { armedSince } from "./triggers.ts";

export interface Cause {
  station: string;
  kind: CauseKind;
  /** Since when it is met; in the past where a projection shows when. */
  since: Instant;
  /** The newest two samples agree, or a sample is overdue. */
  agreed: boolean;
}

export interface Causes {
  list: readonly Cause[];
  /** Fewer than minSupplies stations are without a cause: the machine has to go. */
  due: boolean;
  /** The same, counting only causes that allow no debounce and that two samples agree on (S8). */
  urgent: boolean;
  /** The same, counting only causes that two samples agree on. */
  agreed: boolean;
  /** Since when it is due. */
  since: Instant;
  /** Milliseconds until its supply fails; null where nothing can be projected. */
  left: number | null;
}

const noCause: Causes = Object.freeze({
  list: Object.freeze([]) as readonly Cause[],
  due: false,
  urgent: false,
  agreed: false,
  since: 0,
  left: null,
});

/** Silence alone acts after this time at the earliest, and after this time where nothing can be projected (S6). */
const blindMs = 300_000;

/** Returns the causes of a machine at this instant. */
export function causesOf(tx: Transaction, machine: MachineState, rules: MachineRules): Causes {
  if (!rules.stations.some((id) => tx.assess(id).floorApplies)) return noCause;
  const known = rules.stations.flatMap((id) => ofStation(tx, machine, rules, id));
  const causes = [...known, ...doubts(tx, rules, known)];
  const failing = firstOf(causes);
  const dueAt = nthOf([...failing.values()], rules);
  return {
    list: causes,
    due: dueAt !== null,
    urgent: known.some(isPressing) && counts(causes.filter(isPressing), rules),
    agreed:
      known.some(({ agreed }) => agreed) &&
      counts(
        causes.filter(({ agreed }) => agreed),
        rules,
      ),
    since: dueAt ?? 0,
    left: supplyLeft(tx, rules),
  };
}

const isPressing = ({ kind, agreed }: Cause) => agreed && (isUrgent(kind) || kind === "unknown");
const isUrgent = (kind: Cause["kind"]) => kind === "floor" || kind === "blind";

/** Returns for each station with a cause when its first cause began. */
function firstOf(causes: readonly Cause[]): Map<string, Instant> {
  const first = new Map<string, Instant>();
  for (const { station, since } of causes) first.set(station, Math.min(since, first.get(station) ?? since));
  return first;
}

function counts(causes: readonly Cause[], rules: MachineRules): boolean {
  return nthOf([...firstOf(causes).values()], rules) !== null;
}

/**
 * Returns a cause for each station of which nothing shows that it still feeds the machine, once another one has a cause (E12).
 * Alone, an unknown grid is no ground (S2). At the floor, waiting for a station that was not heard since the start would take
 * longer than the battery lasts.
 */
function doubts(tx: Transaction, { stations }: MachineRules, known: readonly Cause[]): Cause[] {
  if (known.length === 0) return [];
  const graceSec = known.some(isPressing) ? tx.rules.blindAfterSec : tx.rules.bootGraceSec;
  return stations.flatMap((station) => {
    const since = doubtfulSince(tx, station, graceSec);
    return since === null ? [] : [{ station, kind: "unknown" as const, since, agreed: true }];
  });
}

function ofStation(tx: Transaction, machine: MachineState, rules: MachineRules, id: string): Cause[] {
  const assessment = tx.assess(id);
  if (!assessment.floorApplies || assessment.held) return [];
  const station = tx.station(id);
  const agreed = assessment.overdue || isAwayConfirmed(station);
  const causes: Cause[] = [];
  const add = (kind: Cause["kind"], since: Instant | null) => {
    if (since !== null) causes.push({ station: id, kind, since, agreed });
  };
  add("floor", floorSince(tx, rules, assessment));
  if (!assessment.notUp) return causes;
  add("blind", blindSince(tx, assessment));
  add("soc", socSince(tx, machine, rules, id));
  add("runtime", runtimeSince(tx, machine, rules, id));
  add("time", timeSince(tx, rules, station));
  return causes;
}

/** Two samples some seconds apart show that the battery carries the load. */
const isAwayConfirmed = ({ awayAt, sampleAt }: StationState): boolean =>
  awayAt !== null && sampleAt !== null && sampleAt - awayAt >= agreeMs;

/** The time left is no more than what the machine needs. */
function floorSince(tx: Transaction, rules: MachineRules, assessment: Assessment): Instant | null {
  return worstLeft(assessment) <= needMs(rules) ? tx.at : null;
}

/**
 * Returns the ms left for a trigger, infinite where nothing can be projected. If a sample is overdue, the charge is assumed to
 * have fallen by one more percent: losing data must never delay a shutdown (I4).
 */
export function worstLeft({ projection, overdue }: Assessment): number {
  if (projection === null) return Number.POSITIVE_INFINITY;
  return overdue ? projection.left - 1 / projection.rate : projection.left;
}

/** Silence, or a charge that is not known, has lasted for half of the projected time, at least 300 s; 300 s where nothing is projected; a configured number is a cap (S6). */
function blindSince(tx: Transaction, assessment: Assessment): Instant | null {
  const { blind } = assessment;
  if (blind === null) return null;
  const { blindMaxSec } = tx.rules;
  const { projection } = assessment;
  const half = projection === null ? null : Math.max(blindMs, projection.whole / 2);
  const cap = blindMaxSec === "auto" ? null : blindMaxSec * 1000;
  const since = blind.at + Math.min(half ?? cap ?? blindMs, cap ?? Number.POSITIVE_INFINITY);
  return tx.at >= since ? since : null;
}

function socSince(tx: Transaction, machine: MachineState, rules: MachineRules, id: string): Instant | null {
  const armed = armedSince(machine.armed, id, "soc", tx.at) ?? armedSince(machine.armed, id, "raised", tx.at);
  if (armed !== null) return armed;
  const { projection, overdue } = tx.assess(id);
  const station = tx.station(id);
  const stationRules = tx.rules.stations[id];
  if (!overdue || projection === null || station.soc === null || !stationRules) return null;
  const { percent } = thresholdOf(tx.rules, rules, stationRules, station);
  const since = projection.from + Math.max(0, station.soc - 1 - percent) / projection.rate;
  return tx.at >= since ? since : null;
}

function runtimeSince(
  tx: Transaction,
  machine: MachineState,
  rules: MachineRules,
  id: string,
): Instant | null {
  if (rules.runtimeSec === null) return null;
  const armed = armedSince(machine.armed, id, "runtime", tx.at);
  if (armed !== null) return armed;
  const assessment = tx.assess(id);
  const { runtime, sampleAt } = tx.station(id);
  if (!assessment.overdue || sampleAt === null) return null;
  const reported = runtime === null ? Number.POSITIVE_INFINITY : runtime * 1000 - (tx.at - sampleAt);
  const projected = Math.min(reported, worstLeft(assessment));
  const since = Math.max(sampleAt, tx.at - (rules.runtimeSec * 1000 - projected));
  return tx.at >= since ? since : null;
}

function timeSince(tx: Transaction, { onBatterySec }: MachineRules, station: StationState): Instant | null {
  if (onBatterySec === null) return null;
  const over = onBatteryMs(station, tx.at) - onBatterySec * 1000;
  return over >= 0 ? tx.at - over : null;
}
