/** Stories of one station: what is null, what is a sample, what the filters hold back. */
import { describe, expect, it } from "vitest";
import { idle, onBattery, onMains, Told, wall } from "../../test/told.ts";
import { encodeFrame, encodePayload } from "../sim/encode.ts";
import { take } from "./station.ts";

describe("what was never reported", () => {
  it("is null: a frame with the grid alone has no state of charge (I1)", () => {
    const { last } = new Told().display({ pow_get_ac_in: 83 });
    expect(last).toMatchObject({
      grid: "present",
      soc: null,
      out_watts: null,
      modules: null,
      runtime_sec: null,
      faults: null,
    });
  });

  it("a first frame without grid is unknown, not present", () => {
    expect(new Told().battery({ num: 0, f32_show_soc: 50 }).last).toMatchObject({
      soc: 50,
      grid: "unknown",
      grid_connected: null,
    });
  });

  it.each([5939, 5999, 12_927, 143_999])("a parked remaining time of %i min is no runtime", (minutes) => {
    expect(new Told().display({ ...onBattery, cms_dsg_rem_time: minutes }).last?.runtime_sec).toBeNull();
  });

  it("thousands of minutes on mains are no runtime", () => {
    expect(new Told().display({ ...onMains, cms_dsg_rem_time: 4911 }).last?.runtime_sec).toBeNull();
  });
});

describe("values", () => {
  it("a delta changes what it names and nothing else", () => {
    const told = new Told()
      .display({ ...onMains, bms_max_cell_temp: 31 })
      .pass(1)
      .display({ pow_get_ac_in: 90 });
    expect(told.last).toMatchObject({ ac_in_watts: 90, out_watts: 83, temp_celsius: 31, soc: 60 });
  });

  it("packs are told apart by num and do not overwrite each other", () => {
    const pack = { full_cap: 12_800, cell_series_num: 7, soh: 99, cycles: 3 };
    const told = new Told()
      .battery({ num: 0, f32_show_soc: 65.5, output_watts: 30, ...pack })
      .battery({ num: 1, f32_show_soc: 63.5, output_watts: 0, ...pack, full_cap: 25_600 });
    expect(told.last?.modules).toEqual([
      { num: 0, soc: 65.5, temp_celsius: null, soh: 99, cycles: 3, in_watts: null, out_watts: 30 },
      { num: 1, soc: 63.5, temp_celsius: null, soh: 99, cycles: 3, in_watts: null, out_watts: 0 },
    ]);
    expect(told.last).toMatchObject({
      battery_watts: 30,
      capacity_wh: 860.2,
      capacity_basis: "measured",
      soc: 65.5,
    });
  });

  it("packs heard in any order stand in the order of their numbers, each with its own values", () => {
    const told = new Told();
    for (const num of [3, 0, 2]) told.battery({ num, f32_show_soc: 60 + num, cycles: num * 10 });
    told.display({ ...onMains, cms_batt_soc: 61 }).battery({ num: 2, f32_show_soc: 50 });
    expect(told.last?.modules).toMatchObject([
      { num: 0, soc: 60, cycles: 0 },
      { num: 2, soc: 50, cycles: 20 },
      { num: 3, soc: 63, cycles: 30 },
    ]);
    expect(told.last).toMatchObject({ soc: 61, grid: "present" });
  });

  it("a pack number that stands twice in a heartbeat is the last one, and one that cannot be gives no pack", () => {
    const heartbeat = (...nums: number[]) => {
      const pdata = [...nums.flatMap((num) => [0x08, num]), 0x30, 60];
      const header = [0x0a, pdata.length, ...pdata, 0x40, 32, 0x48, 50];
      return Uint8Array.from([0x0a, header.length, ...header]);
    };
    expect(new Told().bytes(heartbeat(1, 2)).last?.modules).toMatchObject([{ num: 2, soc: 60 }]);
    expect(new Told().bytes(heartbeat(1, 99)).last).toBeNull();
  });

  it("as long as a pack is missing the capacity is not measured", () => {
    const pack = { num: 0, full_cap: 12_800, cell_series_num: 7 };
    const system = encodeFrame("CMSHeartBeatReport", { v1p0: { max_available_num: 2 } }, { src: 3, seq: 4 });
    const told = new Told().battery(pack).bytes(system);
    expect(told.last).toMatchObject({ capacity_wh: 286, capacity_basis: "model" });
    expect(told.battery({ ...pack, num: 1 }).last).toMatchObject({
      capacity_wh: 573.4,
      capacity_basis: "measured",
    });
  });

  it("the model's capacity stands in, and says so", () => {
    expect(new Told("R631X").display(onMains).last).toMatchObject({
      capacity_wh: 286,
      capacity_basis: "model",
      rated_watts: 600,
    });
  });

  it("an error code that is not 0 is a fault by its name", () => {
    const told = new Told().display({ errcode: 0, bms_err_code: 7 }).battery({ num: 1, bms_fault: 4 });
    expect(told.last?.faults).toEqual(["bms_err_code 7", "pack 1 bms_fault 4"]);
  });
});

