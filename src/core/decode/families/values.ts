/** The measured values of the protobuf line: River 3, Delta 3, Delta Pro 3, STREAM (docs/protocol.md). */
import type { Instant, Measured, Module } from "../../reading.ts";
import { type Device, type Pack, packOf } from "../device.ts";
import { bmsHeartBeatReport } from "../fields/bms-heartbeat.ts";
import { cmsHeartBeatReport } from "../fields/cms-heartbeat.ts";
import { displayPropertyUpload } from "../fields/display-property.ts";
import { indexesOf } from "../fields/table.ts";
import { type Numbers, timeAt, valueAt } from "../numbers.ts";
import { packsThere } from "./battery.ts";
import { type Candidate, percent, type Sample, secondsOf } from "./family.ts";

const display = indexesOf(displayPropertyUpload);
const pack = indexesOf(bmsHeartBeatReport);
const system = indexesOf(cmsHeartBeatReport);

const d = {
  soc: display("cms_batt_soc"),
  temp: display("bms_max_cell_temp"),
  acIn: display("pow_get_ac_in"),
  acOut: display("pow_get_ac_out"),
  acHv: display("pow_get_ac_hv_out"),
  acLv: display("pow_get_ac_lv_out"),
  acTt30: display("pow_get_ac_lv_tt30_out"),
  inSum: display("pow_in_sum_w"),
  outSum: display("pow_out_sum_w"),
  pv: display("pow_get_pv"),
  pv2: display("pow_get_pv2"),
  state: display("cms_chg_dsg_state"),
  dischargeTime: display("cms_dsg_rem_time"),
  fullEnergy: display("cms_batt_full_energy"),
  dischargeLimit: display("cms_min_dsg_soc"),
  chargeLimit: display("cms_max_chg_soc"),
  flowAcOut: display("flow_info_ac_out"),
  acStandby: display("ac_standby_time"),
  outputMemory: display("output_power_off_memory"),
  battery: display("pow_get_bms"),
};
const p = {
  soc: pack("soc"),
  showSoc: pack("f32_show_soc"),
  temp: pack("temp"),
  maxTemp: pack("max_cell_temp"),
  soh: pack("soh"),
  cycles: pack("cycles"),
  inWatts: pack("input_watts"),
  outWatts: pack("output_watts"),
  state: pack("chg_dsg_state"),
  remainTime: pack("remain_time"),
  fullCap: pack("full_cap"),
  cells: pack("cell_series_num"),
};
const s = {
  soc: system("v1p0.f32_lcd_show_soc"),
  wholeSoc: system("v1p0.lcd_show_soc"),
  packs: system("v1p0.max_available_num"),
};
const displayErrors = (["errcode", "bms_err_code", "pd_err_code", "mppt_err_code"] as const).map(
  (name) => [name, display(name)] as const,
);
const packErrors = (["err_code", "bms_fault"] as const).map((name) => [name, pack(name)] as const);

/** Display sends everything each 120 s: an older value was not renewed. */
const displayMs = 150_000;
/** Nominal volts of one LFP cell. */
const cellVolts = 3.2;
/** No station holds less; one that does not know its capacity reports 0 or a few watt-hours. */
const leastWattHours = 50;

const capacityIn = (wattHours: number | null) =>
  wattHours !== null && wattHours >= leastWattHours ? wattHours : null;
/** An idle output reports `-0`. */
const positive = (value: number | null) => (value === null ? null : Math.abs(value));
const flag = (value: number | null) => (value === null ? null : value !== 0);
/** On if the low two bits are 2 or 3, the app's own test (rabits/ha-ef-ble). */
const onOf = (flow: number | null) => (flow === null ? null : (flow & 3) >= 2);
/** Adds two values; an unknown one counts as nothing. */
const plus = (one: number | null, other: number | null) =>
  one === null ? other : other === null ? one : one + other;

/** Returns the state of charge over all packs; null until one came. */
export function socOf(device: Device, now: Instant): Sample | null {
  const whole = firstRenewed(
    [
      [device.display, d.soc],
      [device.system, s.soc],
      [device.system, s.wholeSoc],
    ],
    now,
  );
  if (whole !== null && now - whole.at <= displayMs) return whole;
  const main = packOf(device, 0)?.numbers;
  const ofPack = firstRenewed(
    [
      [main, p.showSoc],
      [main, p.soc],
    ],
    now,
  );
  if (whole === null || ofPack === null) return whole ?? ofPack;
  return ofPack.at > whole.at || now - ofPack.at <= displayMs ? ofPack : whole;
}

/** Returns the first of these states of charge that was renewed lately, else the newest. */
function firstRenewed(candidates: readonly Candidate[], now: Instant): Sample | null {
  let newest: Sample | null = null;
  for (const [numbers, index] of candidates) {
    const value = valueAt(numbers, index);
    const at = timeAt(numbers, index);
    if (value === null || (newest !== null && at <= newest.at)) continue;
    newest = { value: percent(value), at };
    if (now - at <= displayMs) break;
  }
  return newest;
}

/** Returns the state of charge that the system heartbeat named at exactly `now`, else null: it confirms a doubtful value sooner. */
export function heartbeatSoc({ system }: Device, now: Instant): number | null {
  const value = valueAt(system, s.soc);
  return value !== null && timeAt(system, s.soc) === now ? percent(value) : null;
}

