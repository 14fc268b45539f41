/** CMSHeartBeatReport (32/2): the system over all packs, every 10–20 s (docs/protocol.md). */
import { makeTable } from "./table.ts";

const v1p0 = makeTable(
  "CMSHeartBeatV1p0",
  [
    [1, "chg_state", "u32", "", "state of charging"],
    [2, "chg_cmd", "u32", "", "charge command"],
    [3, "dsg_cmd", "u32", "", "discharge command"],
    [4, "chg_vol", "u32", "mV", "charge voltage"],
    [5, "chg_amp", "u32", "mA", "charge current"],
    [6, "fan_level", "u32", "", "fan"],
    [7, "max_charge_soc", "u32", "%", "charge limit; 0 in a captured outage, so never used"],
    [8, "bms_model", "u32", "", "kind of BMS"],
    [9, "lcd_show_soc", "u32", "%", "state of charge over all packs, whole percent"],
    [10, "open_ups_flag", "u32", "", "UPS mode"],
    [11, "bms_warning_state", "u32", "bits", "warnings"],
    [12, "chg_remain_time", "u32", "min", "time to full; 5939 and the like = does not apply"],
    [13, "dsg_remain_time", "u32", "min", "time to empty; 5939 and the like = does not apply"],
    [14, "ems_is_normal_flag", "u32", "", "system is well"],
    [15, "f32_lcd_show_soc", "float", "%", "state of charge over all packs"],
    [16, "bms_is_connt", "u32s", "", "one a pack, 3 = connected"],
    [17, "max_available_num", "u32", "", "packs available"],
    [18, "open_bms_idx", "u32", "", "pack that is open"],
    [19, "para_vol_min", "u32", "mV", "parallel voltage, least"],
    [20, "para_vol_max", "u32", "mV", "parallel voltage, most"],
    [21, "min_dsg_soc", "u32", "%", "discharge limit; differs from Display 271 in a capture, so not used"],
    [22, "min_open_oil_eb_soc", "u32", "%", "generator on"],
    [23, "max_close_oil_eb_soc", "u32", "%", "generator off"],
  ],
  { kept: ["lcd_show_soc", "f32_lcd_show_soc", "max_available_num"] },
);

const v1p3 = makeTable(
  "CMSHeartBeatV1p3",
  [
    [1, "chg_disable_cond", "u32", "bits", "why charging is disabled"],
    [2, "dsg_disable_cond", "u32", "bits", "why discharging is disabled"],
    [
      3,
      "chg_line_plug_in_flag",
      "u32",
      "",
      "charge line plugged; covers solar on Delta 3 and is 0 on River 3: no AC flag",
    ],
    [
      4,
      "sys_chg_dsg_state",
      "u32",
      "",
      "0 idle, 1 discharging, 2 charging; 1 on mains in a capture: not used",
    ],
    [5, "ems_heartbeat_ver", "u32", "", "version of this message"],
  ],
  { kept: [] },
);

export const cmsHeartBeatReport = makeTable("CMSHeartBeatReport", [
  [1, "v1p0", "message", "", "first part", v1p0],
  [2, "v1p3", "message", "", "later part", v1p3],
]);