describe("samples, age and silence (R18, S7)", () => {
  it("the same bytes again are no sample, through whichever source", () => {
    const bytes = encodeFrame("DisplayPropertyUpload", onMains, { seq: 1, masked: true });
    const told = new Told().bytes(bytes).pass(5).bytes(bytes).bytes(bytes, "ecoflow-app");
    expect(told.memory.samples).toBe(1);
  });

  it("a reply alone is no sample; a push within 30 s makes it one, later it does not", () => {
    const reply = (seq: number) =>
      encodePayload([{ message: "DisplayPropertyUpload", fields: onMains, header: { seq, push: false } }]);
    const early = new Told().bytes(reply(1)).pass(30).display({ pow_get_ac_in: 80 });
    expect(early.last).toMatchObject({ samples: 2, quality: "live" });
    const late = new Told().bytes(reply(1));
    expect(late.last).toMatchObject({ samples: 0, sample_age_ms: null, quality: "held" });
    expect(late.pass(31).display({ pow_get_ac_in: 80 }).last?.samples).toBe(1);
  });

  it("replies end no silence, and do not hide a live stream (S7)", () => {
    const reply = (seq: number) =>
      encodePayload([{ message: "DisplayPropertyUpload", fields: onMains, header: { seq, push: false } }]);
    const silent = new Told().display(onBattery).pass(100);
    for (let seq = 1; seq < 6; seq++) silent.bytes(reply(seq)).pass(31);
    expect(silent.last).toMatchObject({ quality: "held", samples: 1 });
    const alive = new Told().display(onMains).pass(10).bytes(reply(1));
    expect(alive.last?.quality).toBe("live");
  });

  it("the Internet's return in an outage: the old 'present' of a cache falls with the first heartbeat", () => {
    const told = new Told().display(onBattery).pass(300);
    const cached = encodePayload([
      { message: "DisplayPropertyUpload", fields: onMains, header: { seq: 1, push: false } },
    ]);
    told.bytes(cached).pass(2).battery({ num: 0, output_watts: 80, chg_dsg_state: 1 });
    expect(told.last?.grid).not.toBe("present");
  });

  it("a lone battery heartbeat is a sample, also without the mark of a push", () => {
    const bytes = encodeFrame("BMSHeartBeatReport", { num: 0, soc: 50 }, { src: 3, push: false });
    expect(new Told().bytes(bytes).memory.samples).toBe(1);
  });

  it("a slow publisher is silent after three usual gaps, at most 900 s", () => {
    const told = new Told().display(onMains);
    for (let i = 0; i < 5; i++) told.pass(61).display({ pow_get_ac_in: 80 + i });
    expect(told.pass(150).last?.quality).toBe("live");
    expect(told.pass(40).last?.quality).toBe("held");
    const slow = new Told(null);
    for (let i = 0; i < 4; i++) slow.foreign({ soc: 80 }).pass(600);
    expect(slow.pass(299).last?.quality).toBe("live");
    expect(slow.pass(1).last?.quality).toBe("held");
  });

  it("silence: held after 60 s, and the age goes on", () => {
    const told = new Told().display(onMains).pass(59);
    expect(told.last?.quality).toBe("live");
    told.pass(1);
    expect(told.last).toMatchObject({ quality: "held", sample_age_ms: 60_000 });
  });

  it("silence does not change who carried the load at the last good sample (S2)", () => {
    const told = new Told().display(onBattery).pass(600);
    expect(told.last).toMatchObject({
      grid: "unknown",
      grid_last: "lost",
      carried_by: "battery",
      quality: "held",
    });
  });

  it("a tick before it matters answers nothing", () => {
    const told = new Told().display(idle);
    expect(told.memory.wakeAt).toBeGreaterThan(told.at);
    expect(take(told.memory, { kind: "tick", at: told.memory.wakeAt - 1, wall }).reading).toBeNull();
  });
});

