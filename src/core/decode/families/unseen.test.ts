/** Payloads that no capture holds, in every shape of docs/protocol.md: other firmware, other values. */
import { describe, expect, it } from "vitest";
import { Told } from "../../../../test/told.ts";
import { createStation, setModel, take } from "../../../core/station.ts";
import { modelInText } from "../models.ts";

/** One JSON payload judged by itself, as `decode` does. */
function read(device: string, value: unknown) {
  const setup = { id: "s", serial: null, name: null, capacityWh: null, dischargeLimitPercent: null };
  const memory = createStation(setup, true);
  setModel(memory, modelInText(device));
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return take(memory, { kind: "frame", source: "decode", bytes, at: 0, wall: 0 }).reading;
}

describe("several messages merged into one state", () => {
  const heartbeat = { num: 0, soc: 99, f32ShowSoc: 98.7, maxCellVol: 3_328, outputWatts: 2, chgDsgState: 0 };
  const system = { v1p0: { f32LcdShowSoc: 98.6 }, v1p3: { chgLinePlugInFlag: 1 } };
  const display = { flowInfoAcIn: 15, plugInInfoAcInFlag: 1, powGetAcIn: 203, powOutSumW: 211 };

  it("a Delta 3 on mains, with its heartbeats beside what the app shows", () => {
    expect(read("DELTA 3", { ...display, ...system, ...heartbeat })).toMatchObject({
      grid: "present",
      soc: 98.6,
      ac_in_watts: 203,
      modules: [{ num: 0, soc: 98.7, out_watts: 2 }],
    });
  });

  it("nested parts with dots in their names", () => {
    const dotted = { ...display, "v1p0.f32LcdShowSoc": 97, "v1p3.chgLinePlugInFlag": 1 };
    expect(read("DELTA 3", dotted)).toMatchObject({ grid: "present", soc: 97 });
  });

  it("names as the protobuf has them", () => {
    const snake = { cms_batt_soc: 61, plug_in_info_ac_in_flag: 0, flow_info_ac_in: 12, pow_get_ac_in: 0 };
    expect(read("DELTA 3", { ...snake, pow_out_sum_w: 60, cms_chg_dsg_state: 1 })).toMatchObject({
      grid: "lost",
      soc: 61,
    });
  });
});

describe("numbers as text", () => {
  it("quota/all of a Delta Pro Ultra, its packs a list within a text", () => {
    const data = {
      "hs_yj751_pd_appshow_addr.soc": "21",
      "hs_yj751_pd_appshow_addr.inAcC20Pwr": "1403.5",
      "hs_yj751_pd_appshow_addr.inAc5p8Pwr": "0",
      "hs_yj751_pd_appshow_addr.wattsOutSum": "119",
      "hs_yj751_pd_app_set_info_addr.dsgMinSoc": "5",
      "hs_yj751_pd_app_set_info_addr.chgMaxSoc": "95",
      "hs_yj751_pd_app_set_info_addr.acStandbyMins": "0",
      "hs_yj751_pd_bp_addr.bpInfo": '[{"bpNo":1,"bpSoc":17,"bpTemp":8,"bpEnergy":6144}]',
      "hs_yj751_pd_bp_addr.updateTime": "2026-02-14 23:40:44",
    };
    expect(read("DELTA Pro Ultra", { code: "0", message: "Success", data })).toMatchObject({
      soc: 21,
      grid: "present",
      ac_in_watts: 1_403.5,
      out_watts: 119,
      discharge_limit_percent: 5,
      charge_limit_percent: 95,
      ac_standby_min: 0,
      capacity_wh: 6_144,
      modules: [{ num: 1, soc: 17, temp_celsius: 8 }],
    });
  });

  it("flags as words", () => {
    const words = { cmsBattSoc: "50", plugInInfoAcInFlag: "true", outputPowerOffMemory: "false" };
    expect(read("DELTA 3", words)).toMatchObject({ soc: 50, grid: "present", output_memory: false });
  });

  it("Delta 2, and a text that is no number", () => {
    const params = {
      "pd.soc": "55",
      "inv.acInVol": "230112",
      "inv.inputWatts": "12.5",
      "pd.wattsOutSum": "n/a",
    };
    expect(read("DELTA 2", { params })).toMatchObject({
      soc: 55,
      grid: "present",
      ac_in_watts: 12.5,
      out_watts: null,
    });
  });
});

