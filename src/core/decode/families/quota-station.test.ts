/** Figures of the JSON stations that are not what their key says: parked, negative, of another unit or another moment. */
import { describe, expect, it } from "vitest";
import { Told } from "../../../../test/told.ts";
import { encodeJson } from "../../../sim/encode-json.ts";

const app = (fields: Record<string, number>) => encodeJson("app", { "pd.soc": 60, ...fields });
const told = (serial: string, bytes: Uint8Array) => new Told(serial).bytes(bytes);

describe("minutes left", () => {
  const battery = { "pd.wattsInSum": 0, "pd.wattsOutSum": 100 };
  const left = (serial: string, fields: Record<string, number>) =>
    told(serial, app({ ...battery, ...fields })).last?.runtime_sec;

  it("Delta 2: a parked figure leaves the word to the other", () => {
    expect(left("R331X", { "pd.remainTime": -5_999, "bms_emsStatus.dsgRemainTime": 120 })).toBe(7_200);
    expect(left("R331X", { "pd.remainTime": -132, "bms_emsStatus.dsgRemainTime": 5_999 })).toBe(7_920);
  });

  it("Delta Pro: likewise, and the sign of the second does not matter while it discharges", () => {
    expect(left("DCEBX", { "ems.dsgRemainTime": 143_999, "pd.remainTime": 90 })).toBe(5_400);
    expect(left("DCEBX", { "ems.dsgRemainTime": 80, "pd.remainTime": 90 })).toBe(4_800);
    expect(left("DCEBX", { "pd.remainTime": -90 })).toBe(5_400);
  });

  it("River of the first generation: with either sign", () => {
    expect(left("RIVER Pro", { "pd.remainTime": 370 })).toBe(22_200);
    expect(left("RIVER Pro", { "pd.remainTime": -370 })).toBe(22_200);
    expect(left("RIVER Pro", { "pd.remainTime": 5_999 })).toBeNull();
  });

  it.each(["R331X", "DCEBX", "RIVER Pro"])("%s: 0 and -1 minutes far from empty are not told", (serial) => {
    const zero = { "pd.remainTime": 0, "bms_emsStatus.dsgRemainTime": 0, "ems.dsgRemainTime": 0 };
    expect(left(serial, zero)).toBeNull();
    expect(left(serial, { ...zero, "pd.remainTime": -1 })).toBeNull();
  });

  it.each(["RIVER Pro", "DCEBX"])(
    "%s: the time to full that was told before the mains fell is no runtime",
    (serial) => {
      const station = told(serial, app({ "pd.wattsInSum": 300, "pd.wattsOutSum": 90, "pd.remainTime": 5 }));
      station.pass(5).bytes(encodeJson("app", battery));
      expect(station.last?.runtime_sec).toBeNull();
      station.pass(2).bytes(encodeJson("app", { "pd.remainTime": 240 }));
      expect(station.last?.runtime_sec).toBe(14_400);
      station.pass(2).bytes(encodeJson("app", { "pd.wattsOutSum": 95 }));
      expect(station.last?.runtime_sec).toBe(14_400);
    },
  );
});

describe("figures that cannot be", () => {
  it.each([
    ["R331X", "mppt.acStandbyMins"],
    ["DCEBX", "inv.cfgStandbyMin"],
    ["RIVER Pro", "inv.cfgStandbyMin"],
  ])("%s: watts and minutes below 0 are not told", (serial, standby) => {
    const watts = { "inv.inputWatts": -3, "inv.outputWatts": -8, "pd.wattsOutSum": -50, "pd.wattsInSum": -1 };
    const { last } = told(serial, app({ ...watts, "mppt.inWatts": -4, [standby]: -1 }));
    expect(last).toMatchObject({ ac_in_watts: null, ac_out_watts: null, in_watts: null, out_watts: null });
    expect(last).toMatchObject({ solar_watts: null, ac_standby_min: null, charging: null });
  });

  it("a current that no battery gives is no power", () => {
    const absurd = { "bms_bmsStatus.amp": -4_294_967_295, "bms_bmsStatus.vol": 9_000_000 };
    expect(told("R331X", app(absurd)).last?.battery_watts).toBeNull();
    expect(told("R331X", app({ ...absurd, "bms_bmsStatus.outputWatts": 70 })).last?.battery_watts).toBe(70);
  });

  it("River 2 Max tells its pack in volts and amperes, the others in thousandths", () => {
    const pack = (vol: number, amp: number) => ({ "bms_bmsStatus.vol": vol, "bms_bmsStatus.amp": amp });
    expect(told("R611X", app(pack(26, -4))).last?.battery_watts).toBe(104);
    expect(told("R331X", app(pack(51_898, -7_680))).last?.battery_watts).toBe(398.6);
  });
});

