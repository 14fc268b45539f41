/** The AC rules of the families with a sign of their own, entering as their raw payloads and going through decode, fuse and filter. */
import { describe, expect, it } from "vitest";
import { Told } from "../../../../test/told.ts";
import { encodeJson, encodeMessageFrame } from "../../../sim/encode-json.ts";

interface Story {
  name: string;
  serial: string;
  /** Payloads by what they say. */
  onMains: Uint8Array[];
  withLoad: Uint8Array[];
  onBattery: Uint8Array[];
  idleOff: Uint8Array[];
  /** Battery carries the load with the plug in: at its charge limit, or by schedule. */
  byChoice: Uint8Array[] | null;
  /** The sun carries the load without mains; what carries it then. */
  solar: Uint8Array[] | null;
}

const delta2 = (fields: Record<string, number>) => [encodeJson("app", { "pd.soc": 60, ...fields })];
const open = (typeCode: string, params: Record<string, number>) => encodeJson("open", params, { typeCode });
const ultra = (app: Record<string, number>, backend: Record<string, number>) => [
  encodeMessageFrame(2, 1, { soc: 60, ...app }),
  encodeMessageFrame(2, 2, backend),
];
const panel2 = (sta: number, watts: number) => [
  encodeMessageFrame(12, 32, {
    master_incre_info: { grid_sta: sta },
    backup_incre_info: { backup_bat_per: 60 },
  }),
  encodeMessageFrame(12, 1, { watt_info: { grid_watt: watts, all_hall_watt: 400 } }),
];