describe("values that mean nothing", () => {
  it("null, 255 %, 65535 W and huge times", () => {
    const params = {
      "bms_emsStatus.lcdShowSoc": 255,
      "pd.soc": 44,
      "pd.wattsOutSum": 65_535,
      "inv.acInVol": null,
      "inv.inputWatts": null,
    };
    expect(read("RIVER 2 Pro", { params, timestamp: 9e15 })).toMatchObject({
      soc: 44,
      out_watts: null,
      ac_in_watts: null,
      grid: "unknown",
    });
  });

  it.each([-1, -143_999, -65_535, -5999])("Delta 2: a remaining time of %d is no runtime", (remain) => {
    const params = { "pd.soc": 44, "pd.remainTime": remain, "bms_emsStatus.dsgRemainTime": 5_999 };
    expect(read("DELTA 2", { params })?.runtime_sec).toBeNull();
  });

  it.each([-1, 65_535, 143_999, 4_294_967_295])("Delta 3: a remaining time of %d is no runtime", (remain) => {
    const discharging = { cmsBattSoc: 44, cmsChgDsgState: 1, powOutSumW: 20, powGetAcIn: 0 };
    expect(read("DELTA 3", { ...discharging, cmsDsgRemTime: remain })?.runtime_sec).toBeNull();
  });

  it("an energy of 0 Wh is not known: the model's stands in", () => {
    expect(read("DELTA 3 Plus (P351)", { cmsBattSoc: 44, cmsBattFullEnergy: 0 })).toMatchObject({
      capacity_wh: 1_024,
      capacity_basis: "model",
    });
  });
});

describe("River mini writes the bits of a float", () => {
  const bits = (value: number) => new Int32Array(new Float32Array([value]).buffer)[0] ?? 0;
  it.each([
    [bits(232_000), "present"],
    [bits(118.5), "present"],
    // 230 000 mV with its bytes the other way round.
    [0x70_82_03_00, "present"],
    [0, "lost"],
    [bits(-0), "lost"],
    [2 ** 31, "lost"],
    // What would be 0.0016 mV as a float: 119.1 V with its bytes the other way round (an owner's, tolwi/hassio-ecoflow-cloud#501).
    [0x3a_d1_01_00, "present"],
  ])("invInVol %d: %s", (invInVol, grid) => {
    const params = { "pd.soc": 50, "inv.invInVol": invInVol, "inv.inputWatts": bits(97.5) };
    expect(read("RIVER mini", { params })).toMatchObject({ soc: 50, grid, ac_in_watts: 97.5 });
  });
});

it.each([1e300, 2 ** 32, -(2 ** 31) - 1, 0.5e-9])("River mini: %d is no 32 bits, so no loss", (invInVol) => {
  expect(read("RIVER mini", { params: { "pd.soc": 50, "inv.invInVol": invInVol } })?.grid).toBe("unknown");
});

it("names as protobuf.js spells them, an underscore before a digit", () => {
  const report = { soc: 60, inAc_5p8Pwr: 2_000, inAcC20Pwr: 0, outAcL1_1Pwr: 300, outAcL2_1Pwr: 100 };
  expect(read("DELTA Pro Ultra", { AppShowHeartbeatReport: report })).toMatchObject({
    grid: "present",
    ac_in_watts: 2_000,
    ac_out_watts: 400,
  });
});

