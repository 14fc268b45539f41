/** Stories of a River 3 in its own frames: what looks like an outage and is none, and the other way round. */
import { describe, expect, it } from "vitest";
import { encodeFrame, type Fields } from "../../src/sim/encode.ts";
import { Agent } from "../agent.ts";
import { House } from "../house.ts";

const serial = "R631EMULATED0001";

/** A River 3 Plus on mains, without load, as its display message tells it. */
const idle = {
  cms_batt_soc: 85,
  cms_max_chg_soc: 100,
  cms_min_dsg_soc: 10,
  pow_in_sum_w: 0,
  pow_out_sum_w: 0,
  pow_get_ac_in: 0,
  pow_get_ac_out: 0,
  pow_get_pv: 0,
  cms_chg_dsg_state: 0,
  plug_in_info_ac_in_flag: 0,
  flow_info_ac_in: 0,
};
const onMains = { pow_in_sum_w: 60, pow_out_sum_w: 60, pow_get_ac_in: 60, pow_get_ac_out: -60 };
const discharging = {
  pow_in_sum_w: 0,
  pow_out_sum_w: 60,
  pow_get_ac_in: 0,
  pow_get_ac_out: -60,
  cms_chg_dsg_state: 1,
};

/** Sends the display message every 5 s; what is written into the answer is sent from then on. */
function river3(house: House, first: Fields = {}) {
  const fields: Record<string, number> = { ...idle, ...(first as Record<string, number>) };
  let seq = 1_000;
  house.each(5, () => {
    seq += 1;
    house.frame(
      serial,
      encodeFrame("DisplayPropertyUpload", fields, { seq, masked: true, productId: 68 << 8 }),
    );
  });
  return fields;
}

const house = (socPercent: number) =>
  House.open({
    stations: { Study: { serial, dischargeLimitPercent: 10 } },
    machines: { pc: { socPercent } },
  });

describe("a River 3", () => {
  it("above its charge limit (S12): the discharge is by setting, and starts no trigger", async () => {
    const home = await house(90);
    const study = river3(home, { cms_max_chg_soc: 80, ...onMains });
    new Agent(home, "pc");
    await home.pass(60);
    Object.assign(study, discharging);
    await home.pass(1_200);
    expect(home.reading("Study")).toMatchObject({ grid: "unknown", grid_basis: "by-setting", soc: 85 });
    expect(home.commands()).toEqual([]);
  });

  it("below its charge limit again, and still discharging (S12): now it is an outage", async () => {
    const home = await house(90);
    const study = river3(home, { cms_max_chg_soc: 80, cms_batt_soc: 81, ...onMains });
    new Agent(home, "pc");
    await home.pass(60);
    Object.assign(study, discharging);
    await home.pass(300);
    expect(home.commands()).toEqual([]);
    for (const soc of [80, 79, 78]) {
      study["cms_batt_soc"] = soc;
      await home.pass(60);
    }
    expect(home.reading("Study")?.grid).toBe("lost");
    await home.pass(200);
    expect(home.commands().some(({ action }) => action === "shutdown")).toBe(true);
  });

  it("by setting still does not go below the hard floor (S2)", async () => {
    const home = await house(15);
    const study = river3(home, { cms_max_chg_soc: 12, cms_batt_soc: 14, ...onMains });
    new Agent(home, "pc");
    await home.pass(60);
    Object.assign(study, discharging, { pow_out_sum_w: 200, pow_get_ac_out: -200 });
    await home.pass(60);
    expect(home.reading("Study")?.grid_basis).toBe("by-setting");
    expect(home.commands().some(({ action }) => action === "shutdown")).toBe(true);
  });

  it("that the sun carries (S14): unknown, no trigger; silent after that, it is not up", async () => {
    const home = await house(90);
    const study = river3(home, onMains);
    new Agent(home, "pc");
    await home.pass(60);
    Object.assign(study, { pow_in_sum_w: 70, pow_get_ac_in: 0, pow_get_pv: 70, cms_chg_dsg_state: 2 });
    await home.pass(180);
    expect(home.reading("Study")).toMatchObject({ grid: "unknown", carried_by: "solar" });
    await home.pass(900);
    expect(home.commands()).toEqual([]);
  });

  it("with one lost delta: a battery heartbeat that says it discharges takes the proof away (S16)", async () => {
    const home = await house(10);
    const study = river3(home, onMains);
    await home.pass(60);
    expect(home.reading("Study")?.grid).toBe("present");
    Object.assign(study, discharging);
    await home.pass(15);
    expect(home.reading("Study")?.grid).toBe("lost");
    Object.assign(study, onMains, { cms_chg_dsg_state: 0 });
    await home.pass(6);
    expect(home.reading("Study")?.grid).toBe("present");
  });

  it("whose firmware does not tell of the mains (S16): after a day an alarm says so, once", async () => {
    const home = await house(10);
    river3(home, { pow_out_sum_w: 30, pow_get_ac_out: -30 });
    await home.pass(25 * 3_600);
    const told = home.alarms().filter(({ code }) => code === "does-not-tell");
    expect(told).toHaveLength(1);
    expect(told[0]?.text).toContain("add USB or a witness");
    expect(home.commands()).toEqual([]);
  });

  it("leaves payloads alone that it did not send: no station, no reading, no command", async () => {
    const home = await house(10);
    const frame = encodeFrame("DisplayPropertyUpload", { ...idle, ...discharging }, { seq: 5, masked: true });
    for (let cut = 0; cut < frame.length; cut++) home.frame("STRANGER", frame.subarray(0, cut));
    for (let at = 0; at < 200; at++)
      home.frame(
        "STRANGER",
        Uint8Array.from({ length: at }, (_, i) => (i * 37 + at) % 256),
      );
    await home.pass(60);
    expect(home.commands()).toEqual([]);
    expect(home.reading("STRANGER")?.grid ?? "unknown").not.toBe("lost");
  });
});
