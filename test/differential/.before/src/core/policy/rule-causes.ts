/** Why a machine has to go (policy.md, words): the causes of each station, and what they add up to. */
import type { Instant } from "../reading.ts";
import type { Draft } from "./draft.ts";
import type { PlanWord } from "./effects.ts";
import { needMs, project, thresholdOf } from "./project.ts";
import { isArmed } from "./rule-arms.ts";
import type { MachineRules } from "./rules.ts";
import { onBatteryMs, type Sight } from "./sight.ts";
import type { MachineState, StationState } from "./state.ts";

export interface Cause {
  station: string;
  kind: PlanWord["causes"][number]["kind"];
  /** Since when it is met; in the past where a projection tells when it came. */
  since: Instant;
  /** The newest two samples say so, or none came that should have. */
  agreed: boolean;
}

export interface Judgement {
  causes: readonly Cause[];
  /** Fewer than minSupplies stations are without a cause. */
  due: boolean;
  /** The same, of causes that allow no debounce and that two samples agree on (S8). */
  urgent: boolean;
  /** The same, of causes that two samples agree on. */
  agreed: boolean;
  /** Since when it is due. */
  since: Instant;
  /** Milliseconds until its supply fails; null where nothing can be projected. */
  left: number | null;
}

const calm: Judgement = Object.freeze({
  causes: Object.freeze([]) as readonly Cause[],
  due: false,
  urgent: false,
  agreed: false,
  since: 0,
  left: null,
});

/** Nothing can be projected, or it is left to the projection: act on silence after so long at the earliest (S6). */
const blindMs = 300_000;

export function judge(draft: Draft, machine: MachineState, rules: MachineRules): Judgement {
  if (!rules.stations.some((id) => draft.sight(id).floor)) return calm;
  const causes = rules.stations.flatMap((id) => causesOf(draft, machine, rules, id));
  const failing = firstOf(causes);
  const dueAt = nthOf([...failing.values()], rules);
  return {
    causes,
    due: dueAt !== null,
    urgent: counts(
      causes.filter(({ kind, agreed }) => agreed && isUrgent(kind)),
      rules,
    ),
    agreed: counts(
      causes.filter(({ agreed }) => agreed),
      rules,
    ),
    since: dueAt ?? 0,
    left: supplyLeft(draft, rules),
  };
}

const isUrgent = (kind: Cause["kind"]) => kind === "floor" || kind === "blind";

/** The earliest moment each station has a cause since. */
function firstOf(causes: readonly Cause[]): Map<string, Instant> {
  const first = new Map<string, Instant>();
  for (const { station, since } of causes) first.set(station, Math.min(since, first.get(station) ?? since));
  return first;
}

function counts(causes: readonly Cause[], rules: MachineRules): boolean {
  return nthOf([...firstOf(causes).values()], rules) !== null;
}

/** Of values of failing stations, the one with which fewer than minSupplies are left; null while enough are left. */
function nthOf(values: number[], { stations, minSupplies }: MachineRules): number | null {
  const failing = Math.max(1, stations.length - minSupplies + 1);
  return values.sort((a, b) => a - b)[failing - 1] ?? null;
}

/** Time until fewer than minSupplies stations still feed it; stations with the grid up do not fail. */
export function supplyLeft(draft: Draft, rules: MachineRules): number | null {
  return nthOf(
    rules.stations.flatMap((id) => draft.sight(id).left?.left ?? []),
    rules,
  );
}

function causesOf(draft: Draft, machine: MachineState, rules: MachineRules, id: string): Cause[] {
  const sight = draft.sight(id);
  if (!sight.floor || sight.held) return [];
  const station = draft.station(id);
  const agreed = sight.overdue || station.awaySamples >= 2;
  const causes: Cause[] = [];
  const add = (kind: Cause["kind"], since: Instant | null, agrees = agreed) => {
    if (since !== null) causes.push({ station: id, kind, since, agreed: agrees });
  };
  add("floor", floorSince(draft, rules, sight), agreed && floorAgrees(draft, rules, id));
  if (!sight.notUp) return causes;
  add("blind", blindSince(draft, station, sight));
  add("soc", socSince(draft, machine, rules, id));
  add("runtime", runtimeSince(draft, machine, rules, id));
  add("time", timeSince(draft, rules, station));
  return causes;
}

