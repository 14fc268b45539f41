/** The signs of the mains on the protobuf line: River 3, Delta 3, Delta Pro 3 (docs/protocol.md; S12–S16 in docs/rules.md). */
import type { GridEvidence } from "../../filter/grid.ts";
import type { CarriedBy, Instant } from "../../reading.ts";
import type { Device } from "../device.ts";
import { displayPropertyUpload } from "../fields/display-property.ts";
import { runtimePropertyUpload } from "../fields/runtime-property.ts";
import { indexesOf } from "../fields/table.ts";
import type { Model } from "../models.ts";
import { timeAt, valueAt } from "../numbers.ts";
import { type BatteryState, batteryState } from "./battery.ts";
import { isBypassOff, levelOfReturn } from "./by-setting.ts";
import { type Evidence, isMute } from "./evidence.ts";
import { isAbove, isAtLeast, isAtMost, isBelow } from "./family.ts";

/** What differs between the members of the line. */
export interface Signs {
  /** AC input above this many watts is the mains. */
  acInWatts: number;
  /** AC input above this many volts is the mains (Delta Pro 3); null where the field is no sign. */
  acInVolts: number | null;
}

export const river3Signs: Signs = { acInWatts: 3, acInVolts: null };
/** The voltage is inferred: no capture of a Delta Pro 3 on the mains shows it. */
export const deltaPro3Signs: Signs = { acInWatts: 5, acInVolts: 80 };

/** Returns the signs of a model; an unknown model is judged like a River 3, whose rule is the more careful one. */
export const signsOf = (model: Model | null): Signs =>
  model?.family === "deltapro3" ? deltaPro3Signs : river3Signs;

/** A Display value proves nothing after this time: Display sends everything each 120 s (S16). */
const displayProofMs = 150_000;
/** A battery heartbeat that is this much newer contradicts, or stands in for, a Display value (S16). */
const newerMs = 15_000;
/** A load without mains must last this long before solar power counts as its source (S14). */
const solarHoldMs = 60_000;

const display = indexesOf(displayPropertyUpload);
const d = {
  acIn: display("pow_get_ac_in"),
  inSum: display("pow_in_sum_w"),
  outSum: display("pow_out_sum_w"),
  pv: display("pow_get_pv"),
  pv2: display("pow_get_pv2"),
  dcp: display("pow_get_dcp"),
  state: display("cms_chg_dsg_state"),
  charger: display("plug_in_info_ac_charger_flag"),
  flow: display("flow_info_ac_in"),
  plugged: display("plug_in_info_ac_in_flag"),
  outage: display("power_outages_active_flag"),
};
const acInVolts = indexesOf(runtimePropertyUpload)("plug_in_info_ac_in_vol");

/** The moment as the rule sees it; null = not known, or no longer. */
interface View {
  acIn: number | null;
  out: number | null;
  /** Solar and other DC input, watts. */
  dc: number | null;
  /** 0 idle, 1 discharging, 2 charging. */
  state: number | null;
  /** When `state` was named. */
  stateAt: Instant;
  battery: BatteryState;
}

/**
 * Judges the mains at `at` by what the device reported; `soc` is the believed state of charge. With `holdsPassed` one payload is
 * judged by itself: hold times count as passed.
 */
export function judgeGrid(
  device: Device,
  memory: Evidence,
  at: Instant,
  soc: number | null,
  signs: Signs,
  holdsPassed = false,
): GridEvidence {
  memory.firstAt ??= at;
  memory.nextAt = Number.POSITIVE_INFINITY;
  const view = look(device, memory, at);
  const hasLoad = isAtLeast(view.out, 5) || isAtLeast(view.battery.outWatts, 2);
  const discharging = view.state === 1 && isAtMost(view.acIn, 1) && hasLoad;
  if (discharging) memory.lossAt = Math.max(memory.lossAt, view.stateAt);
  followEpisode(memory, view, discharging, soc);
  const presence = signOfPresence(device, memory, view, at, signs);
  if (presence !== null) {
    memory.proven = true;
    memory.solarSince = null;
    return { verdict: "present", basis: presence, carriedBy: carrier(view, discharging) };
  }
  noteLoad(memory, view);
  if (isMute(memory, at)) return { verdict: "unknown", basis: "none", carriedBy: drained(view) };
  const evidence = signOfLoss(device, memory, view, at, discharging, soc);
  if (evidence !== null) return evidence;
  return withoutSign(memory, view, at, holdsPassed);
}

