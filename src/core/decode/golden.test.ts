/** One frame a message as literal hex, written by hand from docs/protocol.md and by neither encoder nor decoder: a wrong table cannot hide in both. */
import { describe, expect, it } from "vitest";
import { readEnvelope } from "./envelope.ts";
import { messageOf } from "./index.ts";
import { readNamed } from "./named.ts";

/** Each line of hex with what it says behind it. */
const hex = (...lines: string[]) =>
  new Uint8Array(
    Buffer.from(lines.map((line) => line.replace(/#.*/, "").replace(/\s/g, "")).join(""), "hex"),
  );

function named(payload: Uint8Array) {
  const envelope = readEnvelope(payload);
  if ("unknown" in envelope) throw new Error(envelope.unknown);
  return envelope.frames.map((frame) => {
    const table = messageOf(frame);
    return [table?.name, table && readNamed(table, frame.pdata)];
  });
}

describe("golden frames", () => {
  it("DisplayPropertyUpload (254/21), plain", () => {
    const payload = hex(
      "0a 42 # header, 66 bytes",
      "0a 32 # 1 pdata, 50 bytes",
      "b503 0000b142 # 54 pow_get_ac_in, float 88.5 W",
      "d00c 01 # 202 plug_in_info_ac_charger_flag, bool",
      "9810 fbffffffffffffffff01 # 259 bms_max_cell_temp, int32 −5 °C in ten bytes, no zig-zag",
      "b510 00008042 # 262 cms_batt_soc, float 64 %",
      "d011 01 # 282 cms_chg_dsg_state, 1 = discharging",
      "8517 0000a2c1 # 368 pow_get_ac_out, float −20.25 W",
      "ca18 02 1801 # 393 energy_strategy_operate_mode { 3 operate_tou_mode_open }",
      "8a1b 02 4131 # 433 plug_in_info_dcp_sn, text",
      "f01c 8008 # 462 cms_batt_full_energy, 1024 Wh",
      "10 02 # 2 src, main board",
      "18 20 # 3 dest, app",
      "40 fe01 # 8 cmd_func 254",
      "48 15 # 9 cmd_id 21",
      "50 32 # 10 data_len 50",
      "8001 03 # 16 version",
    );
    expect(named(payload)).toEqual([
      [
        "DisplayPropertyUpload",
        {
          pow_get_ac_in: 88.5,
          plug_in_info_ac_charger_flag: true,
          bms_max_cell_temp: -5,
          cms_batt_soc: 64,
          cms_chg_dsg_state: 1,
          pow_get_ac_out: -20.25,
          energy_strategy_operate_mode: { operate_tou_mode_open: true },
          plug_in_info_dcp_sn: "A1",
          cms_batt_full_energy: 1024,
        },
      ],
    ]);
  });

  it("DisplayPropertyUpload (254/21), XORed with the low byte of seq", () => {
    const payload = hex(
      "0a 1b # header, 27 bytes",
      "0a 06 1fa9 aaaa1be8 # 1 pdata: b503 0000b142 (54 = 88.5 W), each byte ^ aa",
      "10 02 # 2 src",
      "18 20 # 3 dest",
      "30 01 # 6 enc_type 1",
      "40 fe01 48 15 # 8, 9 command 254/21",
      "50 06 # 10 data_len",
      "70 aa25 # 14 seq 0x12aa",
      "8001 03 # 16 version",
    );
    expect(named(payload)).toEqual([["DisplayPropertyUpload", { pow_get_ac_in: 88.5 }]]);
  });

  it("RuntimePropertyUpload (254/22)", () => {
    const payload = hex(
      "0a 20 # header, 32 bytes",
      "0a 15 # 1 pdata, 21 bytes",
      "9d04 00006643 # 67 plug_in_info_ac_out_vol, float 230 V",
      "a50f 00789b46 # 244 bms_batt_vol, float 19900 (mV on River 3)",
      "c80f d063 # 249 bms_remain_cap, 12752 mAh",
      "a812 c0a907 # 293 display_property_full_upload_period, 120000 ms",
      "10 02 40 fe01 48 16 # 2 src, 8 and 9 command 254/22",
      "70 01 # 14 seq; no enc_type: plain",
    );
    expect(named(payload)).toEqual([
      [
        "RuntimePropertyUpload",
        {
          plug_in_info_ac_out_vol: 230,
          bms_batt_vol: 19900,
          bms_remain_cap: 12752,
          display_property_full_upload_period: 120000,
        },
      ],
    ]);
  });

  it("BMSHeartBeatReport (32/50)", () => {
    const payload = hex(
      "0a 56 # header, 86 bytes",
      "0a 4e # 1 pdata, 78 bytes",
      "08 01 # 1 num, the extra pack",
      "30 40 # 6 soc, 64 %",
      "38 d2b501 # 7 vol, 23250 mV",
      "40 f5ffffffffffffffff01 # 8 amp, int32 −11 mA",
      "48 1a # 9 temp, 26 °C",
      "68 eec701 # 13 full_cap, 25582 mAh",
      "70 05 # 14 cycles",
      "78 64 # 15 soh, 100 %",
      "8001 871a # 16 max_cell_vol, 3335 mV: no temperature, as was once believed",
      "cd01 00007e42 # 25 f32_show_soc, float 63.5 %",
      "d001 00 # 26 input_watts",
      "d801 1c # 27 output_watts, 28 W: no sign of the grid, as was once believed",
      "e001 b604 # 28 remain_time, 566 min: no watts, as was once believed",
      "8002 07 # 32 cell_series_num",
      "8a02 03 871a00 # 33 cell_vol, packed 3335 and 0 mV",
      "9a02 0a fbffffffffffffffff01 # 35 cell_temp, packed int32 −5 °C",
      "f802 01 # 47 chg_dsg_state, 1 = discharging",
      "8a05 01 58 # 81 pack_sn, text",
      "10 03 40 20 48 32 # 2 src battery, 8 and 9 command 32/50",
    );
    expect(named(payload)).toEqual([
      [
        "BMSHeartBeatReport",
        {
          num: 1,
          soc: 64,
          vol: 23250,
          amp: -11,
          temp: 26,
          full_cap: 25582,
          cycles: 5,
          soh: 100,
          max_cell_vol: 3335,
          f32_show_soc: 63.5,
          input_watts: 0,
          output_watts: 28,
          remain_time: 566,
          cell_series_num: 7,
          cell_vol: [3335, 0],
          cell_temp: [-5],
          chg_dsg_state: 1,
          pack_sn: "X",
        },
      ],
    ]);
  });

  it("CMSHeartBeatReport (32/2), behind an empty header that is passed over", () => {
    const payload = hex(
      "0a 06 # a header of 6 bytes without pdata",
      "10 06 40 03 48 1c # 2 src, 8 and 9 command 3/28",
      "0a 25 # header, 37 bytes",
      "0a 1d # 1 pdata, 29 bytes",
      "0a 15 # 1 v1p0, 21 bytes",
      "30 00 # 6 fan_level",
      "48 40 # 9 lcd_show_soc, 64 %",
      "68 ad26 # 13 dsg_remain_time, 4909 min: plain varint, no zig-zag",
      "7d 00808042 # 15 f32_lcd_show_soc, float 64.25 %",
      "8201 03 030302 # 16 bms_is_connt, packed",
      "8801 02 # 17 max_available_num",
      "12 04 # 2 v1p3, 4 bytes",
      "18 00 # 3 chg_line_plug_in_flag",
      "20 01 # 4 sys_chg_dsg_state",
      "10 03 40 20 48 02 # 2 src battery, 8 and 9 command 32/2",
    );
    expect(named(payload)).toEqual([
      [
        "CMSHeartBeatReport",
        {
          v1p0: {
            fan_level: 0,
            lcd_show_soc: 64,
            dsg_remain_time: 4909,
            f32_lcd_show_soc: 64.25,
            bms_is_connt: [3, 3, 2],
            max_available_num: 2,
          },
          v1p3: { chg_line_plug_in_flag: 0, sys_chg_dsg_state: 1 },
        },
      ],
    ]);
  });

  it("AppShowHeartbeatReport (2/1) of a Delta Pro Ultra", () => {
    const payload = hex(
      "0a 1c # header, 28 bytes",
      "0a 14 # 1 pdata, 20 bytes",
      "a801 5d # 21 soc, 93 %",
      "d001 bd8c02 # 26 remain_time, 34365 min = idle",
      "cd02 00004841 # 41 watts_in_sum, float 12.5 W",
      "c503 00002f44 # 56 in_ac_c20_pwr, float 700 W",
      "10 02 40 02 48 01 # 2 src, 8 and 9 command 2/1",
    );
    const fields = { soc: 93, remain_time: 34365, watts_in_sum: 12.5, in_ac_c20_pwr: 700 };
    expect(named(payload)).toEqual([["AppShowHeartbeatReport", fields]]);
  });

  it("BackendRecordHeartbeatReport (2/2) of a Delta Pro Ultra", () => {
    const payload = hex(
      "0a 11 # header, 17 bytes",
      "0a 09 # 1 pdata, 9 bytes",
      "d802 3c # 43 ac_in_freq, 60 Hz",
      "dd05 00007043 # 91 in_ac_c20_vol, float 240 V",
      "10 02 40 02 48 02 # 2 src, 8 and 9 command 2/2",
    );
    const fields = { ac_in_freq: 60, in_ac_c20_vol: 240 };
    expect(named(payload)).toEqual([["BackendRecordHeartbeatReport", fields]]);
  });

  it("AppParaHeartbeatReport (2/3) of a Delta Pro Ultra", () => {
    const payload = hex(
      "0a 11 # header, 17 bytes",
      "0a 09 # 1 pdata, 9 bytes",
      "18 1e # 3 sys_backup_soc, 30 %",
      "48 5f # 9 chg_max_soc, 95 %",
      "50 0a # 10 dsg_min_soc, 10 %",
      "90 01 00 # 18 ac_standby_mins, never",
      "10 02 40 02 48 03 # 2 src, 8 and 9 command 2/3",
    );
    const fields = { sys_backup_soc: 30, chg_max_soc: 95, dsg_min_soc: 10, ac_standby_mins: 0 };
    expect(named(payload)).toEqual([["AppParaHeartbeatReport", fields]]);
  });

  it("BpInfoReport (2/4) of a Delta Pro Ultra, two packs", () => {
    const payload = hex(
      "0a 31 # header, 49 bytes",
      "0a 29 # 1 pdata, 41 bytes",
      "0a 0d # 1 bp_info, first pack",
      "08 01 18 63 # 1 bp_no 1, 3 bp_soc 99 %",
      "2d 0000c045 # 5 bp_energy, float 6144 Wh",
      "58 20 60 00 # 11 bp_temp 32 °C, 12 bp_sunnova_ban",
      "0a 18 # 1 bp_info, second pack",
      "08 02 18 62 20 8cfcffffffffffffff01 # pack 2: 98 %, 4 bp_pwr −500 W as a varint",
      "2d 0000c045 58 1e 60 00 # 6144 Wh, 30 °C",
      "10 02 40 02 48 04 # 2 src, 8 and 9 command 2/4",
    );
    const pack = { bp_energy: 6144, bp_sunnova_ban: 0 };
    const bp_info = [
      { bp_no: 1, bp_soc: 99, bp_temp: 32, ...pack },
      { bp_no: 2, bp_soc: 98, bp_pwr: -500, bp_temp: 30, ...pack },
    ];
    expect(named(payload)).toEqual([["BpInfoReport", { bp_info }]]);
  });

  it("ProtoTime (12/1) of a Smart Home Panel 2", () => {
    const payload = hex(
      "0a 29 # header, 41 bytes",
      "0a 21 # 1 pdata, 33 bytes",
      "12 06 0a 04 0000e043 # 2 load_info { 1 hall1_watt, packed float 448 W }",
      "1a 03 18 c306 # 3 backup_info { 3 backup_discharge_time, 835 min }",
      "22 12 # 4 watt_info, 18 bytes",
      "0d 00c09a44 # 1 grid_watt, float 1238 W",
      "ad01 00c09a44 # 21 all_hall_watt, float 1238 W",
      "f201 04 000080bf # 30 grid_amp, packed float −1 A",
      "10 0b 40 0c 48 01 # 2 src, 8 and 9 command 12/1",
    );
    const fields = {
      load_info: { hall1_watt: [448] },
      backup_info: { backup_discharge_time: 835 },
      watt_info: { grid_watt: 1238, all_hall_watt: 1238, grid_amp: [-1] },
    };
    expect(named(payload)).toEqual([["ProtoTime", fields]]);
  });

  it("ProtoPushAndSet (12/32) of a Smart Home Panel 2", () => {
    const payload = hex(
      "0a 19 # header, 25 bytes",
      "0a 11 # 1 pdata, 17 bytes",
      "8205 07 10 8060 18 64 20 00 # 80 { 2 full 12288 Wh, 3 soc 100 %, 4 remain 0 Wh }",
      "9205 04 10 01 18 76 # 82 { 2 grid_sta 1 = OK, 3 grid_vol 118 V }",
      "10 0b 40 0c 48 20 # 2 src, 8 and 9 command 12/32",
    );
    const fields = {
      backup_incre_info: {
        backup_full_cap: 12288,
        backup_bat_per: 100,
        backup_discharge_rmain_bat_cap: 0,
      },
      master_incre_info: { grid_sta: 1, grid_vol: 118 },
    };
    expect(named(payload)).toEqual([["ProtoPushAndSet", fields]]);
  });

  it("inverter_heartbeat (20/1) of a PowerStream", () => {
    const payload = hex(
      "0a 1f # header, 31 bytes",
      "0a 17 # 1 pdata, 23 bytes",
      "e801 b6efffffffffffffff01 # 29 bat_input_watts, int32 −2122 tenths: 212.2 W into the battery",
      "f801 31 # 31 bat_soc, 49 %",
      "a002 a812 # 36 inv_op_volt, 2344 tenths of a volt: the grid",
      "c002 f403 # 40 inv_freq, 500 tenths of a hertz",
      "10 35 40 14 48 01 # 2 src, 8 and 9 command 20/1",
    );
    const fields = { bat_input_watts: -2122, bat_soc: 49, inv_op_volt: 2344, inv_freq: 500 };
    expect(named(payload)).toEqual([["inverter_heartbeat", fields]]);
  });
});
