/** DisplayPropertyUpload (254/21): what the app shows; deltas within 2 s, everything each 120 s (ecoflow-protocol.md 3.6). */
import { makeTable } from "./table.ts";

/**
 * Which energy modes are on: while one is, the station may discharge on good mains (hard-cases S13). With none on it is told
 * empty (capture fx-delta3plus-getreply), so what it does not name is off.
 */
export const energyModes = makeTable(
  "EnergyStrategyOperateMode",
  [
    [1, "operate_self_powered_open", "bool", "", "self-powered mode"],
    [2, "operate_scheduled_open", "bool", "", "scheduled mode"],
    [3, "operate_tou_mode_open", "bool", "", "time-of-use mode"],
    [4, "operate_intelligent_schedule_mode_open", "bool", "", "intelligent schedule"],
  ],
  true,
);

const statisticsRecord = makeTable("StatisticsRecordItem", [
  [1, "statistics_object", "u32", "", "what is counted: 2 AC out, 6 AC in, 7 solar"],
  [2, "statistics_content", "u32", "Wh", "the sum"],
]);

const statistics = makeTable("StatisticsRecordList", [
  [1, "list_info", "messages", "", "one record a counter", statisticsRecord],
]);

// Names within 968: shuette42/ecoflow-energy-ha.
const outagePort = makeTable("PowerOutageItem", [
  [1, "power_outage_port_enable", "bool", "", "the port may be switched off in an outage"],
  [2, "power_outage_port_type", "u32", "", "1 DC, 2 first AC, 3 second AC"],
  [3, "power_outage_min_soc", "u32", "%", "it is switched off below"],
]);

const outagePorts = makeTable("PowerOutageList", [
  [1, "power_outage_item", "messages", "", "one a port", outagePort],
]);

