/** The measured values of the protobuf line, from what the device said: ecoflow-protocol.md 5.1, first rows. */
import type { Instant, Measured, Module } from "../../reading.ts";
import { type Device, type Numbers, type Pack, packOf, timeAt, valueAt } from "../device.ts";
import { bmsHeartBeatReport } from "../fields/bms-heartbeat.ts";
import { cmsHeartBeatReport } from "../fields/cms-heartbeat.ts";
import { displayPropertyUpload } from "../fields/display-property.ts";
import { slotOf } from "../fields/table.ts";
import { packsThere } from "./battery.ts";
import { secondsOf } from "./family.ts";

const display = (name: string) => slotOf(displayPropertyUpload, name);
const pack = (name: string) => slotOf(bmsHeartBeatReport, name);
const cms = (name: string) => slotOf(cmsHeartBeatReport, name);

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
  num: pack("num"),
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
const c = {
  soc: cms("v1p0.f32_lcd_show_soc"),
  whole: cms("v1p0.lcd_show_soc"),
  packs: cms("v1p0.max_available_num"),
};

/** Full uploads come each 120 s: a Display value older than this was not renewed. */
const displayMs = 150_000;
/** Nominal volts of one LFP cell (ecoflow-protocol.md 3.4). */
const cellVolts = 3.2;
const errorFields = ["errcode", "bms_err_code", "pd_err_code", "mppt_err_code"].map(
  (name) => [name, display(name)] as const,
);
/** No station holds less; one that does not know its capacity says 0 or next to it. */
const leastWattHours = 50;
const capacityIn = (wattHours: number | null) =>
  wattHours !== null && wattHours >= leastWattHours ? wattHours : null;
const packErrorFields = ["err_code", "bms_fault"].map((name) => [name, pack(name)] as const);

const known = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? null : value);
const at = (numbers: Numbers, slot: number) => known(numbers[slot]);
/** `-0` of an idle output is 0. */
const positive = (value: number | null) => (value === null ? null : Math.abs(value));
const flag = (value: number | null) => (value === null ? null : value !== 0);
/** The sum of what was told. */
const plus = (one: number | null, other: number | null) =>
  one === null ? other : other === null ? one : one + other;

/** Where a state of charge may be told, the first renewed one counts; no list, as this runs for every frame. */
const boardSocs = [d.soc, c.soc, c.whole] as const;
const packSocs = [p.showSoc, p.soc] as const;

/** A state of charge with the instant that told it; null when none ever came. */
export function socOf(device: Device, now: Instant): { value: number; at: Instant } | null {
  const onBoard = newestOf(device.board, boardSocs, now);
  // In this order, as long as a value is renewed; else the newest word.
  if (onBoard !== null && now - onBoard.at <= displayMs) return onBoard;
  const main = packOf(device, 0);
  const ofPack = main === undefined ? null : newestOf(device.board, packSocs, now, main);
  if (onBoard === null || ofPack === null) return onBoard ?? ofPack;
  return ofPack.at > onBoard.at || now - ofPack.at <= displayMs ? ofPack : onBoard;
}

/** The first of these numbers that was renewed lately, else the newest. */
function newestOf(
  numbers: Numbers,
  slots: readonly number[],
  now: Instant,
  begin = 0,
): { value: number; at: Instant } | null {
  let newest = -1;
  for (const offset of slots) {
    const slot = begin + offset;
    const told = timeAt(numbers, slot);
    if (Number.isNaN(told) || (newest >= 0 && told <= timeAt(numbers, newest))) continue;
    newest = slot;
    if (now - told <= displayMs) break;
  }
  return newest < 0
    ? null
    : { value: Math.min(100, Math.max(0, valueAt(numbers, newest))), at: timeAt(numbers, newest) };
}

/** The state of charge that the system heartbeat told at exactly `now`, else null: it confirms a doubtful value sooner. */
export function heartbeatSoc(device: Device, now: Instant): number | null {
  return timeAt(device.board, c.soc) === now
    ? Math.min(100, Math.max(0, valueAt(device.board, c.soc)))
    : null;
}

/** Everything measured but the state of charge (`socOf`), each null until it was told. */
export function measuredOf(device: Device): Measured {
  const { board: shown } = device;
  const packs = packsThere(device);
  const flow = stateOf(device, packs);
  return {
    soc: null,
    temp_celsius: at(shown, d.temp) ?? hottestPack(shown, packs),
    ac_in_watts: at(shown, d.acIn),
    ac_out_watts: acOutOf(shown),
    in_watts: at(shown, d.inSum),
    out_watts: at(shown, d.outSum),
    solar_watts: plus(at(shown, d.pv), at(shown, d.pv2)),
    charging: flow.state === null ? null : flow.state === 2,
    runtime_sec: runtimeOf(device, packs, flow),
    capacity_wh: capacityIn(at(shown, d.fullEnergy)) ?? capacityIn(packsEnergy(device, packs)),
    discharge_limit_percent: at(shown, d.dischargeLimit),
    charge_limit_percent: at(shown, d.chargeLimit),
    modules: modulesOf(shown, packs),
    ac_out_on: onOf(at(shown, d.flowAcOut)),
    ac_standby_min: at(shown, d.acStandby),
    output_memory: flag(at(shown, d.outputMemory)),
    faults: faultsOf(device, packs),
  };
}