it("River mini tells its charge in the inverter alone; River Max its input under another key", () => {
  expect(read("RIVER mini", { params: { "inv.soc": 77, "inv.invInVol": 0 } })).toMatchObject({
    soc: 77,
    grid: "lost",
  });
  expect(read("RIVER Max", { params: { "pd.soc": 77, "inv.acInVol": 230_000 } })?.grid).toBe("present");
});

describe("shapes of the developer API", () => {
  it("a key that has its module already gets none before it", () => {
    const push = { typeCode: "pdStatus", params: { "pd.soc": 33, wattsOutSum: 5 } };
    expect(read("DELTA 2", push)).toMatchObject({ soc: 33, out_watts: 5 });
  });

  it("Delta Pro Ultra: command, address, `param` and an empty `params`", () => {
    const push = {
      cmdFunc: 2,
      cmdId: 1,
      addr: "hs_yj751_pd_appshow_addr",
      param: { soc: 71, inAcC20Pwr: 0, wattsInSum: 0, wattsOutSum: 0, remainTime: 34_365 },
      params: {},
    };
    expect(read("DELTA Pro Ultra", push)).toMatchObject({ soc: 71, grid: "unknown", runtime_sec: null });
    expect(read("DELTA Pro Ultra", { cmdFunc: 2, cmdId: 1, param: push.param })).toMatchObject({ soc: 71 });
    expect(read("DELTA Pro Ultra", { addr: push.addr, params: push.param })).toMatchObject({ soc: 71 });
  });

  it.each([
    [0, "lost"],
    [1, "present"],
    [2, "lost"],
  ])("Smart Home Panel 2: gridSta %d is %s in each of its shapes", (gridSta, grid) => {
    const parts = { masterIncreInfo: { gridSta, gridVol: 120 }, backupIncreInfo: { backupBatPer: 80 } };
    const flat = {
      "pd303_mc.masterIncreInfo.gridSta": gridSta,
      "backupIncreInfo.backupBatPer": 80,
      "backupInfo.backupDischargeTime": 300,
    };
    expect(read("Smart Home Panel 2", { pd303_mc: parts })).toMatchObject({ grid, soc: 80 });
    expect(read("Smart Home Panel 2", { cmdFunc: 12, cmdId: 32, param: parts })).toMatchObject({
      grid,
      soc: 80,
    });
    expect(read("Smart Home Panel 2", { code: "0", data: flat })).toMatchObject({
      grid,
      soc: 80,
      runtime_sec: grid === "lost" ? 18_000 : null,
    });
  });

  it("Delta Pro 3, flat: by flow, by watts, by volts, and battery", () => {
    const idle = { cmsBattSoc: 50, powGetAcIn: 0, powOutSumW: 0, cmsChgDsgState: 0 };
    expect(read("DELTA Pro 3", { ...idle, flowInfoAcIn: 2 })?.grid).toBe("present");
    expect(read("DELTA Pro 3", { ...idle, powGetAcIn: 6 })?.grid).toBe("present");
    expect(read("DELTA Pro 3", { ...idle, plugInInfoAcInVol: 239.5 })?.grid).toBe("present");
    expect(read("DELTA Pro 3", { ...idle, plugInInfoAcInVol: 7.2 })?.grid).toBe("unknown");
    const battery = { ...idle, flowInfoAcIn: 0, powOutSumW: 300, cmsChgDsgState: 1 };
    expect(read("DELTA Pro 3", battery)).toMatchObject({ grid: "lost", soc: 50, carried_by: "battery" });
  });

  it("Delta 3, by its command: fields of a sister message are not lost", () => {
    const param = { cmsBattSoc: 50, plugInInfoAcInVol: 230, powGetAcIn: 9 };
    for (const cmdId of [21, 22]) {
      const push = { cmdFunc: 254, cmdId, param };
      expect(read("DELTA Pro 3", push)).toMatchObject({ soc: 50, grid: "present", ac_in_watts: 9 });
    }
  });

  it("Smart Home Panel 2, by its command or address: fields of either message", () => {
    const param = {
      wattInfo: { gridWatt: 0, allHallWatt: 100 },
      masterIncreInfo: { gridSta: 1 },
      backupIncreInfo: { backupBatPer: 60 },
    };
    for (const marks of [{ cmdFunc: 12, cmdId: 1 }, { cmdFunc: 12, cmdId: 32 }, { addr: "pd303_mc" }]) {
      const expected = { grid: "present", soc: 60, out_watts: 100, ac_in_watts: 0 };
      expect(read("Smart Home Panel 2", { ...marks, param })).toMatchObject(expected);
    }
  });

  it.each([0.5, 1.5, -1, 16, "x", {}])("a pack's number of %j is none", (num) => {
    const heartbeat = { cmdFunc: 32, cmdId: 50, param: { num, soc: 40, outputWatts: 30 } };
    expect(read("DELTA 3", heartbeat)).toBeNull();
    const packs = { addr: "hs_yj751_pd_bp_addr", param: { bpInfo: [{ bpNo: num, bpSoc: 40 }] } };
    expect(read("DELTA Pro Ultra", packs)).toBeNull();
  });

  it("a pack's number as text is one", () => {
    const heartbeat = { cmdFunc: 32, cmdId: 50, param: { num: "1", soc: 40 } };
    expect(read("DELTA 3", heartbeat)?.modules).toMatchObject([{ num: 1, soc: 40 }]);
  });

  it("a pack's heartbeat by its command is no state of charge of something else", () => {
    const pack = { num: 1, soc: 40, f32ShowSoc: 40.2, outputWatts: 30 };
    expect(read("DELTA 3", { cmdFunc: 32, cmdId: 50, params: pack })).toMatchObject({
      soc: null,
      modules: [{ num: 1, soc: 40.2, out_watts: 30 }],
    });
  });

  it("PowerStream: tenths in each of its shapes", () => {
    const fields = { batSoc: 54, invOpVolt: 2_330, batTemp: 320, invOutputWatts: 497, batInputWatts: -670 };
    const expected = { grid: "present", soc: 54, temp_celsius: 32, out_watts: 49.7, charging: true };
    const prefixed = Object.fromEntries(Object.entries(fields).map(([key, value]) => [`20_1.${key}`, value]));
    expect(read("PowerStream", { cmdFunc: 20, cmdId: 1, param: fields })).toMatchObject(expected);
    expect(read("PowerStream", { code: "0", data: prefixed })).toMatchObject(expected);
  });
});

