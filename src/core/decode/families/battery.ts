/** All packs of a station taken together, from their own heartbeats (BMSHeartBeatReport). */
import type { Instant } from "../../reading.ts";
import { type Device, timeAt, valueAt } from "../device.ts";
import { bmsHeartBeatReport } from "../fields/bms-heartbeat.ts";
import { slotOf } from "../fields/table.ts";

export interface BatteryState {
  /** Sum over the packs heard, watts; NaN when none is fresh. */
  outWatts: number;
  inWatts: number;
  /** 0 idle, 1 discharging, 2 charging, −1 not known. One discharging pack is a discharge. */
  state: number;
  /** The newest heartbeat that told it. */
  stateAt: Instant;
  /** When the oldest of these heartbeats stops proving anything; `Infinity` when there is none. */
  goodUntil: Instant;
}

/** A heartbeat comes each 10–20 s; after a minute it proves nothing (hard-cases S16). */
const proofMs = 60_000;

const slot = (name: string) => slotOf(bmsHeartBeatReport, name);
const outSlot = slot("output_watts");
const inSlot = slot("input_watts");
const stateSlot = slot("chg_dsg_state");

/** The battery as its packs told within the last minute. */
export function batteryState(device: Device, at: Instant): BatteryState {
  const sum: BatteryState = {
    outWatts: Number.NaN,
    inWatts: Number.NaN,
    state: -1,
    stateAt: Number.NaN,
    goodUntil: Number.POSITIVE_INFINITY,
  };
  for (const { numbers } of device.packs) {
    const told = timeAt(numbers, outSlot);
    if (!(at - told <= proofMs)) continue;
    sum.goodUntil = Math.min(sum.goodUntil, told + proofMs + 1);
    sum.outWatts = (sum.outWatts || 0) + valueAt(numbers, outSlot);
    sum.inWatts = (sum.inWatts || 0) + valueAt(numbers, inSlot);
    const state = valueAt(numbers, stateSlot);
    if (Number.isNaN(state)) continue;
    sum.stateAt = Math.max(Number.isNaN(sum.stateAt) ? told : sum.stateAt, told);
    sum.state = state === 1 || sum.state === 1 ? 1 : Math.max(sum.state, state);
  }
  return sum;
}