it.each([2 ** 31, 2 ** 32 - 1, 0x70_82_03_00, -1, 1e300])(
  "a voltage of %d is neither a loss nor the mains: only a River mini writes other bits",
  (acInVol) => {
    for (const serial of ["R331X", "DCEBX"]) {
      expect(told(serial, app({ "inv.acInVol": acInVol })).pass(5).last?.grid).toBe("unknown");
    }
  },
);

describe("switches and faults", () => {
  it("River 2: the output's switch stands beside one that it does not have", () => {
    const switched = { "inv.cfgAcEnabled": 255, "mppt.cfgAcEnabled": 0 };
    expect(told("R611X", app(switched)).last?.ac_out_on).toBe(false);
    expect(told("R611X", app({ "mppt.cfgAcEnabled": 1 })).last?.ac_out_on).toBe(true);
    expect(told("R611X", app({ "inv.cfgAcEnabled": 255 })).last?.ac_out_on).toBeNull();
  });

  it("an extra pack's fault is a fault", () => {
    const faults = { "bms_bmsStatus.bmsFault": 0, "bms_slave_bmsSlaveStatus_2.bmsFault": 4 };
    expect(told("R351X", app(faults)).last?.faults).toEqual(["bms_slave_bmsSlaveStatus_2.bmsFault 4"]);
    expect(told("DCEBX", app({ "bmsSlave1.errCode": 3 })).last?.faults).toEqual(["bmsSlave1.errCode 3"]);
    expect(told("RIVER Pro", app({ "bmsSlave1.errCode": 0 })).last?.faults).toEqual([]);
  });
});

describe("a float that a firmware leaves at 0", () => {
  it.each([
    ["R331X", "bms_emsStatus.f32LcdShowSoc", "bms_emsStatus.lcdShowSoc"],
    ["DCEBX", "ems.f32LcdShowSoc", "ems.lcdShowSoc"],
    ["R331X", "bms_bmsStatus.f32ShowSoc", "bms_bmsStatus.soc"],
    ["DCEBX", "bmsMaster.f32ShowSoc", "bmsMaster.soc"],
  ])("%s: %s is no charge while %s says more", (serial, float, whole) => {
    const bytes = (fields: Record<string, number>) => encodeJson("app", fields);
    const { last } = told(serial, bytes({ [float]: 0, [whole]: 85 }));
    expect(last?.soc).toBe(85);
    const pack = last?.modules?.[0];
    if (pack !== undefined) expect(pack.soc).toBe(85);
    expect(told(serial, bytes({ [float]: 0.4, [whole]: 1 })).last?.soc).toBe(0.4);
    const later = told(serial, bytes({ [whole]: 1 }))
      .pass(60)
      .bytes(bytes({ [float]: 0 }));
    expect(later.last?.soc).toBe(0);
    expect(told(serial, bytes({ [float]: 0, [whole]: 0 })).last?.soc).toBe(0);
  });
});