/** Returns everything measured but the state of charge (`socOf`); each value is null until it came. */
export function measuredOf(device: Device): Measured {
  const shown = (index: number) => valueAt(device.display, index);
  const packs = packsThere(device);
  const battery = stateOf(device, packs);
  return {
    soc: null,
    temp_celsius: shown(d.temp) ?? hottestPack(packs),
    ac_in_watts: shown(d.acIn),
    ac_out_watts: positive(shown(d.acOut) ?? plus(plus(shown(d.acHv), shown(d.acLv)), shown(d.acTt30))),
    in_watts: shown(d.inSum),
    out_watts: shown(d.outSum),
    solar_watts: plus(shown(d.pv), shown(d.pv2)),
    charging: battery.state === null ? null : battery.state === 2,
    runtime_sec: runtimeOf(device, packs, battery),
    capacity_wh: capacityIn(shown(d.fullEnergy)) ?? capacityIn(packsEnergy(device, packs)),
    discharge_limit_percent: shown(d.dischargeLimit),
    charge_limit_percent: shown(d.chargeLimit),
    modules: packs.length === 0 ? null : packs.map(moduleOf),
    ac_out_on: onOf(shown(d.flowAcOut)),
    ac_standby_min: shown(d.acStandby),
    output_memory: flag(shown(d.outputMemory)),
    faults: faultsOf(device, packs),
  };
}

/** Returns the watts out of all packs, else the main board's figure where it has one (`boardTells`; not on River 3). */
export function batteryWattsOf(device: Device, boardTells: boolean): number | null {
  let watts: number | null = null;
  for (const { numbers } of packsThere(device)) watts = plus(watts, valueAt(numbers, p.outWatts));
  if (watts !== null) return watts;
  const board = boardTells ? valueAt(device.display, d.battery) : null;
  return board === null ? null : Math.max(0, -board);
}

/** A pack's state that is this much newer than Display's stands in for it. */
const newerMs = 15_000;

/** 0 idle, 1 discharging, 2 charging. */
interface State {
  state: number | null;
  /** A pack reported it, not Display. */
  byPack: boolean;
}

/** Returns Display's state, or the packs' when it is newer or alone; one discharging pack is a discharge. */
function stateOf({ display }: Device, packs: readonly Pack[]): State {
  const shown = valueAt(display, d.state);
  const since = shown === null ? Number.NEGATIVE_INFINITY : timeAt(display, d.state) + newerMs;
  let own: number | null = null;
  for (const { numbers } of packs) {
    const state = valueAt(numbers, p.state);
    if (state === null || timeAt(numbers, p.state) < since) continue;
    if (own === null || state === 1 || (own !== 1 && state > own)) own = state;
  }
  return own === null ? { state: shown, byPack: false } : { state: own, byPack: true };
}

/**
 * Returns the seconds to the discharge limit while discharging; idle figures are thousands of minutes and no runtime. Display's
 * figure must be as new as its state, else it is still the idle one. 0 is as often "not known" as the last minute, which the state
 * of charge shows as well.
 */
function runtimeOf(device: Device, packs: readonly Pack[], { state, byPack }: State): number | null {
  if (state !== 1) return null;
  const { display } = device;
  const isNew = !byPack && timeAt(display, d.dischargeTime) >= timeAt(display, d.state);
  const shown = isNew ? valueAt(display, d.dischargeTime) : null;
  const main = packs.length === 1 ? packOf(device, 0)?.numbers : undefined;
  const own = valueAt(main, p.state) === 1 ? valueAt(main, p.remainTime) : null;
  return secondsOf(shown || null) ?? secondsOf(own || null);
}

function hottestPack(packs: readonly Pack[]): number | null {
  let hottest: number | null = null;
  for (const { numbers } of packs) {
    const temp = valueAt(numbers, p.maxTemp) ?? valueAt(numbers, p.temp);
    if (temp !== null && (hottest === null || temp > hottest)) hottest = temp;
  }
  return hottest;
}

/** Returns full charge × cells × 3.2 V over all packs; null until every available pack reported. */
function packsEnergy(device: Device, packs: readonly Pack[]): number | null {
  const available = valueAt(device.system, s.packs) ?? 1;
  if (packs.length === 0 || packs.length < available || packOf(device, 0) === undefined) return null;
  let wattHours = 0;
  for (const { numbers } of packs) {
    const full = valueAt(numbers, p.fullCap);
    const cells = valueAt(numbers, p.cells);
    if (full === null || cells === null || full === 0 || cells === 0) return null;
    wattHours += (full / 1000) * cells * cellVolts;
  }
  return Math.round(wattHours * 10) / 10;
}

function moduleOf({ num, numbers }: Pack): Module {
  const soc = valueAt(numbers, p.showSoc) ?? valueAt(numbers, p.soc);
  const soh = valueAt(numbers, p.soh);
  return {
    num,
    soc: soc === null ? null : percent(soc),
    temp_celsius: valueAt(numbers, p.maxTemp) ?? valueAt(numbers, p.temp),
    soh: soh === null ? null : Math.min(100, soh),
    cycles: valueAt(numbers, p.cycles),
    in_watts: valueAt(numbers, p.inWatts),
    out_watts: valueAt(numbers, p.outWatts),
  };
}

/** Returns the error codes that are not 0, each after its field's name; null until one of the fields came. */
function faultsOf(device: Device, packs: readonly Pack[]): string[] | null {
  const faults: string[] = [];
  let isKnown = addFaults(faults, device.display, displayErrors, "");
  for (const { num, numbers } of packs) {
    if (addFaults(faults, numbers, packErrors, `pack ${num} `)) isKnown = true;
  }
  return isKnown ? faults : null;
}

/** Adds the codes that are not 0; returns whether one of the fields came. A loop, because it runs for each frame. */
function addFaults(
  faults: string[],
  numbers: Numbers,
  fields: readonly (readonly [name: string, index: number])[],
  prefix: string,
): boolean {
  let isKnown = false;
  for (const [name, index] of fields) {
    const code = valueAt(numbers, index);
    if (code === null) continue;
    isKnown = true;
    if (code !== 0) faults.push(`${prefix}${name} ${code}`);
  }
  return isKnown;
}