/** Watts out of the battery, measured there: all packs, else the main board's own figure where it is one (not on River 3). */
export function batteryWattsOf(device: Device, boardTells: boolean): number | null {
  if (device.packs.length > 0) {
    let watts = Number.NaN;
    for (const pack of packsThere(device)) {
      const own = valueAt(device.board, pack + p.outWatts);
      if (!Number.isNaN(own)) watts = (watts || 0) + own;
    }
    if (!Number.isNaN(watts)) return watts;
  }
  const board = boardTells ? at(device.board, d.battery) : null;
  return board === null ? null : Math.max(0, -board);
}

function acOutOf(shown: Numbers): number | null {
  const whole = at(shown, d.acOut);
  return positive(whole ?? plus(plus(at(shown, d.acHv), at(shown, d.acLv)), at(shown, d.acTt30)));
}

/** On when the low two bits are 2 or 3, the app's own test (ecoflow-protocol.md 3.6). */
const onOf = (flow: number | null) => (flow === null ? null : (flow & 3) >= 2);

/** A pack's word so much newer than Display's stands in for it (ecoflow-protocol.md 5.2). */
const newerMs = 15_000;

/** 0 idle, 1 discharging, 2 charging: Display's word, or the packs' when it is newer or alone; a discharging one outdoes the others. */
function stateOf({ board }: Device, packs: readonly Pack[]): { state: number | null; byPack: boolean } {
  const shown = at(board, d.state);
  const since = shown === null ? Number.NEGATIVE_INFINITY : timeAt(board, d.state) + newerMs;
  let own: number | null = null;
  for (const pack of packs) {
    const state = at(board, pack + p.state);
    if (state === null || timeAt(board, pack + p.state) < since) continue;
    if (own === null || state === 1 || (own !== 1 && state > own)) own = state;
  }
  return own === null ? { state: shown, byPack: false } : { state: own, byPack: true };
}

/**
 * Seconds to the discharge limit, only while discharging: idle figures are thousands of minutes and no runtime. The figure
 * must be as new as the word that the battery discharges, or the pack's that says so itself, else it is still the idle one.
 * 0 is as often "not known" as the last minute, which the state of charge tells too.
 */
function runtimeOf(
  device: Device,
  packs: readonly Pack[],
  { state, byPack }: ReturnType<typeof stateOf>,
): number | null {
  if (state !== 1) return null;
  const { board } = device;
  const shownIsNew = !byPack && timeAt(board, d.dischargeTime) >= timeAt(board, d.state);
  const shown = shownIsNew ? at(board, d.dischargeTime) : null;
  const main = packs.length === 1 ? packOf(device, 0) : undefined;
  const own = main !== undefined && at(board, main + p.state) === 1 ? at(board, main + p.remainTime) : null;
  return secondsOf(shown || null) ?? secondsOf(own || null);
}

function hottestPack(numbers: Numbers, packs: readonly Pack[]): number | null {
  let hottest: number | null = null;
  for (const pack of packs) {
    const temp = at(numbers, pack + p.maxTemp) ?? at(numbers, pack + p.temp);
    if (temp !== null && (hottest === null || temp > hottest)) hottest = temp;
  }
  return hottest;
}

/** Full charge × cells × 3.2 V over all packs; null until every available pack was heard. */
function packsEnergy(device: Device, packs: readonly Pack[]): number | null {
  const heard = packs.length;
  if (heard === 0 || heard < (at(device.board, c.packs) ?? 1) || packOf(device, 0) === undefined) return null;
  let wattHours = 0;
  for (const pack of packs) {
    const full = at(device.board, pack + p.fullCap);
    const cells = at(device.board, pack + p.cells);
    if (full === null || cells === null || full === 0 || cells === 0) return null;
    wattHours += (full / 1000) * cells * cellVolts;
  }
  return Math.round(wattHours * 10) / 10;
}

function modulesOf(numbers: Numbers, packs: readonly Pack[]): Module[] | null {
  if (packs.length === 0) return null;
  const modules: Module[] = [];
  for (const pack of packs) {
    const told = (slot: number) => at(numbers, pack + slot);
    const soc = told(p.showSoc) ?? told(p.soc);
    const soh = told(p.soh);
    modules.push({
      num: valueAt(numbers, pack + p.num),
      soc: soc === null ? null : Math.min(100, Math.max(0, soc)),
      temp_celsius: told(p.maxTemp) ?? told(p.temp),
      soh: soh === null ? null : Math.min(100, soh),
      cycles: told(p.cycles),
      in_watts: told(p.inWatts),
      out_watts: told(p.outWatts),
    });
  }
  return modules;
}

/** Error codes that are not 0, by the field that told; null until one of the fields came. */
function faultsOf(device: Device, packs: readonly Pack[]): string[] | null {
  const faults: string[] = [];
  let told = false;
  const look = (begin: number, fields: typeof errorFields, prefix: string) => {
    for (const [name, slot] of fields) {
      const value = valueAt(device.board, begin + slot);
      if (Number.isNaN(value)) continue;
      told = true;
      if (value !== 0) faults.push(`${prefix}${name} ${value}`);
    }
  };
  look(0, errorFields, "");
  for (const pack of packs) look(pack, packErrorFields, `pack ${valueAt(device.board, pack + p.num)} `);
  return told ? faults : null;
}