describe("the filters in the station (I3, S18)", () => {
  it("one bad zero is not believed, and holds back nothing else", () => {
    const told = new Told()
      .display({ ...onMains, cms_batt_soc: 80 })
      .pass(30)
      .display({ ...onBattery, cms_batt_soc: 0 })
      .pass(5);
    expect(told.last).toMatchObject({ soc: 80, grid: "lost", out_watts: 80 });
    expect(told.display({ cms_batt_soc: 80 }).last?.soc).toBe(80);
  });

  it("a real step is believed with the third sample, 10 s after the first", () => {
    const told = new Told().display({ ...onMains, cms_batt_soc: 80 });
    told.pass(5).display({ cms_batt_soc: 40 }).pass(5).display({ cms_batt_soc: 40 });
    expect(told.last?.soc).toBe(80);
    expect(told.pass(5).display({ cms_batt_soc: 40 }).last?.soc).toBe(40);
  });

  it("frames that do not name the state of charge confirm no bad one", () => {
    const told = new Told()
      .display({ ...onMains, cms_batt_soc: 80 })
      .pass(5)
      .display({ cms_batt_soc: 0 });
    for (let i = 0; i < 10; i++) told.pass(5).display({ pow_get_ac_in: 80 + i });
    expect(told.last?.soc).toBe(80);
  });

  it("a state of charge that does not move under load is frozen: silent from its last change (S18)", () => {
    const told = new Told().display({ ...onBattery, cms_batt_soc: 84 });
    const heard = (watts: number) =>
      told
        .pass(10)
        .battery({ num: 0, output_watts: watts, chg_dsg_state: 1 })
        .display({ ...onBattery, cms_batt_soc: 84, pow_out_sum_w: watts });
    for (let i = 0; i < 24; i++) heard(120 + (i % 2));
    expect(told.last?.quality).toBe("live");
    const { samples } = told.memory;
    for (let i = 0; i < 6; i++) heard(120 + (i % 2));
    expect(told.last).toMatchObject({ quality: "held" });
    expect(told.memory.samples).toBeLessThanOrEqual(samples + 6);
    expect(told.last?.sample_age_ms).toBeGreaterThan(240_000);
    expect(told.display({ cms_batt_soc: 83 }).last?.quality).toBe("live");
  });
});

describe("foreign bytes", () => {
  it("the app's own frames (src 32) are never masked, whatever enc_type says", () => {
    // 54 pow_get_ac_in 88.5 W in plain; src 32, enc_type 1, 254/21, seq 5.
    const hex = "0a130a06b5030000b1421020300140fe0148157005";
    expect(new Told().bytes(new Uint8Array(Buffer.from(hex, "hex"))).last?.ac_in_watts).toBe(88.5);
  });

  it.each([
    ["nothing", ""],
    ["a random byte", "ff"],
    ["a truncated frame", "0a1b0a061fa9aaaa1be81002"],
    ["JSON", Buffer.from('{"a":1}').toString("hex")],
    ["a header whose data_len lies", "0a110a06b5030000b142100240fe0148155005"],
  ])("%s: no reading, one sentence", (_, hex) => {
    const told = new Told().bytes(new Uint8Array(Buffer.from(hex, "hex")));
    expect(told.last).toBeNull();
    expect(told.problems).toHaveLength(1);
  });

  it("a masked frame read with the wrong key gives no reading", () => {
    const right = encodeFrame("DisplayPropertyUpload", onBattery, { seq: 0x41, masked: true });
    for (let key = 0; key < 256; key++) {
      if (key === 0x41) continue;
      const seqAt = right.lastIndexOf(0x70) + 1;
      const wrong = Uint8Array.from(right);
      if (key > 0x7f) continue;
      wrong[seqAt] = key;
      const told = new Told().bytes(wrong);
      expect(told.last, `key ${key}`).toBeNull();
    }
  });

  it("an alternator charger's frames about itself give no reading, and that is the reason given", () => {
    const told = new Told().bytes(encodeFrame("DisplayPropertyUpload", { cms_batt_soc: 50 }, { src: 20 }));
    expect(told.last).toBeNull();
    expect(told.problems).toEqual(["the alternator charger speaks of itself, not of the station"]);
  });
});
