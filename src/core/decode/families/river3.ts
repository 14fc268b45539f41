/** The sign of the mains on the protobuf line (River 3, Delta 3, Delta Pro 3): ecoflow-protocol.md 5.2 with hard-cases S12–S16. */
import type { GridEvidence } from "../../filter/grid.ts";
import type { CarriedBy, Instant } from "../../reading.ts";
import { type Device, timeAt, valueAt } from "../device.ts";
import { displayPropertyUpload } from "../fields/display-property.ts";
import { runtimePropertyUpload } from "../fields/runtime-property.ts";
import { slotOf } from "../fields/table.ts";
import type { Model } from "../models.ts";
import { type BatteryState, batteryState } from "./battery.ts";
import { isBypassOff, levelOfReturn } from "./by-setting.ts";
import { type Evidence, isMute } from "./evidence.ts";

/** What differs between the members of the line. */
export interface Signs {
  /** AC input above this many watts is the mains. */
  acInWatts: number;
  /** AC input above this many volts is the mains (Delta Pro 3); null where the field tells nothing. */
  acInVolts: number | null;
}

export const river3Signs: Signs = { acInWatts: 3, acInVolts: null };
/** Inferred: no capture with the mains on stands behind the voltage (ecoflow-protocol.md 5.1). */
export const deltaPro3Signs: Signs = { acInWatts: 5, acInVolts: 80 };

/** The signs of a model; one that is not known is judged like a River 3, whose rule is the careful one (ecoflow-protocol.md 5.2). */
export const signsOf = (model: Model | null): Signs =>
  model?.family === "deltapro3" ? deltaPro3Signs : river3Signs;

/** A Display value proves nothing later than this: everything comes each 120 s (S16). */
const displayProofMs = 150_000;
/** A battery heartbeat so much newer contradicts, or stands in for, a Display value (S16, 5.2). */
const newerMs = 15_000;
/** Load without mains behind it must last so long before it is called solar (S14). */
const solarHoldMs = 60_000;