export const displayPropertyUpload = makeTable("DisplayPropertyUpload", [
  [1, "errcode", "u32", "", "error code, 0 = none"],
  [3, "pow_in_sum_w", "float", "W", "all inputs"],
  [4, "pow_out_sum_w", "float", "W", "all outputs"],
  [7, "energy_backup_en", "bool", "", "backup reserve on"],
  [8, "energy_backup_start_soc", "u32", "%", "backup reserve"],
  [17, "dev_standby_time", "u32", "min", "the station switches off after so long without load, 0 = never"],
  [19, "ac_standby_time", "u32", "min", "the AC output switches off after so long without load, 0 = never"],
  [20, "dc_standby_time", "u32", "min", "the DC output likewise"],
  [25, "xboost_en", "bool", "", "X-Boost"],
  // Names of 35, 36, 48, 49 and 58: public app schema of the Delta Pro 3 (rabits/ha-ef-ble mr521, xKhronoz/Ecoflow-BLE-NUTd).
  [35, "pow_get_pv_h", "float", "W", "solar, high voltage (Delta Pro 3)"],
  [36, "pow_get_pv_l", "float", "W", "solar, low voltage (Delta Pro 3)"],
  [45, "flow_info_ac2dc", "u32", "", "AC to DC"],
  [46, "flow_info_dc2ac", "u32", "", "DC to AC"],
  [47, "flow_info_ac_in", "u32", "", "AC input; on when the low two bits are 2 or 3"],
  [48, "flow_info_ac_hv_out", "u32", "", "AC output, high voltage (Delta Pro 3); on as 47"],
  [49, "flow_info_ac_lv_out", "u32", "", "AC output, low voltage (Delta Pro 3); on as 47"],
  [53, "pow_get_ac", "float", "W", "AC, net"],
  [54, "pow_get_ac_in", "float", "W", "AC input"],
  [55, "pow_get_ac_hv_out", "float", "W", "AC output, high voltage (Delta Pro 3)"],
  [56, "pow_get_ac_lv_out", "float", "W", "AC output, low voltage (Delta Pro 3)"],
  [57, "pow_get_ac_lv_tt30_out", "float", "W", "AC output, TT-30 (Delta Pro 3)"],
  [58, "pow_get_5p8", "float", "W", "power I/O (Delta Pro 3), both ways: a panel feeds here, so no sun"],
  [61, "plug_in_info_ac_in_flag", "u32", "", "1 = AC input plugged (Delta 3); always 0 on newer River 3"],
  [62, "plug_in_info_ac_in_feq", "u32", "Hz", "AC input frequency; a default on some, no sign of the mains"],
  [70, "pow_get_pv2", "float", "W", "second solar input"],
  [140, "bms_err_code", "u32", "", "error code of the BMS, 0 = none"],
  [146, "bypass_out_disable", "bool", "", "the mains does not feed the outputs (Delta 3)"],
  [147, "output_power_off_memory", "bool", "", "outputs come back on after a cut"],
  [152, "flow_info_bms_dsg", "u32", "", "battery discharging"],
  [153, "flow_info_bms_chg", "u32", "", "battery charging"],
  [158, "pow_get_bms", "float", "W", "battery, + charge − discharge; 0 on River 3"],
  [195, "en_beep", "bool", "", "beep"],
  [202, "plug_in_info_ac_charger_flag", "bool", "", "true = the mains is there; false tells nothing"],
  [209, "plug_in_info_ac_in_chg_pow_max", "u32", "W", "AC charging limit"],
  [211, "ac_out_freq", "u32", "Hz", "AC output frequency, a setting"],
  [212, "dev_sleep_state", "u32", "", "asleep"],
  [213, "pd_err_code", "u32", "", "error code of the main board, 0 = none"],
  [215, "mppt_err_code", "u32", "", "error code of the solar charger, 0 = none"],
  // Not in the protocol page: public app schema (xKhronoz/Ecoflow-BLE-NUTd, pr705, pd335, mr521 protos).
  [238, "plug_in_info_ac_out_dsg_pow_max", "u32", "W", "rated AC output of this very station, 0 = not known"],
  [242, "bms_batt_soc", "float", "%", "state of charge, main pack"],
  [243, "bms_batt_soh", "float", "%", "state of health, main pack"],
  [248, "bms_design_cap", "u32", "mAh", "capacity by design, main pack"],
  [254, "bms_dsg_rem_time", "u32", "min", "time to empty, main pack"],
  [255, "bms_chg_rem_time", "u32", "min", "time to full, main pack"],
  [258, "bms_min_cell_temp", "i32", "°C", "coldest cell"],
  [259, "bms_max_cell_temp", "i32", "°C", "warmest cell"],
  [260, "bms_min_mos_temp", "i32", "°C", "coldest switch"],
  [261, "bms_max_mos_temp", "i32", "°C", "warmest switch"],
  [262, "cms_batt_soc", "float", "%", "state of charge over all packs"],
  [263, "cms_batt_soh", "float", "%", "state of health over all packs"],
  [268, "cms_dsg_rem_time", "u32", "min", "time to the discharge limit, when discharging"],
  [269, "cms_chg_rem_time", "u32", "min", "time to full, when charging"],
  [270, "cms_max_chg_soc", "u32", "%", "charge limit"],
  [271, "cms_min_dsg_soc", "u32", "%", "discharge limit"],
  [275, "cms_bms_run_state", "u32", "", "battery runs"],
  [281, "bms_chg_dsg_state", "u32", "", "main pack; 1 on mains in a capture: no sign of the mains"],
  [282, "cms_chg_dsg_state", "u32", "", "0 idle, 1 discharging, 2 charging"],
  [287, "cms_batt_full_cap", "u32", "mAh", "capacity when full"],
  [288, "cms_batt_design_cap", "u32", "mAh", "capacity by design"],
  [289, "cms_batt_remain_cap", "u32", "mAh", "charge left"],
  [355, "ups_alram", "bool", "", "UPS alarm, a setting (spelled so by the vendor)"],
  [360, "flow_info_pv", "u32", "", "solar flows"],
  [361, "pow_get_pv", "float", "W", "solar input"],
  [367, "flow_info_ac_out", "u32", "", "AC output; on when the low two bits are 2 or 3"],
  [368, "pow_get_ac_out", "float", "W", "AC output, negative"],
  [393, "energy_strategy_operate_mode", "message", "", "which energy modes are on", energyModes],
  [414, "flow_info_pv2", "u32", "", "second solar input flows"],
  [425, "pow_get_dcp", "float", "W", "extra battery port"],
  [426, "plug_in_info_dcp_in_flag", "u32", "", "extra battery plugged"],
  [433, "plug_in_info_dcp_sn", "text", "", "serial of the extra battery"],
  [461, "backup_reverse_soc", "u32", "%", "backup reserve (Delta 3)"],
  [462, "cms_batt_full_energy", "u32", "Wh", "energy when full"],
  [463, "display_statistics_sum", "message", "", "energy counters", statistics],
  // Names of 467, 468 and 469: public app schema of the Delta Pro 3 (foxthefox/ioBroker.ecoflow-mqtt).
  [467, "storm_pattern_enable", "bool", "", "storm guard allowed, a setting"],
  [468, "storm_pattern_open_flag", "bool", "", "storm guard at work: it charges to full"],
  [469, "storm_pattern_end_time", "u32", "", "storm guard ends, Unix seconds"],
  [968, "power_outages_list", "message", "", "what each port does in an outage (Delta 3 Max)", outagePorts],
  [1279, "power_outages_active_flag", "u32", "", "Delta 3 Max: 1 = outage mode, 2 = not"],
]);
