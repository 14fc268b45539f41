/** Stories of the AC rule of the protobuf line, entering as raw payloads and going through decode, fuse and filter. */
import { describe, expect, it } from "vitest";
import { idle, onBattery, onMains, Told } from "../../../../test/told.ts";
import { encodeFrame } from "../../../sim/encode.ts";

describe("the signs of the mains (S12–S16)", () => {
  it("mains idle: zeros never mean lost, and keep a verdict", () => {
    expect(new Told().display(idle).pass(60).last).toMatchObject({ grid: "unknown", grid_last: null });
    const kept = new Told().display(onMains).pass(2).display(idle).pass(60);
    expect(kept.last).toMatchObject({ grid: "present", grid_basis: "last-known", carried_by: "none" });
  });

  it("mains with load: present by the input watts", () => {
    const told = new Told().display(onMains).last;
    expect(told).toMatchObject({
      grid: "present",
      grid_basis: "ac-input-watts",
      carried_by: "grid",
      grid_connected: true,
    });
  });

  it("battery with load: lost after 4 s by the clock, not before, without a further message", () => {
    const told = new Told().display(onBattery).pass(3);
    expect(told.verdicts).not.toContain("lost");
    told.pass(1);
    expect(told.last).toMatchObject({
      grid: "lost",
      grid_basis: "discharge",
      carried_by: "battery",
      runtime_sec: 6_000,
    });
  });

  it("a word to the contrary within the 4 s takes the loss back", () => {
    const told = new Told().display(onMains).pass(1).display(onBattery).pass(3).display(onMains).pass(60);
    expect(told.verdicts).not.toContain("lost");
  });

  it("load above the input limit: the battery helps, the mains is there", () => {
    const told = new Told().display({ ...onMains, pow_out_sum_w: 700, cms_chg_dsg_state: 1 });
    for (let i = 0; i < 20; i++)
      told
        .pass(15)
        .battery({ num: 0, output_watts: 100, chg_dsg_state: 1 })
        .display({ pow_get_ac_in: 600 + i });
    expect(told.last).toMatchObject({ grid: "present", carried_by: "grid" });
    expect(told.verdicts).not.toContain("lost");
  });

  it("charging without sun is the mains; with sun it proves nothing", () => {
    expect(new Told().display({ ...idle, cms_chg_dsg_state: 2 }).last).toMatchObject({
      grid: "present",
      grid_basis: "charge-state",
    });
    expect(new Told().display({ ...idle, cms_chg_dsg_state: 2, pow_get_pv: 90 }).last?.grid).toBe("unknown");
    expect(new Told().display({ cms_chg_dsg_state: 2 }).last?.grid).toBe("unknown");
  });

  it("tiny load (S15): 2 W out of the battery with state 1 is a discharge, 1 W is none; with state 0 it is self-use", () => {
    const tiny = { ...idle, cms_chg_dsg_state: 1 };
    expect(new Told().display(tiny).battery({ output_watts: 2, chg_dsg_state: 1 }).pass(5).last?.grid).toBe(
      "lost",
    );
    expect(
      new Told().display(tiny).battery({ output_watts: 1, chg_dsg_state: 1 }).pass(5).verdicts,
    ).not.toContain("lost");
    expect(
      new Told().display(idle).battery({ output_watts: 4, chg_dsg_state: 0 }).pass(30).verdicts,
    ).not.toContain("lost");
  });

  it("state 281 and the system heartbeat's copy say discharging on good mains: neither is believed", () => {
    const told = new Told().display({ ...idle, pow_out_sum_w: 25, bms_chg_dsg_state: 1 });
    told.bytes(
      encodeFrame("CMSHeartBeatReport", { v1p3: { sys_chg_dsg_state: 1 } }, { src: 3, seq: 5, masked: true }),
    );
    expect(told.pass(60).verdicts).not.toContain("lost");
  });

  it("at its charge limit (S12): a discharge that began above it is by-setting until one point below, then lost", () => {
    const told = new Told().display({ ...onBattery, cms_batt_soc: 85, cms_max_chg_soc: 80 }).pass(10);
    expect(told.last).toMatchObject({ grid: "unknown", grid_basis: "by-setting", carried_by: "battery" });
    for (let soc = 84; soc >= 80; soc--)
      told
        .pass(60)
        .display({ ...onBattery, cms_batt_soc: soc, cms_max_chg_soc: 80 })
        .pass(5);
    expect(told.last?.grid).toBe("unknown");
    told
      .pass(60)
      .display({ ...onBattery, cms_batt_soc: 79, cms_max_chg_soc: 80 })
      .pass(5);
    expect(told.last?.grid).toBe("lost");
  });

  it("at its charge limit (S12): a discharge that began at it is lost at once, also while the charge is the limit", () => {
    const told = new Told().display({ ...onBattery, cms_batt_soc: 80, cms_max_chg_soc: 80 }).pass(5);
    expect(told.last?.grid).toBe("lost");
  });

  it("the system heartbeat's charge limit of 0 makes nothing by-setting", () => {
    const told = new Told().display(onBattery);
    told.bytes(
      encodeFrame("CMSHeartBeatReport", { v1p0: { max_charge_soc: 0 } }, { src: 7, seq: 4, masked: true }),
    );
    expect(told.pass(5).last?.grid).toBe("lost");
  });

  it.each([
    ["backup reserve", { energy_backup_en: true, energy_backup_start_soc: 40 }],
    [
      "time of use",
      { energy_strategy_operate_mode: { operate_tou_mode_open: true }, backup_reverse_soc: 40 },
    ],
    [
      "self-powered",
      { energy_strategy_operate_mode: { operate_self_powered_open: true }, backup_reverse_soc: 40 },
    ],
  ])("by schedule (S13): %s above its reserve is by-setting, below it lost", (_, mode) => {
    expect(new Told().display({ ...onBattery, ...mode }).pass(10).last).toMatchObject({
      grid: "unknown",
      grid_basis: "by-setting",
    });
    expect(new Told().display({ ...onBattery, ...mode, cms_batt_soc: 39 }).pass(10).last?.grid).toBe("lost");
  });

  it("solar (S14): the sun carries the load for a minute = unknown, not present; dusk = lost", () => {
    const sunny = { ...idle, pow_out_sum_w: 60, pow_in_sum_w: 70, pow_get_pv: 70 };
    const told = new Told().display(onMains).pass(2).display(sunny).pass(59);
    expect(told.last?.grid).toBe("present");
    told.pass(2);
    expect(told.last).toMatchObject({
      grid: "unknown",
      grid_basis: "solar",
      carried_by: "solar",
      grid_last: "present",
    });
    expect(told.display(onBattery).pass(5).last?.grid).toBe("lost");
  });

  it("proof ages out (S16): 150 s after the last Display the mains is no longer proven", () => {
    const told = new Told().display(onMains).pass(150);
    expect(told.last?.grid).toBe("present");
    told.pass(1);
    expect(told.last).toMatchObject({
      grid: "unknown",
      grid_last: "present",
      carried_by: "grid",
      quality: "held",
    });
  });

  it("a lost delta (S16): a battery that discharges 15 s later takes the proof away until it is renewed", () => {
    const told = new Told().display(onMains).pass(10).battery({ num: 0, output_watts: 28, chg_dsg_state: 1 });
    expect(told.last?.grid).toBe("present");
    told.pass(6).battery({ num: 0, output_watts: 28, chg_dsg_state: 1 });
    expect(told.last?.grid).toBe("unknown");
    expect(told.pass(10).battery({ num: 0, output_watts: 0, chg_dsg_state: 0 }).last?.grid).toBe("unknown");
    expect(told.display({ pow_get_ac_in: 84 }).last?.grid).toBe("present");
  });

  it("the charger flag proves only when it is newer than the last sign of a loss", () => {
    const told = new Told().display({ ...idle, plug_in_info_ac_charger_flag: true });
    expect(told.last).toMatchObject({ grid: "present", grid_basis: "flow" });
    told.pass(1).display({ pow_out_sum_w: 20, cms_chg_dsg_state: 1 }).pass(10);
    expect(told.last).toMatchObject({ grid: "present", grid_basis: "last-known" });
    told.display({ plug_in_info_ac_charger_flag: false }).pass(4);
    expect(told.last?.grid).toBe("lost");
    expect(told.display({ plug_in_info_ac_charger_flag: true }).last?.grid).toBe("present");
  });

  it("a firmware that does not tell (S16): a day with load and no sign of the mains, said once", () => {
    const silent = { ...idle, pow_out_sum_w: 40 };
    const told = new Told().display(silent);
    for (let hour = 0; hour < 24 * 60; hour++) {
      told.pass(60).display({ ...silent, bms_max_cell_temp: 20 + (hour % 2) });
    }
    expect(told.last).toMatchObject({ grid: "unknown", grid_basis: "none" });
    expect(told.problems).toEqual(["does-not-tell"]);
    expect(told.display({ ...silent, cms_chg_dsg_state: 1 }).pass(10).last?.grid).toBe("unknown");
    expect(told.display(onMains).last?.grid).toBe("present");
  });

  it("Delta 3: plug flag and flow prove the mains; outage mode of a Delta 3 Max means lost", () => {
    expect(new Told("P351X").display({ ...idle, plug_in_info_ac_in_flag: 1 }).last).toMatchObject({
      grid: "present",
      grid_basis: "flow",
    });
    expect(new Told("P351X").display({ ...idle, flow_info_ac_in: 14 }).last?.grid).toBe("present");
    expect(new Told("P351X").display({ ...idle, flow_info_ac_in: 12 }).last?.grid).toBe("unknown");
    const max = new Told("D3M1X").display({
      ...idle,
      plug_in_info_ac_in_flag: 1,
      power_outages_active_flag: 2,
    });
    expect(max.last?.grid).toBe("present");
    expect(max.pass(1).display({ pow_get_ac_in: 0, power_outages_active_flag: 1 }).pass(4).last?.grid).toBe(
      "lost",
    );
  });

  it("Delta Pro 3: more than 5 W, or more than 80 V while that is fresh", () => {
    expect(new Told("MR51X").display({ ...idle, pow_get_ac_in: 4 }).last?.grid).toBe("unknown");
    expect(new Told("MR51X").display({ ...idle, pow_get_ac_in: 6 }).last?.grid).toBe("present");
    const volts = encodeFrame(
      "RuntimePropertyUpload",
      { plug_in_info_ac_in_vol: 231 },
      { seq: 3, masked: true },
    );
    expect(new Told("MR51X").bytes(volts).last?.grid).toBe("present");
    expect(new Told("R631X").bytes(volts).last?.grid).toBe("unknown");
  });

  it("outage mode alone is a loss; with watts from the mains it is none", () => {
    expect(new Told("D3M1X").display({ power_outages_active_flag: 1 }).pass(4).last?.grid).toBe("lost");
    const fed = new Told("D3M1X").display({ ...onMains, power_outages_active_flag: 1 }).pass(10);
    expect(fed.verdicts).not.toContain("lost");
  });

  it("state 1 with 3 W out and a battery that tells nothing is too little for a loss", () => {
    const told = new Told().display({ ...idle, pow_out_sum_w: 3, cms_chg_dsg_state: 1 }).pass(30);
    expect(told.verdicts).not.toContain("lost");
  });

  it("charging out of the extra battery is no sign of the mains", () => {
    const told = new Told().display({ ...idle, cms_chg_dsg_state: 2, pow_get_dcp: 50 });
    expect(told.last?.grid).toBe("unknown");
  });

  it("a bypass that the owner disabled makes every discharge by-setting", () => {
    const told = new Told("P231X").display({ ...onBattery, bypass_out_disable: true }).pass(10);
    expect(told.last).toMatchObject({ grid: "unknown", grid_basis: "by-setting" });
  });

  it("a battery heartbeat proves for a minute and no longer", () => {
    const told = new Told()
      .display({ pow_get_ac_in: 0, pow_out_sum_w: 20 })
      .battery({ num: 0, output_watts: 28, chg_dsg_state: 1 });
    expect(told.pass(4).last?.grid).toBe("lost");
    expect(told.pass(57).last).toMatchObject({ grid: "unknown", grid_last: "lost" });
  });

  it("one discharging pack is a discharge, whatever the others do", () => {
    const told = new Told()
      .display({ pow_get_ac_in: 0, pow_out_sum_w: 20 })
      .battery({ num: 0, output_watts: 0, chg_dsg_state: 2 })
      .battery({ num: 1, output_watts: 28, chg_dsg_state: 1 });
    expect(told.pass(4).last?.grid).toBe("lost");
  });
});