describe("the charge over all packs, and the main pack's", () => {
  const one = (serial: string, ems: string, main: string, extra: string) => {
    const bytes = (fields: Record<string, number>) => encodeJson("app", fields);
    return new Told(serial).bytes(bytes({ [ems]: 84.6, [main]: 90, [extra]: 81, "pd.soc": 90 }));
  };
  const kinds = [
    ["R351X", "bms_emsStatus.f32LcdShowSoc", "bms_bmsStatus.soc", "bms_slave_bmsSlaveStatus_1.soc"],
    ["DCEBX", "ems.f32LcdShowSoc", "bmsMaster.soc", "bmsSlave1.soc"],
  ] as const;

  it.each(kinds)("%s: `pd.soc` is the main pack's, however often it comes", (...kind) => {
    const station = one(...kind);
    for (let i = 0; i < 60; i++) station.pass(3).bytes(encodeJson("app", { "pd.soc": 90, "pd.n": i }));
    expect(station.last?.soc).toBe(84.6);
  });

  it.each(kinds)(
    "%s: with extra packs it says more than all together for half an hour in vain",
    (...kind) => {
      const station = one(...kind);
      const main = (soc: number) => encodeJson("app", { [kind[2]]: soc, "pd.n": station.at });
      for (let i = 0; i < 5; i++) station.pass(340).bytes(main(90));
      expect(station.last?.soc).toBe(84.6);
      for (let i = 0; i < 5; i++) station.pass(30).bytes(main(90));
      expect(station.last?.soc).toBe(90);
    },
  );

  it.each(kinds)("%s: what it says less is believed when the sum is not renewed", (...kind) => {
    const station = one(...kind).pass(340);
    expect(station.bytes(encodeJson("app", { [kind[2]]: 80 })).last?.soc).toBe(80);
  });

  it("a station without extra packs has no other charge than its main pack's", () => {
    const station = told("R331X", encodeJson("app", { "bms_emsStatus.lcdShowSoc": 50 }));
    expect(station.pass(340).bytes(encodeJson("app", { "pd.soc": 55 })).last?.soc).toBe(55);
  });
});

describe("what carries the load while the mains is not known", () => {
  it.each(["R331X", "DCEBX", "RIVER Pro"])(
    "%s: nothing comes in and something goes out: the battery",
    (serial) => {
      const drain = { "pd.wattsInSum": 0, "pd.wattsOutSum": 60 };
      const station = told(serial, app(drain));
      expect(station.last).toMatchObject({ grid: "unknown", carried_by: "battery" });
      expect(told(serial, app({ ...drain, "pd.wattsInSum": 60 })).last?.carried_by).toBeNull();
      expect(told(serial, app({ "pd.wattsOutSum": 60 })).last?.carried_by).toBeNull();
      expect(told(serial, app({ ...drain, "pd.wattsOutSum": 3 })).last?.carried_by).toBeNull();
      // Figures that nobody renewed tell nothing of the moment.
      const later = station.pass(331).bytes(app({ "pd.errCode": 0 }));
      expect(later.last?.carried_by).toBeNull();
    },
  );
});

describe("a firmware that never tells its voltage (S16)", () => {
  const day = (fields: Record<string, number>, serial = "R331X") => {
    const station = told(serial, app(fields));
    for (let hour = 0; hour < 25; hour++) {
      station.at += 3_600_000;
      station.bytes(app({ "pd.errCode": hour, "pd.wattsOutSum": 80 }));
    }
    return station.problems;
  };

  it.each(["R331X", "DCEBX", "RIVER Pro"])("%s: one complaint after a day with load", (serial) => {
    expect(day({}, serial)).toEqual(["does-not-tell"]);
  });

  it.each([0, 230_000])("a voltage of %d that was told is a word, however long ago", (acInVol) => {
    expect(day({ "inv.acInVol": acInVol })).toEqual([]);
  });
});

it("Delta Pro: no voltage beside a frequency is neither a loss nor the mains; the battery's work is seen", () => {
  const fields = { "inv.acInVol": 0, "inv.acInFreq": 50, "pd.wattsInSum": 0, "pd.wattsOutSum": 100 };
  const station = told("DCEBX", app(fields)).pass(10);
  expect(station.last).toMatchObject({ grid: "unknown", carried_by: "battery" });
  expect(station.bytes(app({ "inv.acInFreq": 0 })).pass(4).last?.grid).toBe("lost");
});

it("River Max: one of two voltages may be a field that it leaves at 0", () => {
  const volts = (inv: number, ac: number) =>
    told("RIVER Max", app({ "inv.invInVol": inv, "inv.acInVol": ac })).pass(4).last?.grid;
  expect([volts(0, 230_000), volts(230_000, 0), volts(0, 0)]).toEqual(["present", "present", "lost"]);
});

it("an extra pack of 0 volts is none", () => {
  const ghost = { "bms_bmsStatus.soc": 60, "bms_slave.soc": 0, "bms_slave.vol": 0 };
  expect(told("R331X", app(ghost)).last?.modules).toHaveLength(1);
  expect(told("R331X", app({ ...ghost, "bms_slave.vol": 48_000 })).last?.modules).toHaveLength(2);
});
