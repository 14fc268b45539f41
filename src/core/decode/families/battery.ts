/** All packs of a station taken together, from their own heartbeats (BMSHeartBeatReport). */
import type { Instant } from "../../reading.ts";
import type { Device, Pack } from "../device.ts";
import { bmsHeartBeatReport } from "../fields/bms-heartbeat.ts";
import { indexesOf } from "../fields/table.ts";
import { timeAt, valueAt } from "../numbers.ts";

export interface BatteryState {
  /** Sum over the packs that reported within a minute, watts; null when none did. */
  outWatts: number | null;
  /** 0 idle, 1 discharging, 2 charging; null when not known. One discharging pack is a discharge. */
  state: number | null;
  /** The newest heartbeat that reported this state; −∞ when none did. */
  stateAt: Instant;
  /** When the oldest of these heartbeats stops proving anything; +∞ when there is none. */
  goodUntil: Instant;
}

/** A heartbeat comes each 10–20 s; after a minute it proves nothing (S16). */
const proofMs = 60_000;
/** Packs report in turn, each 10–20 s: a pack that was left out for this long was taken off. */
const goneMs = 300_000;

const pack = indexesOf(bmsHeartBeatReport);
const outIndex = pack("output_watts");
const stateIndex = pack("chg_dsg_state");

/** Returns the battery as its packs reported it within the last minute. */
export function batteryState({ packs }: Device, at: Instant): BatteryState {
  const sum: BatteryState = {
    outWatts: null,
    state: null,
    stateAt: Number.NEGATIVE_INFINITY,
    goodUntil: Number.POSITIVE_INFINITY,
  };
  for (const { numbers } of packs) {
    const watts = valueAt(numbers, outIndex);
    const reportedAt = timeAt(numbers, outIndex);
    if (watts === null || at - reportedAt > proofMs) continue;
    sum.goodUntil = Math.min(sum.goodUntil, reportedAt + proofMs + 1);
    sum.outWatts = (sum.outWatts ?? 0) + watts;
    const state = valueAt(numbers, stateIndex);
    if (state !== null) addState(sum, state, reportedAt);
  }
  return sum;
}

/** Discharging outdoes charging, and charging idle. The state is as old as the newest pack that reported it. */
function addState(sum: BatteryState, state: number, at: Instant): void {
  if (state === sum.state) sum.stateAt = Math.max(sum.stateAt, at);
  else if (sum.state === null || weightOf(state) > weightOf(sum.state)) {
    sum.state = state;
    sum.stateAt = at;
  }
}

const weightOf = (state: number) => (state === 1 ? Number.POSITIVE_INFINITY : state);

/** Returns the packs without those that fell silent while others went on; `reportedAt` is when a pack reported last. */
export function stillThere<P>(packs: readonly P[], reportedAt: (pack: P) => Instant): readonly P[] {
  if (packs.length < 2) return packs;
  const newest = Math.max(...packs.map(reportedAt));
  // A pack without a report yet (−∞) is new and stays.
  const isGone = (at: Instant) => at < newest - goneMs && at > Number.NEGATIVE_INFINITY;
  return packs.filter((pack) => !isGone(reportedAt(pack)));
}

/** Returns the packs that still report, by a number that every report names. */
export const packsThere = ({ packs }: Device): readonly Pack[] =>
  packs.length < 2 ? packs : stillThere(packs, ({ numbers }) => timeAt(numbers, outIndex));
