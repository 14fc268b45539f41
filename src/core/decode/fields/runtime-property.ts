/** RuntimePropertyUpload (254/22): inner values, everything each 300 s; minutes old in a reply (docs/protocol.md). */
import { makeTable } from "./table.ts";

export const runtimePropertyUpload = makeTable(
  "RuntimePropertyUpload",
  [
    [24, "pcs_work_mode", "u32", "", "mode of the inverter"],
    [26, "temp_pcs_dc", "float", "°C", "inverter, DC side"],
    [27, "temp_pcs_ac", "float", "°C", "inverter, AC side"],
    [59, "plug_in_info_ac_out_type", "u32", "", "kind of AC output"],
    [60, "plug_in_info_ac_out_freq", "u32", "Hz", "AC output frequency"],
    [67, "plug_in_info_ac_out_vol", "float", "V", "AC output"],
    [68, "plug_in_info_ac_in_vol", "float", "V", "AC input; 0 on River 3 unless charging from it"],
    [223, "plug_in_info_ac_in_amp", "float", "A", "AC input"],
    [224, "plug_in_info_ac_out_amp", "float", "A", "AC output"],
    [244, "bms_batt_vol", "float", "V", "battery; mV on River 3"],
    [245, "bms_batt_amp", "float", "A", "battery; mA on River 3"],
    [247, "bms_full_cap", "u32", "mAh", "capacity when full, main pack"],
    [249, "bms_remain_cap", "u32", "mAh", "charge left, main pack"],
    // Names of 250–252: app schema (foxthefox/ioBroker.ecoflow-mqtt), as the developer API's JSON spells them.
    [250, "bms_alm_state", "u32", "bits", "alarms"],
    [251, "bms_pro_state", "u32", "bits", "protections"],
    [252, "bms_flt_state", "u32", "bits", "faults"],
    [253, "bms_err_code", "u32", "", "error code"],
    [256, "bms_min_cell_vol", "u32", "mV", "lowest cell voltage"],
    [257, "bms_max_cell_vol", "u32", "mV", "highest cell voltage"],
    [264, "cms_batt_vol", "float", "V", "battery over all packs"],
    [265, "cms_batt_amp", "float", "A", "battery over all packs"],
    [293, "display_property_full_upload_period", "u32", "ms", "Display, everything"],
    [294, "display_property_incremental_upload_period", "u32", "ms", "Display, changes"],
    [295, "runtime_property_full_upload_period", "u32", "ms", "Runtime, everything"],
    [296, "runtime_property_incremental_upload_period", "u32", "ms", "Runtime, changes"],
  ],
  { kept: ["plug_in_info_ac_in_vol"] },
);