const stories: Story[] = [
  {
    name: "Delta 2, JSON of the app",
    serial: "R331X",
    onMains: delta2({ "inv.acInVol": 228_652, "inv.inputWatts": 0, "pd.wattsOutSum": 0 }),
    withLoad: delta2({ "inv.acInVol": 230_000, "inv.inputWatts": 300, "pd.wattsOutSum": 290 }),
    onBattery: delta2({ "inv.acInVol": 0, "inv.inputWatts": 0, "pd.wattsOutSum": 150, "pd.wattsInSum": 0 }),
    idleOff: delta2({ "inv.acInVol": 0, "inv.inputWatts": 0, "pd.wattsOutSum": 0 }),
    byChoice: delta2({
      "inv.acInVol": 228_652,
      "inv.inputWatts": 0,
      "pd.wattsOutSum": 43,
      "bms_emsStatus.maxChargeSoc": 50,
    }),
    solar: delta2({ "inv.acInVol": 0, "pd.wattsOutSum": 43, "mppt.inWatts": 200 }),
  },
  {
    name: "River 2, JSON of the developer API",
    serial: "R611X",
    onMains: [
      open("pdStatus", { soc: 60, wattsOutSum: 0 }),
      open("invStatus", { acInVol: 227_686, inputWatts: 0 }),
    ],
    withLoad: [
      open("pdStatus", { soc: 60, wattsOutSum: 90 }),
      open("invStatus", { acInVol: 227_686, inputWatts: 95 }),
    ],
    onBattery: [
      open("pdStatus", { soc: 60, wattsOutSum: 90 }),
      open("invStatus", { acInVol: 0, inputWatts: 0 }),
    ],
    idleOff: [
      open("pdStatus", { soc: 60, wattsOutSum: 0 }),
      open("invStatus", { acInVol: 0, inputWatts: 0 }),
    ],
    byChoice: [
      open("pdStatus", { soc: 60, wattsOutSum: 90 }),
      open("invStatus", { acInVol: 227_686, inputWatts: 0 }),
    ],
    solar: null,
  },
  {
    name: "Delta Pro, JSON of the app",
    serial: "DCEBX",
    onMains: delta2({
      "ems.lcdShowSoc": 60,
      "inv.acInVol": 118_000,
      "inv.acInFreq": 60,
      "pd.wattsOutSum": 0,
    }),
    withLoad: delta2({
      "ems.lcdShowSoc": 60,
      "inv.acInVol": 118_000,
      "inv.inputWatts": 500,
      "pd.wattsOutSum": 400,
    }),
    onBattery: delta2({ "ems.lcdShowSoc": 60, "inv.acInVol": 0, "inv.acInFreq": 0, "pd.wattsOutSum": 155 }),
    idleOff: delta2({ "ems.lcdShowSoc": 60, "inv.acInVol": 0, "inv.acInFreq": 0, "pd.wattsOutSum": 0 }),
    byChoice: delta2({
      "ems.lcdShowSoc": 60,
      "inv.acInVol": 118_000,
      "inv.inputWatts": 0,
      "pd.wattsOutSum": 155,
    }),
    solar: delta2({ "ems.lcdShowSoc": 60, "inv.acInVol": 0, "pd.wattsOutSum": 139, "mppt.inWatts": 2_340 }),
  },
  {
    name: "River Pro of the first generation, JSON of the app",
    serial: "RIVER Pro",
    onMains: delta2({ "inv.invInVol": 232_000, "inv.inputWatts": 0, "pd.wattsOutSum": 0 }),
    withLoad: delta2({ "inv.invInVol": 232_000, "inv.inputWatts": 99, "pd.wattsOutSum": 98 }),
    onBattery: delta2({ "inv.invInVol": 0, "inv.inputWatts": 0, "pd.wattsOutSum": 98 }),
    idleOff: delta2({ "inv.invInVol": 0, "inv.inputWatts": 0, "pd.wattsOutSum": 0 }),
    byChoice: delta2({ "inv.invInVol": 232_000, "inv.inputWatts": 0, "pd.wattsOutSum": 98 }),
    solar: null,
  },
  {
    name: "Delta Pro Ultra, protobuf 2/x",
    serial: "Y711X",
    onMains: ultra({ in_ac_c20_pwr: 0, watts_out_sum: 0 }, { ac_in_freq: 60, in_ac_c20_vol: 240 }),
    withLoad: ultra({ in_ac_c20_pwr: 700, watts_out_sum: 690 }, { ac_in_freq: 60, in_ac_c20_vol: 240 }),
    onBattery: ultra(
      { in_ac_c20_pwr: 0, in_ac_5p8_pwr: 0, watts_out_sum: 690, out_ac_l1_1_pwr: 690 },
      { ac_in_freq: 0, in_ac_c20_vol: 0 },
    ),
    // Without a load only an input that had the mains before tells its loss.
    idleOff: [
      ...ultra({}, { ac_in_freq: 60, in_ac_c20_vol: 240 }),
      ...ultra({ in_ac_c20_pwr: 0, in_ac_5p8_pwr: 0, watts_out_sum: 0 }, { ac_in_freq: 0, in_ac_c20_vol: 0 }),
    ],
    byChoice: ultra({ in_ac_c20_pwr: 0, watts_out_sum: 690 }, { ac_in_freq: 60, in_ac_c20_vol: 240 }),
    solar: ultra(
      { in_ac_c20_pwr: 0, watts_out_sum: 690, out_ac_l1_1_pwr: 690, in_hv_mppt_pwr: 900 },
      { ac_in_freq: 0, in_ac_c20_vol: 0 },
    ),
  },
  {
    name: "Smart Home Panel 2, protobuf 12/x",
    serial: "HD31X",
    onMains: panel2(1, 0),
    withLoad: panel2(1, 400),
    onBattery: panel2(0, 0),
    idleOff: panel2(2, 0),
    byChoice: panel2(1, 0),
    solar: null,
  },
  {
    name: "Smart Home Panel 3, fields as JSON",
    serial: "Smart Home Panel 3",
    onMains: [encodeJson("app", { cms_batt_soc: 60, shp_grid_pwr: 0, "panel_backup_ch1_Info.ch_sta": 1 })],
    withLoad: [
      encodeJson("app", {
        cms_batt_soc: 60,
        shp_grid_pwr: 900,
        shp_load_pwr: 900,
        "panel_backup_ch1_Info.ch_sta": 1,
      }),
    ],
    onBattery: [
      encodeJson("app", {
        cms_batt_soc: 60,
        shp_grid_pwr: 0,
        shp_load_pwr: 900,
        "panel_backup_ch1_Info.ch_sta": 2,
      }),
    ],
    idleOff: [
      encodeJson("app", {
        cms_batt_soc: 60,
        shp_grid_pwr: 0,
        shp_load_pwr: 0,
        "panel_backup_ch1_Info.ch_sta": 2,
      }),
    ],
    byChoice: null,
    solar: null,
  },
];

const told = (serial: string, payloads: readonly Uint8Array[]) => {
  const station = new Told(serial);
  for (const bytes of payloads) station.bytes(bytes);
  return station;
};

describe.each(stories)("$name", ({ name, serial, onMains, withLoad, onBattery, idleOff }) => {
  it("mains idle and mains with load: present", () => {
    expect(told(serial, onMains).last).toMatchObject({ grid: "present", soc: 60, grid_connected: true });
    expect(told(serial, withLoad).last).toMatchObject({ grid: "present", carried_by: "grid" });
  });

  it("battery with load: lost after 4 s, not before, and the battery carries it", () => {
    const station = told(serial, onBattery).pass(3);
    expect(station.verdicts).not.toContain("lost");
    expect(station.pass(1).last).toMatchObject({
      grid: "lost",
      carried_by: "battery",
      grid_connected: false,
    });
  });

  it("battery idle: the sign is direct, so it is lost without any load", () => {
    // A panel may feed a Delta Pro, so without a load its input must have carried the mains before (E17).
    const before = name.startsWith("Delta Pro,") ? withLoad : [];
    expect(told(serial, [...before, ...idleOff]).pass(4).last?.grid).toBe("lost");
  });

  it("proof ages out: 330 s after the sign was last named it proves nothing", () => {
    const station = told(serial, onMains).pass(330);
    expect(station.last).toMatchObject({ grid: "present", quality: "held" });
    expect(station.pass(2).last).toMatchObject({ grid: "unknown", grid_last: "present" });
  });

  it("the mains comes back at once", () => {
    const station = told(serial, onBattery).pass(10);
    for (const bytes of withLoad) station.bytes(bytes);
    expect(station.last?.grid).toBe("present");
  });
});