/** Returns a Display number while it is young enough to prove something, and notes when that ends. */
function fresh(device: Device, memory: Evidence, index: number, at: Instant): number | null {
  const goodUntil = timeAt(device.display, index) + displayProofMs;
  if (goodUntil < at) return null;
  if (goodUntil < memory.nextAt) memory.nextAt = goodUntil + 1;
  return valueAt(device.display, index);
}

function look(device: Device, memory: Evidence, at: Instant): View {
  const acIn = fresh(device, memory, d.acIn, at);
  const battery = batteryState(device, at);
  memory.nextAt = Math.min(memory.nextAt, battery.goodUntil);
  let state = fresh(device, memory, d.state, at);
  let stateAt = timeAt(device.display, d.state);
  // The battery's own state stands in when it is 15 s newer, or when Display has none.
  if (battery.state !== null && (state === null || battery.stateAt - stateAt >= newerMs)) {
    state = battery.state;
    stateAt = battery.stateAt;
  }
  if (battery.state === 1 && isAtLeast(battery.outWatts, 5)) {
    const contradicted = battery.stateAt > memory.replyAt ? memory.replyAt : Number.NEGATIVE_INFINITY;
    memory.voidUntil = Math.max(memory.voidUntil, battery.stateAt - newerMs, contradicted);
  }
  const dc = directCurrent(device, memory, acIn, at);
  return { acIn, out: fresh(device, memory, d.outSum, at), dc, state, stateAt, battery };
}

/** Returns the watts of solar and other DC input: the solar figures, or what of the sum is not AC if that is more. */
function directCurrent(device: Device, memory: Evidence, acIn: number | null, at: Instant): number | null {
  const inSum = fresh(device, memory, d.inSum, at);
  const pv1 = fresh(device, memory, d.pv, at);
  const pv2 = fresh(device, memory, d.pv2, at);
  // A Delta 3 Plus has two solar inputs and may name either of them alone.
  const pv = pv2 !== null && pv2 > 0 ? pv2 + (pv1 ?? 0) : pv1;
  const other = inSum === null || acIn === null ? null : inSum - acIn;
  return pv === null || isAbove(other, pv) ? other : pv;
}

/** A discharge is judged by the state of charge at which it began, not by the present one (S12). */
function followEpisode(memory: Evidence, view: View, discharging: boolean, soc: number | null): void {
  if (discharging) memory.episodeSoc ??= soc;
  else if (view.state === 0 || view.state === 2 || isAbove(view.acIn, 1)) memory.episodeSoc = null;
}

type Presence = "ac-input-watts" | "flow" | "charge-state";

function signOfPresence(
  device: Device,
  memory: Evidence,
  view: View,
  at: Instant,
  signs: Signs,
): Presence | null {
  const timeOf = (index: number) => timeAt(device.display, index);
  const standing = (index: number) =>
    timeOf(index) > memory.voidUntil ? fresh(device, memory, index, at) : null;
  const outageAt = standing(d.outage) === 1 ? timeOf(d.outage) : Number.NEGATIVE_INFINITY;
  const isSince = (index: number) => timeOf(index) > outageAt;
  if (isAbove(standing(d.acIn), signs.acInWatts) && timeOf(d.acIn) >= outageAt) return "ac-input-watts";
  if (standing(d.plugged) === 1 && isSince(d.plugged)) return "flow";
  if (isFlowing(standing(d.flow)) && isSince(d.flow)) return "flow";
  if (standing(d.charger) === 1 && timeOf(d.charger) > memory.lossAt) return "flow";
  if (signs.acInVolts !== null && isAbove(volts(device, memory, at), signs.acInVolts)) return "flow";
  const fromExtraBattery = isAbove(fresh(device, memory, d.dcp, at), 0);
  const charges = view.state === 2 && isBelow(view.dc, 3) && !fromExtraBattery;
  return charges && view.stateAt > outageAt ? "charge-state" : null;
}

/** The app's own test: it flows if the low two bits are 2 or 3 (rabits/ha-ef-ble). */
const isFlowing = (flow: number | null) => ((flow ?? 0) & 3) >= 2;

/**
 * Returns the AC input voltage while it proves something. It comes each 1–5 min, and minutes late in a reply, so one that is not
 * newer than the last sign of a loss may be from before the loss.
 */
function volts(device: Device, memory: Evidence, at: Instant): number | null {
  const namedAt = timeAt(device.runtime, acInVolts);
  const goodUntil = namedAt + displayProofMs;
  if (goodUntil < at || namedAt <= memory.voidUntil || namedAt <= memory.lossAt) return null;
  if (goodUntil < memory.nextAt) memory.nextAt = goodUntil + 1;
  return valueAt(device.runtime, acInVolts);
}

