/** Delta Pro Ultra: AppShow- (2/1), BackendRecord- (2/2), AppParaHeartbeatReport (2/3), BpInfoReport (2/4); docs/protocol.md. */
import { makeTable } from "./table.ts";

export const appShowHeartbeatReport = makeTable("AppShowHeartbeatReport", [
  [21, "soc", "u32", "%", "state of charge over all packs"],
  [22, "bp_num", "u32", "", "battery packs"],
  [26, "remain_time", "u32", "min", "time left; 34365 when idle"],
  [27, "sys_err_code", "u32", "", "error code, 0 = none"],
  [28, "full_combo", "u32", "", "full, combined"],
  [29, "remain_combo", "u32", "", "left, combined"],
  [41, "watts_in_sum", "number", "W", "all inputs"],
  [42, "watts_out_sum", "number", "W", "all outputs"],
  [48, "out_ac_l1_1_pwr", "number", "W", "AC output"],
  [49, "out_ac_l1_2_pwr", "number", "W", "AC output"],
  [50, "out_ac_l2_1_pwr", "number", "W", "AC output"],
  [51, "out_ac_l2_2_pwr", "number", "W", "AC output"],
  [52, "out_ac_tt_pwr", "number", "W", "AC output"],
  [53, "out_ac_l14_pwr", "number", "W", "AC output"],
  [54, "out_ac_5p8_pwr", "number", "W", "power I/O, out"],
  [55, "in_ac_5p8_pwr", "number", "W", "power I/O, in"],
  [56, "in_ac_c20_pwr", "number", "W", "AC input"],
  [57, "in_lv_mppt_pwr", "number", "W", "solar, low voltage"],
  [58, "in_hv_mppt_pwr", "number", "W", "solar, high voltage"],
]);

export const backendRecordHeartbeatReport = makeTable("BackendRecordHeartbeatReport", [
  [41, "c20_in_type", "u32", "", "kind of AC input"],
  [43, "ac_in_freq", "number", "Hz", "AC input; 0 = none"],
  [61, "bat_vol", "number", "", "battery voltage"],
  [62, "bat_amp", "number", "", "battery current"],
  [63, "bms_input_watts", "number", "W", "into the battery"],
  [64, "bms_output_watts", "number", "W", "out of the battery"],
  [89, "in_ac_5p8_vol", "number", "V", "power I/O"],
  [90, "in_ac_5p8_amp", "number", "", "power I/O"],
  [91, "in_ac_c20_vol", "number", "V", "AC input"],
  [92, "in_ac_c20_amp", "number", "", "AC input"],
  [98, "pcs_ac_temp", "number", "°C", "inverter"],
]);

export const appParaHeartbeatReport = makeTable("AppParaHeartbeatReport", [
  [3, "sys_backup_soc", "u32", "%", "backup reserve"],
  // Source: app schema of the Delta Pro Ultra (xKhronoz/Ecoflow-BLE-NUTd, yj751_sys.proto).
  [9, "chg_max_soc", "u32", "%", "charge limit"],
  [10, "dsg_min_soc", "u32", "%", "discharge limit"],
  [18, "ac_standby_mins", "u32", "min", "the AC output switches off after so long without load, 0 = never"],
]);

export const bpInfo = makeTable("BpInfo", [
  [1, "bp_no", "u32", "", "pack, from 1"],
  [2, "bp_chg_sta", "u32", "", "state of charging"],
  [3, "bp_soc", "u32", "%", "state of charge"],
  [4, "bp_pwr", "number", "W", "power of the pack"],
  [5, "bp_energy", "number", "Wh", "energy when full"],
  [7, "remain_time", "i32", "min", "time left"],
  [8, "bp_soc_max", "u32", "%", "charge limit"],
  [10, "bp_err_code", "u32", "", "error code, 0 = none"],
  [11, "bp_temp", "i32", "°C", "temperature"],
  [12, "bp_sunnova_ban", "u32", "", "flag"],
]);

export const bpInfoReport = makeTable("BpInfoReport", [
  [1, "bp_info", "messages", "", "one entry a pack", bpInfo],
]);

/** A pack as the HTTP answer names it, `hs_yj751_bms_slave_addr.1.soc`; the field numbers are ours. */
const slave = (num: number) =>
  makeTable(`BmsSlave${num}`, [
    [1, "soc", "number", "%", "state of charge"],
    [2, "temp", "number", "°C", "temperature"],
    [3, "soh", "number", "%", "state of health"],
    [4, "cycles", "number", "", "charge cycles"],
    [5, "input_watts", "number", "W", "into it"],
    [6, "output_watts", "number", "W", "out of it"],
  ]);

/** A unit takes five packs. */
export const slaveNumbers = [1, 2, 3, 4, 5] as const;

// Source: an owner's answer (TarasKhust/ecoflow-api-mqtt#30), the public DeltaProUltra of
// tolwi/hassio-ecoflow-cloud. `fullCap` is left out: its unit is unknown.
export const bmsSlaves = makeTable(
  "BmsSlaves",
  slaveNumbers.map((num) => [num, String(num), "message", "", `pack ${num}`, slave(num)] as const),
);
