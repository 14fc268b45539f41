/** What `check` says of the stations' own settings (S8, S13, S34). */
import { describe, expect, it } from "vitest";
import { loaded } from "../../test/config/folder.ts";
import { type Settings, settingsOf, settingsWarnings } from "./check-stations.ts";

const yaml = (station = "{}", soc = 40) =>
  `stations: { Study: ${station}, Spare: {}, Wall: {}, Behind: { upstream: Wall } }
machines:
  pc: { stations: [Study], shutdownAt: { socPercent: ${soc} } }
  nas: { stations: [Behind] }`;
const said = (settings: Settings, text = yaml(), id = "Study") =>
  settingsWarnings(loaded({ yaml: text }), id, settings).join("\n");

describe("a station", () => {
  it("that switches its output off without load, or does not switch it on again", () => {
    expect(said({ ac_standby_min: 120, output_memory: false })).toBe(
      [
        "Study switches its AC output off after 120 min without load (AC standby): machines will not come back. In the app: AC timeout never.",
        "Study does not switch its AC output on again after a cut (output memory off): machines will not come back. In the app: output memory on.",
      ].join("\n"),
    );
    expect(said({ ac_standby_min: 0, output_memory: true })).toBe("");
    expect(said({})).toBe("");
  });

  it("that feeds nobody is left alone, one that feeds a station with a machine is not (S35)", () => {
    expect(said({ ac_standby_min: 30 }, yaml(), "Spare")).toBe("");
    expect(said({ ac_standby_min: 30 }, yaml(), "Wall")).toMatch(/^Wall switches .* 30 min/);
  });

  it("that reports faults", () => {
    expect(said({ faults: ["bms_err_code 64", "errcode 1"] })).toMatch(
      /^Study reports faults: bms_err_code 64 and errcode 1\./,
    );
    expect(said({ faults: [] })).toBe("");
  });

  it("whose limit is not the configured one", () => {
    const text = yaml("{ dischargeLimitPercent: 10 }");
    expect(said({ discharge_limit_percent: 20 }, text)).toMatch(
      /stations\.Study\.dischargeLimitPercent is 10, but Study itself reports 20: it cuts its output at 21 %/,
    );
    expect(said({ discharge_limit_percent: 10 }, text)).toBe("");
  });

  it("whose own limit lies above a threshold (S8)", () => {
    const sentence = said({ discharge_limit_percent: 20 }, yaml("{}", 10));
    expect(sentence).toMatch(/^pc goes at 10 %, but Study cuts its output at 21 % \(limit 20 \+ 1\)/);
    expect(said({ discharge_limit_percent: 20 }, yaml("{}", 22))).toBe("");
  });

  it("that needs more than the threshold leaves, at the load it reports: the arithmetic of the server", () => {
    const settings = { discharge_limit_percent: 10, capacity_wh: 286, ac_out_watts: 110 };
    // 570 s at 110 x 1.1 + 8 W of 286 Wh: 7.1 %.
    expect(said(settings, yaml("{}", 15))).toBe(
      "pc goes at 15 %, too late for Study (cut-off 11 % + 7.1 % for 570 s at the present 129 W): the threshold is raised to 19 % while it runs. Write 19 % or more.",
    );
    expect(said(settings, yaml("{}", 19))).toBe("");
  });

  it("whose threshold the configuration alone shows to be too low is said once", () => {
    const settings = { discharge_limit_percent: 20, capacity_wh: 286, ac_out_watts: 110 };
    expect(said(settings, yaml("{ dischargeLimitPercent: 20 }", 10))).toBe("");
  });

  it("that discharges on good mains by its setting: where the hard floor lies (S13)", () => {
    const settings: Settings = {
      grid_basis: "by-setting",
      discharge_limit_percent: 10,
      capacity_wh: 286,
      ac_out_watts: 110,
    };
    // 13 % that are never reached, and 432 s at 129 W x 1.25 of 286 Wh x 0.9: 7.5 %.
    expect(said(settings)).toMatch(/hard floor of pc lies at 21 %. Raise the reserve above 21 % in the app/);
    expect(said({ grid_basis: "by-setting" })).toMatch(/what it feeds \(pc\) goes down at its hard floor/);
    expect(said({ ...settings, grid_basis: "ac-input-watts" })).toBe("");
  });
});

describe("a retained reading", () => {
  it("with one bad field keeps the others (I3), and may lack all", () => {
    expect(settingsOf({ ac_standby_min: "soon", output_memory: false })).toEqual({ output_memory: false });
    expect(settingsOf({ device: "Study", soc: 80 })).toEqual({});
  });

  it.each([null, 5, "text"])("that is %s is none", (json) => expect(settingsOf(json)).toBeNull());
});
