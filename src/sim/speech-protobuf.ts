/** The messages of the protobuf line: masked frames, deltas each 2 s, everything each 120 s. */
import { type SimBattery, standbyWatts } from "./battery.ts";
import { encodeFrame, encodePayload, type Fields, type HeaderOptions } from "./encode.ts";
import { type Dialect, dialectOf } from "./speech-dialect.ts";

/** Periods in seconds, as the devices report them in their Runtime fields 293 to 296 (captured). */
const deltaSec = 2;
const displaySec = 120;
const runtimeSec = 300;
const bmsSec = 15;
const cmsSec = 20;
/** Minutes that a station reports when no time applies (captured). */
const parkedMinutes = 5939;

type Message = Parameters<typeof encodeFrame>[0];
/** The values of each message, by their names in the tables. */
export type Parts = Readonly<Record<Message, Fields>>;

const messages = [
  "DisplayPropertyUpload",
  "RuntimePropertyUpload",
  "CMSHeartBeatReport",
  "BMSHeartBeatReport",
] as const;

export class ProtobufSpeech {
  readonly #battery: SimBattery;
  readonly #dialect: Dialect;
  #seq = 21_738_000;
  #shown: Record<string, unknown> = {};

  constructor(battery: SimBattery) {
    this.#battery = battery;
    this.#dialect = dialectOf(battery.options.serial);
  }

  /** Returns the payloads of this second, oldest first. */
  speak(sec: number): Uint8Array[] {
    const frames: Uint8Array[] = [];
    if (sec % cmsSec === 0) frames.push(this.#frame("CMSHeartBeatReport", this.#cms()));
    if (sec % bmsSec === 0) frames.push(this.#frame("BMSHeartBeatReport", this.#bms()));
    if (sec % runtimeSec === 0) frames.push(this.#frame("RuntimePropertyUpload", this.#runtime()));
    const shown = this.#display();
    if (sec % displaySec === 0) frames.push(this.#frame("DisplayPropertyUpload", shown));
    else if (sec % deltaSec === 0) {
      const changed = Object.entries(shown).filter(([name, value]) => this.#shown[name] !== value);
      if (changed.length > 0) frames.push(this.#frame("DisplayPropertyUpload", Object.fromEntries(changed)));
    } else return frames;
    this.#shown = shown;
    return frames;
  }

  /** Returns every message with its values now. */
  parts(): Parts {
    return {
      DisplayPropertyUpload: this.#display(),
      RuntimePropertyUpload: this.#runtime(),
      CMSHeartBeatReport: this.#cms(),
      BMSHeartBeatReport: this.#bms(),
    };
  }

  /** Returns the answer to the app's request for everything: one payload of several plain headers. */
  reply(parts: Parts): Uint8Array {
    return encodePayload(
      messages.map((message) => ({
        message,
        fields: parts[message],
        header: { src: this.#sender(message), push: false },
      })),
    );
  }

  /** Returns these values as the station pushes them, a payload a message. */
  push(parts: Parts): Uint8Array[] {
    return messages.map((message) => this.#frame(message, parts[message]));
  }

  #sender(message: Message): number {
    return message === "BMSHeartBeatReport" || message === "CMSHeartBeatReport"
      ? this.#dialect.batterySrc
      : 2;
  }

  #frame(message: Message, fields: Fields): Uint8Array {
    this.#seq += 1;
    const { plainHeartbeat, productId, hasSeq } = this.#dialect;
    const src = this.#sender(message);
    const plain = plainHeartbeat && message === "BMSHeartBeatReport";
    const masked = { src, masked: true, productId, ...(hasSeq && { seq: this.#seq }) };
    const header: HeaderOptions = plain ? { src } : masked;
    return encodeFrame(message, fields, header);
  }

  #display() {
    const state = this.#battery.state();
    const charge = this.#battery.chargeState();
    const soc = Math.round(state.soc);
    const { acFlow, reportsPlug, reportsEnergy } = this.#dialect;
    return {
      errcode: 0,
      pow_in_sum_w: Math.round(state.acInWatts + state.solarWatts),
      pow_out_sum_w: Math.round(state.loadWatts),
      energy_backup_en: false,
      energy_backup_start_soc: 50,
      dev_standby_time: 0,
      ac_standby_time: 0,
      dc_standby_time: 0,
      flow_info_ac_in: state.gridUp ? acFlow.on : acFlow.off,
      pow_get_ac_in: state.acInWatts,
      plug_in_info_ac_in_flag: reportsPlug && state.gridUp ? 1 : 0,
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
      cms_dsg_rem_time: this.#battery.minutesLeft(),
      cms_chg_rem_time: this.#battery.minutesToFull(parkedMinutes),
      cms_max_chg_soc: this.#battery.options.chargeLimitPercent,
      cms_min_dsg_soc: this.#battery.options.dischargeLimitPercent,
      bms_chg_dsg_state: charge,
      cms_chg_dsg_state: charge,
      pow_get_pv: state.solarWatts,
      flow_info_ac_out: state.outputOn ? 2 : 0,
      pow_get_ac_out: -state.loadWatts,
      ...(reportsEnergy && { cms_batt_full_energy: Math.round(this.#battery.options.capacityWh) }),
    };
  }

  #runtime() {
    const state = this.#battery.state();
    return {
      temp_pcs_dc: 38,
      temp_pcs_ac: 50,
      plug_in_info_ac_out_freq: 50,
      plug_in_info_ac_out_vol: state.outputOn ? 230 : 0,
      plug_in_info_ac_in_vol: this.#dialect.reportsPlug && state.gridUp ? 230 : 0,
      display_property_full_upload_period: displaySec * 1000,
      display_property_incremental_upload_period: deltaSec * 1000,
      runtime_property_full_upload_period: runtimeSec * 1000,
    };
  }

  #bms() {
    const state = this.#battery.state();
    const { cells } = this.#dialect;
    const fullCap = Math.round((this.#battery.options.capacityWh * 1000) / cells / 3.2);
    const out = state.batteryWatts > 0 ? state.batteryWatts : state.gridUp ? standbyWatts : 0;
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
      remain_time: this.#battery.minutesLeft(),
      cell_series_num: cells,
      chg_dsg_state: this.#battery.chargeState(),
    };
  }

  #cms() {
    const state = this.#battery.state();
    const charge = this.#battery.chargeState();
    return {
      v1p0: {
        chg_state: charge === 0 ? 0 : 1,
        max_charge_soc: this.#dialect.reportsLimit ? this.#battery.options.chargeLimitPercent : 0,
        lcd_show_soc: Math.round(state.soc),
        open_ups_flag: 1,
        chg_remain_time: this.#battery.minutesToFull(parkedMinutes),
        dsg_remain_time: this.#battery.minutesLeft(),
        f32_lcd_show_soc: state.soc,
        bms_is_connt: [3, 1, 1],
        max_available_num: 1,
        min_dsg_soc: this.#battery.options.dischargeLimitPercent,
      },
      v1p3: { chg_line_plug_in_flag: 0, sys_chg_dsg_state: charge, ems_heartbeat_ver: 259 },
    };
  }
}