/** The time left is no more than what the machine needs. */
function floorSince(draft: Draft, rules: MachineRules, sight: Sight): Instant | null {
  return fearedLeft(sight) <= needMs(rules) ? draft.at : null;
}

/**
 * Milliseconds left for a trigger. When a sample is overdue the next lower whole percent may have been due right after the
 * last one: blind is never kinder than sight (I4). Infinite where nothing can be projected.
 */
function fearedLeft({ left, overdue }: Sight): number {
  if (left === null) return Number.POSITIVE_INFINITY;
  return overdue ? left.left - 1 / left.rate : left.left;
}

/** Two samples so near in SoC say the same, percent points. */
const agreeingPoints = 2;

/** In sight, the SoC of the sample before must say it too: one wrong SoC cuts no debounce short. */
function floorAgrees(draft: Draft, rules: MachineRules, id: string): boolean {
  const station = draft.station(id);
  const stationRules = draft.rules.stations[id];
  if (draft.sight(id).overdue || stationRules === undefined) return true;
  if (station.soc === null || station.socBefore === null) return false;
  const soc = Math.max(station.soc, station.socBefore - agreeingPoints);
  const left = project(stationRules, station, draft.at, true, soc);
  return left !== null && left.left <= needMs(rules);
}

/** Silent, and half of the projected time has passed, but not before 300 s; 300 s where nothing is projected; a number caps (S6). */
function blindSince(draft: Draft, station: StationState, sight: Sight): Instant | null {
  if (!sight.silent || station.sampleAt === null) return null;
  const { blindMaxSec } = draft.rules;
  const half = sight.left === null ? null : Math.max(blindMs, sight.left.whole / 2);
  const cap = blindMaxSec === "auto" ? null : blindMaxSec * 1000;
  const since = station.sampleAt + Math.min(half ?? cap ?? blindMs, cap ?? Number.POSITIVE_INFINITY);
  return draft.at >= since ? since : null;
}

function socSince(draft: Draft, machine: MachineState, rules: MachineRules, id: string): Instant | null {
  if (isArmed(machine.arms, id, "soc") || isArmed(machine.arms, id, "raised")) return draft.at;
  const { left, overdue } = draft.sight(id);
  const station = draft.station(id);
  const stationRules = draft.rules.stations[id];
  if (!overdue || left === null || station.soc === null || !stationRules) return null;
  const { percent } = thresholdOf(draft.rules, rules, stationRules, station);
  const since = left.from + Math.max(0, station.soc - 1 - percent) / left.rate;
  return draft.at >= since ? since : null;
}

function runtimeSince(draft: Draft, machine: MachineState, rules: MachineRules, id: string): Instant | null {
  if (rules.runtimeSec === null) return null;
  if (isArmed(machine.arms, id, "runtime")) return draft.at;
  const sight = draft.sight(id);
  const { runtime, sampleAt } = draft.station(id);
  if (!sight.overdue || sampleAt === null) return null;
  const told = runtime === null ? Number.POSITIVE_INFINITY : runtime * 1000 - (draft.at - sampleAt);
  const projected = Math.min(told, fearedLeft(sight));
  const since = Math.max(sampleAt, draft.at - (rules.runtimeSec * 1000 - projected));
  return draft.at >= since ? since : null;
}

function timeSince(draft: Draft, { onBatterySec }: MachineRules, station: StationState): Instant | null {
  if (onBatterySec === null) return null;
  const over = onBatteryMs(station, draft.at) - onBatterySec * 1000;
  return over >= 0 ? draft.at - over : null;
}