describe("white space before the JSON", () => {
  it.each([[" "], ["\n"], ["\r\n\t"], ["\ufeff"], [`${" ".repeat(200)}\n`]])("%j", (before) => {
    const told = new Told("R331X").bytes(
      new TextEncoder().encode(`${before}{"params":{"pd.soc":50,"inv.acInVol":230000}}`),
    );
    expect(told.last).toMatchObject({ soc: 50, grid: "present" });
  });

  it("alone says nothing", () => {
    const told = new Told("R331X").bytes(new TextEncoder().encode(" \n ")).bytes(new Uint8Array());
    expect([told.last, told.problems.length]).toEqual([null, 2]);
  });
});

describe("what says nothing of a station", () => {
  it.each([
    { sn: "HW51X", cmdCode: "WN511_SET_PERMANENT_WATTS_PACK", params: { permanentWatts: 20 } },
    { id: 1, version: "1.0", cmdFunc: 254, cmdId: 17, params: { cfgAcOutOpen: true } },
    { id: 1, version: "1.0", moduleType: 1, operateType: "quietMode", params: { enabled: 1 } },
    { sn: "X", params: { cmdSet: 32, id: 66, quotas: ["inv.cfgAcEnabled"] } },
    { code: "0", message: "Success", data: [{ sn: "R331X", deviceName: "a", online: 1 }] },
    { code: "0", message: "Success" },
    { id: 1, code: "0", data: { ack: false } },
    { code: "1006", message: "current device is not allowed to get device info" },
  ])("%j", (value) => {
    expect(read("DELTA 2", value)).toBeNull();
  });
});
