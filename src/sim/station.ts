/** An emulated River 3 or River 3 Plus: a battery with an AC side that speaks in the frames of the real one. No timers in it. */
import { modelOf } from "../core/decode/models.ts";
import { encodeFrame, type Fields, type HeaderOptions } from "./encode.ts";

export interface SimStationOptions {
  /** Its first four characters choose the model: `R631…` River 3 Plus, `R655…` River 3. */
  serial: string;
  /** Percent at the beginning. */
  socPercent: number;
  /** Load on the AC output, watts. */
  loadWatts: number;
  /** Default: the model's. */
  capacityWh?: number;
  /** The output is cut at this + 1 percent (nut-protocol.md 6). Default 10. */
  dischargeLimitPercent?: number;
  /** Default 100. */
  chargeLimitPercent?: number;
  /** Into the battery while the mains is there, watts. Default 300. */
  chargeWatts?: number;
}

/** What is true of the emulated station, told or not. */
export interface SimStationState {
  soc: number;
  gridUp: boolean;
  outputOn: boolean;
  acInWatts: number;
  loadWatts: number;
  /** Out of the battery, watts; negative while charging. */
  batteryWatts: number;
}

export interface SimStation {
  readonly soc: number;
  readonly outputOn: boolean;
  setGrid(up: boolean): void;
  setLoad(watts: number): void;
  /** Lets seconds pass; answers the payloads it would have sent meanwhile, oldest first. */
  advance(seconds: number): Uint8Array[];
  state(): SimStationState;
}

/** The inverter's own need in an outage, measured by an owner of a River 3 Plus (hard-cases, defaults). */
const inverterWatts = 8;
/** An idle battery on mains feeds the electronics. */
const standbyWatts = 2;
/** Periods as the devices report them (ecoflow-protocol.md 2), seconds. */
const deltaSec = 2;
const displaySec = 120;
const runtimeSec = 300;
const bmsSec = 15;
const cmsSec = 20;
/** A station tells so when it has nothing to tell (ecoflow-protocol.md 3.5). */
const parkedMinutes = 5939;

/** Building one sends nothing; the first second brings everything, as after the app's request. */
export function createSimStation(options: SimStationOptions): SimStation {
  return new EmulatedStation(options);
}

class EmulatedStation implements SimStation {
  readonly #options: Required<SimStationOptions>;
  readonly #plus: boolean;
  #wattHours: number;
  #gridUp = true;
  #outputOn = true;
  #loadWatts: number;
  #sec = 0;
  #rest = 0;
  #seq = 21_738_000;
  #shown: Record<string, unknown> = {};

