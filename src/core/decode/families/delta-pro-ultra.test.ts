/** A Delta Pro Ultra's AC input and its power I/O port, which may hang on a panel with mains of its own: who feeds whom. */
import { describe, expect, it } from "vitest";
import { Told } from "../../../../test/told.ts";
import type { Fields } from "../../../sim/encode.ts";
import { encodeMessageFrame } from "../../../sim/encode-json.ts";

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const app = (fields: Fields) => encodeMessageFrame(2, 1, fields);
const inner = (fields: Fields) => encodeMessageFrame(2, 2, fields);
const packs = (...infos: Fields[]) => encodeMessageFrame(2, 4, { bp_info: infos });

const idle: Fields = {
  soc: 80,
  watts_in_sum: 0,
  watts_out_sum: 0,
  out_ac_l1_1_pwr: 0,
  out_ac_5p8_pwr: 0,
  in_ac_5p8_pwr: 0,
  in_ac_c20_pwr: 0,
};
const fed: Fields = { ...idle, in_ac_c20_pwr: 400, watts_in_sum: 400 };
const nothingThere = inner({ ac_in_freq: 0, in_ac_c20_vol: 0 });

describe("an AC input without frequency and voltage", () => {
  it("of a unit that nobody ever saw on mains is no loss: a panel may feed it through the other port", () => {
    const told = new Told("Y711X").bytes(app(idle)).bytes(nothingThere).pass(10);
    expect(told.verdicts).not.toContain("lost");
    const feeds = { ...idle, watts_out_sum: 900, out_ac_5p8_pwr: 900 };
    expect(told.bytes(app(feeds)).pass(10).verdicts).not.toContain("lost");
  });

  it("is a loss with a load at its own sockets", () => {
    const loaded = { ...idle, watts_out_sum: 300, out_ac_l1_1_pwr: 300 };
    expect(new Told("Y711X").bytes(app(loaded)).bytes(nothingThere).pass(4).last).toMatchObject({
      grid: "lost",
      carried_by: "battery",
    });
  });

  it("is a loss where the mains was seen, also without a load", () => {
    const told = new Told("Y711X").bytes(app(fed)).pass(5).bytes(app(idle)).bytes(nothingThere).pass(4);
    expect(told.last).toMatchObject({ grid: "lost", carried_by: "none" });
  });

  it("is newer than watts whose end was not heard of", () => {
    const told = new Told("Y711X").bytes(app({ ...fed, watts_out_sum: 300, out_ac_l1_1_pwr: 300 })).pass(30);
    expect(told.bytes(nothingThere).pass(4).last?.grid).toBe("lost");
    expect(told.bytes(app({ in_ac_c20_pwr: 410 })).last?.grid).toBe("present");
  });

  it("says nothing of watts at the other port", () => {
    const through = { ...idle, in_ac_5p8_pwr: 500, watts_out_sum: 300, out_ac_l1_1_pwr: 300 };
    const told = new Told("Y711X").bytes(app(through)).pass(30).bytes(nothingThere).pass(10);
    expect(told.last).toMatchObject({ grid: "present", grid_basis: "ac-input-watts" });
  });
});

describe("a discharge", () => {
  it("carries the load also while nobody told of the AC input", () => {
    const told = new Told("Y711X").bytes(app({ ...idle, watts_out_sum: 300 })).pass(5);
    expect(told.last).toMatchObject({ grid: "unknown", carried_by: "battery" });
    expect(told.bytes(app({ watts_in_sum: 300, in_hv_mppt_pwr: 300 })).last?.carried_by).toBeNull();
  });
});

describe("its runtime", () => {
  it("is not 0 minutes: those are not told", () => {
    const loaded = { ...idle, watts_out_sum: 300 };
    expect(new Told("Y711X").bytes(app({ ...loaded, remain_time: 90 })).last?.runtime_sec).toBe(5_400);
    expect(new Told("Y711X").bytes(app({ ...loaded, remain_time: 0 })).last?.runtime_sec).toBeNull();
    const panel = (minutes: number) => [
      encodeMessageFrame(12, 32, { master_incre_info: { grid_sta: 0 } }),
      encodeMessageFrame(12, 1, { backup_info: { backup_discharge_time: minutes } }),
    ];
    const runtimes = [90, 0].map((minutes) => {
      const told = new Told("HD31X");
      for (const bytes of panel(minutes)) told.bytes(bytes);
      return told.last?.runtime_sec;
    });
    expect(runtimes).toEqual([5_400, null]);
  });
});

describe("its packs in an HTTP answer", () => {
  const named = {
    "hs_yj751_pd_appshow_addr.soc": "72",
    "hs_yj751_bms_slave_addr.1.soc": 71,
    "hs_yj751_bms_slave_addr.1.temp": 28,
    "hs_yj751_bms_slave_addr.1.soh": 99,
    "hs_yj751_bms_slave_addr.1.cycles": 41,
    "hs_yj751_bms_slave_addr.1.inputWatts": 0,
    "hs_yj751_bms_slave_addr.1.outputWatts": 350,
    "hs_yj751_bms_slave_addr.1.ptcTemp": [27, 29, 28, 27],
    "hs_yj751_bms_slave_addr.2.soc": "73",
    "hs_yj751_bms_slave_addr.2.temp": 31,
  };

  it("are its modules; what they hold it does not say for certain, so the model's stands in", () => {
    const told = new Told("Y711X").bytes(bytesOf({ code: "0", data: named }));
    expect(told.last).toMatchObject({
      soc: 72,
      temp_celsius: 31,
      capacity_wh: 6_144,
      capacity_basis: "model",
      modules: [
        { num: 1, soc: 71, temp_celsius: 28, soh: 99, cycles: 41, in_watts: 0, out_watts: 350 },
        { num: 2, soc: 73, temp_celsius: 31, soh: null, cycles: null, in_watts: null, out_watts: null },
      ],
    });
  });

  it("stand behind the packs' own report, which says which there are", () => {
    const told = new Told("Y711X").bytes(bytesOf({ code: "0", data: named })).pass(5);
    const own = { bp_no: 1, bp_soc: 70, bp_energy: 6_144, bp_pwr: -340, bp_temp: 29 };
    expect(told.bytes(packs(own)).last).toMatchObject({
      capacity_basis: "measured",
      modules: [{ num: 1, soc: 70, temp_celsius: 29, soh: 99, cycles: 41, out_watts: 340 }],
    });
    expect(told.last?.modules).toHaveLength(1);
  });
});

describe("its packs", () => {
  it("one that was taken off counts no longer", () => {
    const one = { bp_no: 1, bp_soc: 80, bp_energy: 6_144 };
    const told = new Told("Y711X").bytes(packs(one, { ...one, bp_no: 2 }));
    expect(told.last).toMatchObject({ capacity_wh: 12_288, modules: [{ num: 1 }, { num: 2 }] });
    expect(told.pass(400).bytes(packs(one)).last).toMatchObject({
      capacity_wh: 6_144,
      modules: [{ num: 1 }],
    });
  });
});