const display = (name: string) => slotOf(displayPropertyUpload, name);
const slots = {
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
const acInVolts = slotOf(runtimePropertyUpload, "plug_in_info_ac_in_vol");

/** The moment as the rule sees it; NaN = not known, or no longer. */
interface View {
  acIn: number;
  out: number;
  /** Solar and other DC input, watts. */
  dc: number;
  /** 0 idle, 1 discharging, 2 charging. */
  state: number;
  /** When the frame came that told `state`. */
  stateAt: Instant;
  battery: BatteryState;
}

/**
 * Judges the mains from what the device said, at `at`, with the believed state of charge. `holdsPassed` judges one payload by
 * itself (rulings R19): hold times count as passed.
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
  const discharging = view.state === 1 && view.acIn <= 1 && (view.out >= 5 || view.battery.outWatts >= 2);
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

/** A Display number that is young enough to prove something, else NaN. */
function fresh(device: Device, memory: Evidence, slot: number, at: Instant): number {
  const goodUntil = timeAt(device.board, slot) + displayProofMs;
  if (!(goodUntil >= at)) return Number.NaN;
  if (goodUntil < memory.nextAt) memory.nextAt = goodUntil + 1;
  return valueAt(device.board, slot);
}

function look(device: Device, memory: Evidence, at: Instant): View {
  const acIn = fresh(device, memory, slots.acIn, at);
  const inSum = fresh(device, memory, slots.inSum, at);
  const pv1 = fresh(device, memory, slots.pv, at);
  const pv2 = fresh(device, memory, slots.pv2, at);
  // Two panels on a Delta 3 Plus: either may be told alone.
  const pv = pv2 > 0 ? pv2 + (pv1 || 0) : pv1;
  const otherDc = inSum - acIn;
  const battery = batteryState(device, at);
  memory.nextAt = Math.min(memory.nextAt, battery.goodUntil);
  let state = fresh(device, memory, slots.state, at);
  let stateAt = timeAt(device.board, slots.state);
  // The battery's own word stands in when it is 15 s newer, or when Display has none.
  if (battery.state >= 0 && (Number.isNaN(state) || battery.stateAt - stateAt >= newerMs)) {
    state = battery.state;
    stateAt = battery.stateAt;
  }
  if (battery.state === 1 && battery.outWatts >= 5) {
    const contradicted = battery.stateAt > memory.replyAt ? memory.replyAt : Number.NEGATIVE_INFINITY;
    memory.voidUntil = Math.max(memory.voidUntil, battery.stateAt - newerMs, contradicted);
  }
  const dc = Number.isNaN(pv) || otherDc > pv ? otherDc : pv;
  return { acIn, out: fresh(device, memory, slots.outSum, at), dc, state, stateAt, battery };
}

/** A discharge is judged by how it began, not by the moment (S12). */
function followEpisode(memory: Evidence, view: View, discharging: boolean, soc: number | null): void {
  if (discharging) {
    if (Number.isNaN(memory.episodeSoc)) memory.episodeSoc = soc ?? Number.NaN;
  } else if (view.state === 0 || view.state === 2 || view.acIn > 1) memory.episodeSoc = Number.NaN;
}

type Presence = "ac-input-watts" | "flow" | "charge-state";

function signOfPresence(
  device: Device,
  memory: Evidence,
  view: View,
  at: Instant,
  signs: Signs,
): Presence | null {
  const standing = (slot: number) =>
    timeAt(device.board, slot) > memory.voidUntil ? fresh(device, memory, slot, at) : Number.NaN;
  const outageAt = standing(slots.outage) === 1 ? timeAt(device.board, slots.outage) : -1;
  const newerThan = (slot: number, than: Instant) => timeAt(device.board, slot) > than;
  const acInIsOld = timeAt(device.board, slots.acIn) < outageAt;
  if (standing(slots.acIn) > signs.acInWatts && !acInIsOld) return "ac-input-watts";
  if (standing(slots.plugged) === 1 && newerThan(slots.plugged, outageAt)) return "flow";
  if (((standing(slots.flow) || 0) & 3) >= 2 && newerThan(slots.flow, outageAt)) return "flow";
  if (standing(slots.charger) === 1 && newerThan(slots.charger, memory.lossAt)) return "flow";
  if (signs.acInVolts !== null && volts(device, memory, at) > signs.acInVolts) return "flow";
  const fromExtraBattery = fresh(device, memory, slots.dcp, at) > 0;
  if (view.state === 2 && view.dc < 3 && !fromExtraBattery && view.stateAt > outageAt) return "charge-state";
  return null;
}

/**
 * AC input voltage, as long as it proves something. It comes each 1–5 min and in a reply minutes late (ecoflow-protocol.md 3.7):
 * one that is not newer than the last sign of a loss is from before it.
 */
function volts(device: Device, memory: Evidence, at: Instant): number {
  const named = timeAt(device.board, acInVolts);
  const goodUntil = named + displayProofMs;
  const good = goodUntil >= at && named > memory.voidUntil && named > memory.lossAt;
  if (good && goodUntil < memory.nextAt) memory.nextAt = goodUntil + 1;
  return good ? valueAt(device.board, acInVolts) : Number.NaN;
}

function signOfLoss(
  device: Device,
  memory: Evidence,
  view: View,
  at: Instant,
  discharging: boolean,
  soc: number | null,
): GridEvidence | null {
  const acInIsOld = timeAt(device.board, slots.acIn) < timeAt(device.board, slots.outage);
  if (fresh(device, memory, slots.outage, at) === 1 && (!(view.acIn > 1) || acInIsOld)) {
    return { verdict: "lost", basis: "flow", carriedBy: carrier(view, discharging) };
  }
  if (!discharging) return null;
  const charger = timeAt(device.board, slots.charger) > memory.voidUntil;
  if (charger && fresh(device, memory, slots.charger, at) === 1) {
    return { verdict: "keep", basis: "last-known", carriedBy: "battery" };
  }
  if (isSignedSince(device, timeAt(device.board, slots.acIn))) {
    return { verdict: "unknown", basis: "none", carriedBy: "battery" };
  }
  if (bySetting(device, memory, soc))
    return { verdict: "unknown", basis: "by-setting", carriedBy: "battery" };
  return { verdict: "lost", basis: "discharge", carriedBy: "battery" };
}

/**
 * Whether a sign of the mains was told after `at`, be it void by now. Watts from before it are no word on what came after: with
 * a load above the input limit the battery discharges on good mains, and the delta with the watts may have been lost (S16).
 */
function isSignedSince({ board }: Device, at: Instant): boolean {
  const told = (slot: number) => (timeAt(board, slot) > at ? valueAt(board, slot) : 0);
  return told(slots.plugged) === 1 || (told(slots.flow) & 3) >= 2 || told(slots.charger) === 1;
}

/**
 * Whether this discharge may be the owner's own wish: it began above the level at which the station goes back to mains. One
 * point below that level the wish is over, and the rest of the discharge is a loss (S12, S13).
 */
function bySetting(device: Device, memory: Evidence, soc: number | null): boolean {
  if (isBypassOff(device)) return true;
  const level = levelOfReturn(device);
  if (soc !== null && soc <= level - 1) memory.episodeSoc = soc;
  return memory.episodeSoc > level;
}

/** Neither a sign of the mains nor of its loss: the sun (S14), zeros that keep the verdict (S15), or nothing to judge by. */
function withoutSign(memory: Evidence, view: View, at: Instant, holdsPassed: boolean): GridEvidence {
  const bySun = view.acIn <= 1 && view.out >= 5 && view.dc >= 3;
  if (!bySun) memory.solarSince = null;
  else {
    memory.solarSince ??= at;
    const due = memory.solarSince + solarHoldMs;
    if (holdsPassed || at >= due) return { verdict: "unknown", basis: "solar", carriedBy: "solar" };
    memory.nextAt = Math.min(memory.nextAt, due);
  }
  // A watt figure that the battery contradicts is not zero: it tells nothing.
  if (Number.isNaN(view.acIn) || Number.isNaN(view.state) || view.acIn > river3Signs.acInWatts) {
    return { verdict: "unknown", basis: "none", carriedBy: drained(view) };
  }
  if (view.state === 0 && view.out >= 5) memory.loadSeen = true;
  return { verdict: "keep", basis: "last-known", carriedBy: carrier(view, false) };
}

function noteLoad(memory: Evidence, view: View): void {
  if (view.state === 0 && view.acIn <= 1 && view.out >= 5 && !(view.dc >= 3)) memory.loadSeen = true;
}

/** A discharge is one, whatever is known of the mains: the hard floor holds, and silence after it is no good sign (S2). */
const drained = ({ state, out, battery }: View): CarriedBy | null =>
  state === 1 && (out >= 5 || battery.outWatts >= 5) ? "battery" : null;

function carrier(view: View, discharging: boolean): CarriedBy | null {
  if (view.acIn > 1) return "grid";
  if (discharging) return "battery";
  if (view.out >= 5 && view.dc >= 3) return "solar";
  if (view.out < 1) return "none";
  return null;
}
