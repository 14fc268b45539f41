/** All packs of a station taken together, from their own heartbeats (BMSHeartBeatReport). */
import type { Instant } from "../../reading.ts";
import { type Device, type Pack, timeAt, valueAt } from "../device.ts";
import { bmsHeartBeatReport } from "../fields/bms-heartbeat.ts";
import { slotOf } from "../fields/table.ts";

export interface BatteryState {
  /** Sum over the packs heard, watts; NaN when none is fresh. */
  outWatts: number;
  /** 0 idle, 1 discharging, 2 charging, −1 not known. One discharging pack is a discharge. */
  state: number;
  /** The newest heartbeat that told this state. */
  stateAt: Instant;
  /** When the oldest of these heartbeats stops proving anything; `Infinity` when there is none. */
  goodUntil: Instant;
}

/** A heartbeat comes each 10–20 s; after a minute it proves nothing (hard-cases S16). */
const proofMs = 60_000;
/** Packs speak in turn, each 10–20 s: one that was left out for so long was taken off. */
const goneMs = 300_000;

const slot = (name: string) => slotOf(bmsHeartBeatReport, name);
const outSlot = slot("output_watts");
const stateSlot = slot("chg_dsg_state");

/** The battery as its packs told within the last minute. */
export function batteryState(device: Device, at: Instant): BatteryState {
  const sum: BatteryState = {
    outWatts: Number.NaN,
    state: -1,
    stateAt: Number.NaN,
    goodUntil: Number.POSITIVE_INFINITY,
  };
  for (const pack of device.packs) {
    const told = timeAt(device.board, pack + outSlot);
    if (!(at - told <= proofMs)) continue;
    sum.goodUntil = Math.min(sum.goodUntil, told + proofMs + 1);
    sum.outWatts = (sum.outWatts || 0) + valueAt(device.board, pack + outSlot);
    takeState(sum, valueAt(device.board, pack + stateSlot), told);
  }
  return sum;
}

/** Discharging outdoes charging, charging idle; a state is as old as the newest pack that told just this one. */
function takeState(sum: BatteryState, state: number, told: Instant): void {
  if (state === sum.state) sum.stateAt = Math.max(sum.stateAt, told);
  else if (weightOf(state) > weightOf(sum.state)) {
    sum.state = state;
    sum.stateAt = told;
  }
}

const weightOf = (state: number) => (state === 1 ? Number.POSITIVE_INFINITY : state);

/** The packs without those that were taken off while the others went on; `told` is when a pack reported last. */
export function stillThere<P>(packs: readonly P[], told: (pack: P) => Instant): readonly P[] {
  if (packs.length < 2) return packs;
  let newest = Number.NEGATIVE_INFINITY;
  for (const pack of packs) newest = Math.max(newest, told(pack) || newest);
  const gone = newest - goneMs;
  // Nearly always all of them are there: no new list then.
  for (const pack of packs) if (told(pack) < gone) return packs.filter((other) => !(told(other) < gone));
  return packs;
}

/** The packs that still report, told by a number that every report names. */
export const packsThere = ({ board, packs }: Device): readonly Pack[] =>
  packs.length < 2 ? packs : stillThere(packs, (pack) => timeAt(board, pack + outSlot));
