/** What arms and disarms a machine's triggers (S9, I9): armed is remembered, so that noise at a threshold resets nothing. */
import type { Instant } from "../reading.ts";
import type { Draft } from "./draft.ts";
import { thresholdOf } from "./project.ts";
import type { MachineRules } from "./rules.ts";
import { isConfirmed } from "./sight.ts";
import type { Arm, MachineState, StationState } from "./state.ts";

/** A runtime trigger, and a raised threshold, disarm after they have been clear for so long. */
const clearMs = 60_000;
/** A runtime is clear above so many times its threshold. */
const runtimeMargin = 1.5;
/** While a station has gained charge for so long, no SoC trigger arms anew. */
const gainMs = 300_000;

/** The machine's arms at this instant; the same array when nothing changed. */
export function armsOf(draft: Draft, machine: MachineState, rules: MachineRules): Arm[] {
  let arms = machine.arms;
  for (const id of rules.stations) {
    const sight = draft.sight(id);
    const station = draft.station(id);
    if (isConfirmed(station, sight, draft.at, draft.rules.abortAfterSec)) arms = without(arms, id);
    // A grid that is back but not confirmed, and a sample that did not come, arm and disarm nothing.
    else if (sight.notUp && !sight.overdue && station.resumedAt === null) {
      arms = ofStation(draft, machine, rules, id, arms);
    }
  }
  return arms;
}

function without(arms: Arm[], station: string): Arm[] {
  return arms.some((arm) => arm.station === station) ? arms.filter((arm) => arm.station !== station) : arms;
}

/** Whether each kind is met, or clear of its threshold; neither keeps an arm as it is. */
interface Level {
  kind: Arm["kind"];
  met: boolean;
  clear: boolean;
}

function ofStation(draft: Draft, machine: MachineState, rules: MachineRules, id: string, arms: Arm[]): Arm[] {
  const station = draft.station(id);
  let next = arms;
  for (const level of [...socLevels(draft, rules, id, station), runtimeLevel(rules, station)]) {
    if (level === null) continue;
    next = turn(next, id, level, draft.at, machine.state);
  }
  return next;
}

function socLevels(draft: Draft, rules: MachineRules, id: string, station: StationState): Level[] {
  const { soc, gainAt } = station;
  const stationRules = draft.rules.stations[id];
  if (soc === null || stationRules === undefined) return [];
  // For panels: what gains charge on balance arms nothing anew.
  const gains = gainAt !== null && draft.at - gainAt >= gainMs;
  const { percent } = thresholdOf(draft.rules, rules, stationRules, station);
  return [
    { kind: "soc", met: !gains && soc <= rules.socPercent, clear: false },
    {
      kind: "raised",
      met: !gains && percent > rules.socPercent && soc <= percent,
      clear: soc > percent + draft.rules.hysteresisPercent,
    },
  ];
}

function runtimeLevel(rules: MachineRules, { runtime, runtimeSmooth }: StationState): Level | null {
  if (rules.runtimeSec === null || runtime === null) return null;
  const clear = (runtimeSmooth ?? runtime) > rules.runtimeSec * runtimeMargin;
  return { kind: "runtime", met: runtime <= rules.runtimeSec, clear };
}

/** Arms what is met, and disarms what has been clear for 60 s while nothing was sent yet. */
function turn(
  arms: Arm[],
  station: string,
  { kind, met, clear }: Level,
  at: Instant,
  state: MachineState["state"],
): Arm[] {
  const armed = arms.find((arm) => arm.station === station && arm.kind === kind);
  if (armed === undefined) return met ? [...arms, { station, kind, clearAt: null }] : arms;
  const clearAt = clear ? (armed.clearAt ?? at) : null;
  const sent = state !== "watching" && state !== "pending";
  if (clearAt !== null && at - clearAt >= clearMs && !sent) return arms.filter((arm) => arm !== armed);
  return clearAt === armed.clearAt ? arms : arms.map((arm) => (arm === armed ? { ...arm, clearAt } : arm));
}

/** Whether an arm of this kind stands for the station. */
export function isArmed(arms: readonly Arm[], station: string, kind: Arm["kind"]): boolean {
  return arms.some((arm) => arm.station === station && arm.kind === kind);
}