function signOfLoss(
  device: Device,
  memory: Evidence,
  view: View,
  at: Instant,
  discharging: boolean,
  soc: number | null,
): GridEvidence | null {
  const timeOf = (index: number) => timeAt(device.display, index);
  const isFed = isAbove(view.acIn, 1) && timeOf(d.acIn) >= timeOf(d.outage);
  if (fresh(device, memory, d.outage, at) === 1 && !isFed) {
    return { verdict: "lost", basis: "flow", carriedBy: carrier(view, discharging) };
  }
  if (!discharging) return null;
  if (timeOf(d.charger) > memory.voidUntil && fresh(device, memory, d.charger, at) === 1) {
    return { verdict: "keep", basis: "last-known", carriedBy: "battery" };
  }
  if (isSignedSince(device, timeOf(d.acIn))) {
    return { verdict: "unknown", basis: "none", carriedBy: "battery" };
  }
  if (bySetting(device, memory, soc))
    return { verdict: "unknown", basis: "by-setting", carriedBy: "battery" };
  return { verdict: "lost", basis: "discharge", carriedBy: "battery" };
}

/**
 * Whether a sign of the mains was named after `at`, even if it is void by now. Watts from before that sign show nothing of later: a
 * load above the input limit discharges the battery on good mains, and the delta with the watts may have been lost (S16).
 */
function isSignedSince({ display }: Device, at: Instant): boolean {
  const since = (index: number) => (timeAt(display, index) > at ? valueAt(display, index) : null);
  return since(d.plugged) === 1 || isFlowing(since(d.flow)) || since(d.charger) === 1;
}

/**
 * Whether the owner's settings may cause this discharge: it began above the level at which the station goes back to the mains. One
 * point below that level the settings no longer explain it, and the rest of the discharge is a loss (S12, S13).
 */
function bySetting(device: Device, memory: Evidence, soc: number | null): boolean {
  if (isBypassOff(device)) return true;
  const level = levelOfReturn(device);
  if (level === null) return false;
  if (isAtMost(soc, level - 1)) memory.episodeSoc = soc;
  return isAbove(memory.episodeSoc, level);
}

/** Neither a sign of the mains nor of its loss: solar power (S14), zeros that keep the verdict (S15), or nothing to judge by. */
function withoutSign(memory: Evidence, view: View, at: Instant, holdsPassed: boolean): GridEvidence {
  const isSolar = isAtMost(view.acIn, 1) && isAtLeast(view.out, 5) && isAtLeast(view.dc, 3);
  if (!isSolar) memory.solarSince = null;
  else {
    memory.solarSince ??= at;
    const due = memory.solarSince + solarHoldMs;
    if (holdsPassed || at >= due) return { verdict: "unknown", basis: "solar", carriedBy: "solar" };
    memory.nextAt = Math.min(memory.nextAt, due);
  }
  // AC watts that the battery contradicts are not zero: they prove nothing.
  if (view.acIn === null || view.state === null || view.acIn > river3Signs.acInWatts) {
    return { verdict: "unknown", basis: "none", carriedBy: drained(view) };
  }
  if (view.state === 0 && isAtLeast(view.out, 5)) memory.loadSeen = true;
  return { verdict: "keep", basis: "last-known", carriedBy: carrier(view, false) };
}

/** Notes a load that neither the battery nor solar power carries: it must be the mains, which this firmware does not show. */
function noteLoad(memory: Evidence, view: View): void {
  const isCarried = view.state !== 0 || isAtLeast(view.dc, 3);
  if (!isCarried && isAtMost(view.acIn, 1) && isAtLeast(view.out, 5)) memory.loadSeen = true;
}

/** A discharge carries the load whatever is known of the mains: the hard floor holds, and silence after it is no good sign (S2). */
const drained = ({ state, out, battery }: View): CarriedBy | null =>
  state === 1 && (isAtLeast(out, 5) || isAtLeast(battery.outWatts, 5)) ? "battery" : null;

function carrier(view: View, discharging: boolean): CarriedBy | null {
  if (isAbove(view.acIn, 1)) return "grid";
  if (discharging) return "battery";
  if (isAtLeast(view.out, 5) && isAtLeast(view.dc, 3)) return "solar";
  if (isBelow(view.out, 1)) return "none";
  return null;
}
