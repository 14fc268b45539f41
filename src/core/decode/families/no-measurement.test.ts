/** Numbers that look like a measurement and are none: of other bytes, of a timeout that is not set, of a battery that is not there. */
import { describe, expect, it } from "vitest";
import { Told } from "../../../../test/told.ts";
import { encodeJson, encodeMessageFrame } from "../../../sim/encode-json.ts";
import { takeNamed } from "../by-name.ts";
import { createDevice } from "../device.ts";
import { quota } from "../fields/quota.ts";
import { keyOf } from "./quota-station.ts";

const told = (serial: string, fields: Record<string, number>) =>
  new Told(serial).bytes(encodeJson("app", { "pd.soc": 50, ...fields })).last;

describe("River mini: of its two ways to write, the one that is a measurement", () => {
  const volts = (word: number) => {
    const device = createDevice();
    takeNamed(device, quota, { "inv.invInVol": word }, 1);
    return keyOf(device, "inv.invInVol");
  };
  it.each([
    [0x3a_d1_01_00, 119_098],
    [0x70_82_03_00, 230_000],
    // The bits of 232 000.0 and of 118 500.0.
    [0x48_62_90_00, 232_000],
    [0x47_e7_72_00, 118_500],
    // 0.0016 as a float and beyond all volts the other way round: neither.
    [0x3a_d1_01_7f, null],
  ])("%d is %d", (word, millivolts) => expect(volts(word)).toBe(millivolts));
});

it("River mini: 65535 is no minutes", () => {
  const left = (minutes: number) => told("RIVER mini", { "inv.cfgStandbyMin": minutes })?.ac_standby_min;
  expect([65_535, 0, 720].map(left)).toEqual([null, 0, 720]);
});

it("Delta 2 Max tells its AC timeout under a name of its own; a Delta 2's goes before what its inverter says", () => {
  const minutes = (fields: Record<string, number>) => told("DELTA 2 Max", fields)?.ac_standby_min;
  expect(minutes({ "inv.standbyMin": 720 })).toBe(720);
  expect(minutes({ "inv.standbyMin": 720, "mppt.acStandbyMins": 0 })).toBe(0);
  // A Delta 2's inverter says 720 where its setting is 0 (captured): that is no setting.
  expect(minutes({ "inv.standbyMins": 720 })).toBeNull();
});

describe("PowerStream: a charge of 0", () => {
  const soc = (fields: Record<string, number>) =>
    new Told("HW51X").bytes(encodeMessageFrame(20, 1, { inv_op_volt: 2_300, ...fields })).last?.soc;
  const none = { bat_soc: 0, bat_input_volt: 4 };

  it("is none where no battery is connected", () => {
    expect([soc(none), soc({ ...none, bp_type: 0 })]).toEqual([null, null]);
  });

  it("is one of a battery that is empty", () => {
    expect(soc({ ...none, bat_input_volt: 400 })).toBe(0);
    expect(soc({ bat_soc: 0 })).toBe(0);
  });

  it("is one of a battery that still says its kind, or some charge, while its contacts are open", () => {
    expect(soc({ ...none, bp_type: 2 })).toBe(0);
    expect(soc({ ...none, bat_soc: 3 })).toBe(3);
  });

  it("and a voltage from before it says nothing of it", () => {
    const later = new Told("HW51X").bytes(
      encodeMessageFrame(20, 1, { bat_input_volt: 4, inv_op_volt: 2_300 }),
    );
    expect(later.pass(5).bytes(encodeMessageFrame(20, 1, { bat_soc: 0 })).last?.soc).toBe(0);
  });
});