  constructor(options: SimStationOptions) {
    const capacityWh = options.capacityWh ?? modelOf(options.serial)?.capacityWh ?? 286;
    this.#options = {
      dischargeLimitPercent: 10,
      chargeLimitPercent: 100,
      chargeWatts: 300,
      ...options,
      capacityWh,
    };
    this.#plus = modelOf(options.serial)?.name !== "RIVER 3";
    this.#wattHours = (capacityWh * options.socPercent) / 100;
    this.#loadWatts = options.loadWatts;
  }

  get soc() {
    return (this.#wattHours * 100) / this.#options.capacityWh;
  }

  get outputOn() {
    return this.#outputOn;
  }

  setGrid(up: boolean) {
    this.#gridUp = up;
    // The output memory is on: the sockets come back with the mains.
    if (up) this.#outputOn = true;
  }

  setLoad(watts: number) {
    this.#loadWatts = watts;
  }

  state(): SimStationState {
    const loadWatts = this.#outputOn ? this.#loadWatts : 0;
    const charging = this.#gridUp && this.soc < this.#options.chargeLimitPercent - 0.01;
    const intoBattery = charging ? this.#options.chargeWatts : 0;
    const draw = loadWatts + (this.#outputOn ? inverterWatts : standbyWatts);
    return {
      soc: this.soc,
      gridUp: this.#gridUp,
      outputOn: this.#outputOn,
      loadWatts,
      acInWatts: this.#gridUp ? loadWatts + intoBattery : 0,
      batteryWatts: this.#gridUp ? -intoBattery : draw,
    };
  }

  advance(seconds: number) {
    const frames: Uint8Array[] = [];
    this.#rest += seconds;
    while (this.#rest >= 1) {
      this.#rest -= 1;
      this.#second();
      this.#speak(frames);
      this.#sec += 1;
    }
    return frames;
  }

  #second() {
    const { capacityWh, chargeLimitPercent, dischargeLimitPercent } = this.#options;
    const most = (capacityWh * chargeLimitPercent) / 100;
    const { batteryWatts } = this.state();
    const next = this.#wattHours - batteryWatts / 3600;
    this.#wattHours = Math.max(0, batteryWatts < 0 ? Math.min(most, next) : next);
    if (!this.#gridUp && this.soc <= dischargeLimitPercent + 1) this.#outputOn = false;
  }

  #speak(frames: Uint8Array[]) {
    const sec = this.#sec;
    if (sec % cmsSec === 0) frames.push(this.#frame("CMSHeartBeatReport", this.#cms()));
    if (sec % bmsSec === 0) frames.push(this.#frame("BMSHeartBeatReport", this.#bms()));
    if (sec % runtimeSec === 0) frames.push(this.#frame("RuntimePropertyUpload", this.#runtime()));
    const shown = this.#display();
    if (sec % displaySec === 0) frames.push(this.#frame("DisplayPropertyUpload", shown));
    else if (sec % deltaSec === 0) {
      const changed = Object.entries(shown).filter(([name, value]) => this.#shown[name] !== value);
      if (changed.length === 0) return;
      frames.push(this.#frame("DisplayPropertyUpload", Object.fromEntries(changed)));
    } else return;
    this.#shown = shown;
  }

  #frame(message: Parameters<typeof encodeFrame>[0], fields: Fields): Uint8Array {
    this.#seq += 1;
    const battery = message === "BMSHeartBeatReport" || message === "CMSHeartBeatReport";
    const src = battery ? (this.#plus ? 3 : 7) : 2;
    // River 3 Plus sends its pack's heartbeat plain and without seq, River 3 masks everything (ecoflow-protocol.md 3.2).
    const plain = this.#plus && message === "BMSHeartBeatReport";
    const productId = this.#plus ? 17_409 : 17_665;
    const header: HeaderOptions = plain ? { src } : { src, seq: this.#seq, masked: true, productId };
    return encodeFrame(message, fields, header);
  }

  /** 0 idle, 1 discharging, 2 charging. */
  #chargeState({ batteryWatts }: SimStationState) {
    if (batteryWatts < 0) return 2;
    return this.#gridUp ? 0 : 1;
  }

  #minutesLeft({ batteryWatts, soc }: SimStationState) {
    const { capacityWh, dischargeLimitPercent } = this.#options;
    const left = Math.max(0, ((soc - dischargeLimitPercent) * capacityWh) / 100);
    return Math.round((left * 60) / Math.max(standbyWatts, batteryWatts));
  }

  #minutesToFull({ batteryWatts, soc }: SimStationState) {
    if (batteryWatts >= 0) return parkedMinutes;
    const { capacityWh, chargeLimitPercent } = this.#options;
    return Math.round((((chargeLimitPercent - soc) * capacityWh) / 100 / -batteryWatts) * 60);
  }

  #display() {
    const state = this.state();
    const charge = this.#chargeState(state);
    const soc = Math.round(state.soc);
    return {
      errcode: 0,
      pow_in_sum_w: Math.round(state.acInWatts),
      pow_out_sum_w: Math.round(state.loadWatts),
      energy_backup_en: false,
      energy_backup_start_soc: 50,
      dev_standby_time: 0,
      ac_standby_time: 0,
      dc_standby_time: 0,
      flow_info_ac_in: 0,
      pow_get_ac_in: state.acInWatts,
      plug_in_info_ac_in_flag: 0,
      plug_in_info_ac_in_feq: 0,
      bms_err_code: 0,
      output_power_off_memory: true,
      pow_get_bms: 0,
      plug_in_info_ac_charger_flag: state.acInWatts > 0,
      pd_err_code: 0,
      mppt_err_code: 0,
      bms_batt_soc: soc,
      bms_min_cell_temp: 30,
      bms_max_cell_temp: 31,
      cms_batt_soc: soc,
      cms_dsg_rem_time: this.#minutesLeft(state),
      cms_chg_rem_time: this.#minutesToFull(state),
      cms_max_chg_soc: this.#options.chargeLimitPercent,
      cms_min_dsg_soc: this.#options.dischargeLimitPercent,
      bms_chg_dsg_state: charge,
      cms_chg_dsg_state: charge,
      pow_get_pv: 0,
      flow_info_ac_out: state.outputOn ? 2 : 0,
      pow_get_ac_out: -state.loadWatts,
    };
  }

  #runtime() {
    const state = this.state();
    return {
      temp_pcs_dc: 38,
      temp_pcs_ac: 50,
      plug_in_info_ac_out_freq: 50,
      plug_in_info_ac_out_vol: state.outputOn ? 230 : 0,
      plug_in_info_ac_in_vol: 0,
      display_property_full_upload_period: displaySec * 1000,
      display_property_incremental_upload_period: deltaSec * 1000,
      runtime_property_full_upload_period: runtimeSec * 1000,
    };
  }

  #bms() {
    const state = this.state();
    const cells = this.#plus ? 7 : 6;
    const fullCap = Math.round((this.#options.capacityWh * 1000) / cells / 3.2);
    const out = state.batteryWatts > 0 ? state.batteryWatts : this.#gridUp ? standbyWatts : 0;
    return {
      num: 0,
      err_code: 0,
      soc: Math.round(state.soc),
      vol: cells * 3300,
      amp: Math.round((-state.batteryWatts / (cells * 3.3)) * 1000),
      temp: 31,
      design_cap: fullCap,
      remain_cap: Math.round((fullCap * state.soc) / 100),
      full_cap: fullCap,
      cycles: 12,
      soh: 100,
      max_cell_vol: 3300,
      min_cell_vol: 3300,
      max_cell_temp: 31,
      min_cell_temp: 30,
      bms_fault: 0,
      f32_show_soc: state.soc,
      input_watts: Math.round(Math.max(0, -state.batteryWatts)),
      output_watts: Math.round(state.batteryWatts < 0 ? 0 : out),
      remain_time: this.#minutesLeft(state),
      cell_series_num: cells,
      chg_dsg_state: this.#chargeState(state),
    };
  }

  #cms() {
    const state = this.state();
    const charge = this.#chargeState(state);
    return {
      v1p0: {
        chg_state: charge === 0 ? 0 : 1,
        max_charge_soc: this.#plus ? this.#options.chargeLimitPercent : 0,
        lcd_show_soc: Math.round(state.soc),
        open_ups_flag: 1,
        chg_remain_time: this.#minutesToFull(state),
        dsg_remain_time: this.#minutesLeft(state),
        f32_lcd_show_soc: state.soc,
        bms_is_connt: [3, 1, 1],
        max_available_num: 1,
        min_dsg_soc: this.#options.dischargeLimitPercent,
      },
      v1p3: { chg_line_plug_in_flag: 0, sys_chg_dsg_state: charge, ems_heartbeat_ver: 259 },
    };
  }
}