it.each(stories.filter(({ byChoice }) => byChoice !== null))(
  "$name at its charge limit or by schedule: the plug is in, so it is present and the battery carries it",
  ({ serial, byChoice }) => {
    const station = told(serial, byChoice ?? []).pass(60);
    expect(station.last?.grid).toBe("present");
    expect(station.verdicts).not.toContain("lost");
  },
);

it.each(stories.filter(({ solar }) => solar !== null))(
  "$name on solar: the mains is lost and the sun carries the load",
  ({ serial, solar }) => {
    expect(told(serial, solar ?? []).pass(4).last).toMatchObject({ grid: "lost", carried_by: "solar" });
  },
);

describe("what tells nothing", () => {
  it("no watts are no loss: Delta Pro Ultra with an empty input and no word of its voltage", () => {
    const app = encodeMessageFrame(2, 1, { soc: 60, in_ac_c20_pwr: 0, in_ac_5p8_pwr: 0, watts_out_sum: 400 });
    expect(told("Y711X", [app]).pass(60).last).toMatchObject({ grid: "unknown", soc: 60, out_watts: 400 });
  });

  it("Delta 2 without its voltage: unknown, whatever the watts say", () => {
    expect(told("R331X", delta2({ "inv.inputWatts": 0, "pd.wattsOutSum": 200 })).pass(60).last?.grid).toBe(
      "unknown",
    );
  });

  it("STREAM has no rule, and a Smart Home Panel 1 that does not report its grid has no other sign: unknown", () => {
    const panel = encodeJson("app", { "heartbeat.backupBatPer": 70, "gridInfo.gridVol": 230 });
    expect(told("SP10X", [panel]).pass(10).last).toMatchObject({ grid: "unknown", soc: 70 });
    const stream = encodeJson("app", { cmsBattSoc: 55, powGetAcIn: 300 });
    expect(told("STREAM", [stream]).pass(10).last).toMatchObject({ grid: "unknown", soc: 55 });
  });

  it("PowerStream: a voltage at its grid side is present, none is unknown: it feeds nobody in an outage", () => {
    const heartbeat = (volts: number) =>
      encodeMessageFrame(20, 1, { bat_soc: 49, inv_op_volt: volts, bat_temp: 250 });
    expect(told("HW51X", [heartbeat(2344)]).last).toMatchObject({
      grid: "present",
      soc: 49,
      temp_celsius: 25,
    });
    expect(told("HW51X", [heartbeat(0)]).pass(60).last?.grid).toBe("unknown");
  });

  it("Delta Pro Ultra: a frequency of 0 without a word of the voltage is no loss", () => {
    const backend = encodeMessageFrame(2, 2, { ac_in_freq: 0 });
    expect(told("Y711X", [backend]).pass(60).last?.grid).toBe("unknown");
  });
});

describe("single words", () => {
  it("Delta 2: 40 V at an unplugged input are no mains", () => {
    expect(told("R331X", delta2({ "inv.acInVol": 40_000 })).pass(4).last?.grid).toBe("lost");
  });

  it("Delta 2: a negative remaining time is the runtime on battery, also without the sums", () => {
    expect(told("R331X", delta2({ "pd.remainTime": -132 })).last?.runtime_sec).toBe(7_920);
    expect(told("R331X", delta2({ "pd.remainTime": 65 })).last?.runtime_sec).toBeNull();
  });

  it("Delta Pro: the frequency alone proves the mains", () => {
    expect(told("DCEBX", delta2({ "inv.acInFreq": 60 })).last?.grid).toBe("present");
    expect(told("DCEBX", delta2({ "inv.acInFreq": 0 })).pass(10).last?.grid).toBe("unknown");
  });

  it("Delta 2 Max with two extra packs: each pack by its prefix, energy over all", () => {
    const full = { "bms_bmsStatus.fullCap": 40_000, "bms_slave_bmsSlaveStatus_1.fullCap": 40_000 };
    const socs = {
      "bms_bmsStatus.soc": 60,
      "bms_slave_bmsSlaveStatus_1.soc": 70,
      "bms_slave_bmsSlaveStatus_1.num": 1,
    };
    const { last } = told("R351X", delta2({ ...full, ...socs }));
    expect(last?.capacity_wh).toBe(4_096);
    expect(last?.modules?.map(({ num, soc }) => [num, soc])).toEqual([
      [0, 60],
      [1, 70],
    ]);
  });
});
