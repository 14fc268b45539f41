/** What a full upload, its deltas and the packs' heartbeats tell together on the protobuf line, where one alone would mislead. */
import { describe, expect, it } from "vitest";
import { idle, onBattery, onMains, Told } from "../../../../test/told.ts";
import { encodeFrame, encodePayload, type Fields } from "../../../sim/encode.ts";

const runtime = (fields: Fields) => encodeFrame("RuntimePropertyUpload", fields, { seq: 3, masked: true });

/** The mains goes: what a delta says within 2 s. */
const goes: Fields = { pow_in_sum_w: 0, pow_get_ac_in: 0, cms_chg_dsg_state: 1, cms_dsg_rem_time: 90 };

describe("a discharge by the owner's wish (S12, S13)", () => {
  const scheduled = (on: Fields): Fields => ({ ...onMains, energy_strategy_operate_mode: on });

  it("a mode that was switched off comes as an empty message, and the discharge after it is a loss", () => {
    const told = new Told("P351X").display({
      ...scheduled({ operate_tou_mode_open: true }),
      backup_reverse_soc: 20,
    });
    expect(told.pass(5).display(goes).pass(5).last?.grid_basis).toBe("by-setting");
    told.display(onMains).pass(5).display({ energy_strategy_operate_mode: {} });
    expect(told.pass(5).display(goes).pass(5).last).toMatchObject({ grid: "lost", grid_basis: "discharge" });
  });

  it("another mode that is switched on replaces the one before", () => {
    const told = new Told("P351X").display(scheduled({ operate_tou_mode_open: true }));
    told.pass(5).display({ energy_strategy_operate_mode: { operate_self_powered_open: true } });
    told.pass(5).display({ energy_strategy_operate_mode: {}, backup_reverse_soc: 20 });
    expect(told.pass(5).display(goes).pass(5).last?.grid).toBe("lost");
  });

  it("a charge limit of 0 is none: no discharge is by-setting because of it", () => {
    const told = new Told().display({ ...onBattery, cms_max_chg_soc: 0 }).pass(5);
    expect(told.last).toMatchObject({ grid: "lost", grid_basis: "discharge" });
  });

  it("the reserve of the switch (7) is 8, that of a mode (393) is 461, and 0 is not told", () => {
    const reserves = { ...onBattery, cms_batt_soc: 40, energy_backup_start_soc: 50, backup_reverse_soc: 25 };
    const bySwitch = new Told().display({ ...reserves, energy_backup_en: true }).pass(5);
    expect(bySwitch.last?.grid).toBe("lost");
    const mode = { energy_strategy_operate_mode: { operate_tou_mode_open: true } };
    expect(new Told("P351X").display({ ...reserves, ...mode }).pass(5).last?.grid_basis).toBe("by-setting");
    const none = { ...reserves, ...mode, backup_reverse_soc: 0 };
    expect(new Told("P351X").display(none).pass(5).last?.grid).toBe("lost");
  });

  it("a mode whose reserve nobody told may discharge to the discharge limit", () => {
    const mode = { energy_strategy_operate_mode: { operate_scheduled_open: true } };
    expect(new Told("P351X").display({ ...onBattery, ...mode }).pass(5).last?.grid_basis).toBe("by-setting");
    const empty = { ...onBattery, ...mode, cms_batt_soc: 9 };
    expect(new Told("P351X").display(empty).pass(5).last?.grid).toBe("lost");
  });
});

describe("several packs", () => {
  const pack = (num: number, more: Fields): Fields => ({
    num,
    soc: 60,
    input_watts: 0,
    output_watts: 0,
    chg_dsg_state: 0,
    full_cap: 12_792,
    cell_series_num: 7,
    ...more,
  });

  it("a discharge is as old as the pack that told it: another pack's idle word does not renew it", () => {
    const told = new Told().display(onBattery).battery(pack(0, { output_watts: 27, chg_dsg_state: 1 }));
    told.pass(5).display({ ...onMains, cms_chg_dsg_state: 2 });
    expect(told.last?.grid).toBe("present");
    expect(told.pass(18).battery(pack(1, {})).last?.grid).toBe("present");
  });

  it("one that was taken off counts no longer, once the others went on without it for five minutes", () => {
    const told = new Told().battery(pack(0, {})).battery(pack(1, { full_cap: 25_582, output_watts: 60 }));
    expect(told.last).toMatchObject({ capacity_wh: 859.6, modules: [{ num: 0 }, { num: 1 }] });
    for (let i = 0; i < 16; i++) told.pass(20).battery(pack(0, { amp: -i }));
    expect(told.last).toMatchObject({ capacity_wh: 286.5, battery_watts: 0 });
    expect(told.last?.modules).toHaveLength(1);
  });

  it("charge the station when one of them does, where Display is older or silent", () => {
    const told = new Told().battery(pack(0, {})).battery(pack(1, { input_watts: 40, chg_dsg_state: 2 }));
    expect(told.last?.charging).toBe(true);
    expect(told.display(onBattery).last?.charging).toBe(false);
    told
      .pass(16)
      .battery(pack(0, { amp: 1 }))
      .battery(pack(1, { chg_dsg_state: 2, amp: 1 }));
    expect(told.last?.charging).toBe(true);
  });

  it("whose full charge is next to nothing tell no capacity: the model's stands in", () => {
    const told = new Told("R631X").battery(pack(0, { full_cap: 100 }));
    expect(told.last).toMatchObject({ capacity_wh: 286, capacity_basis: "model" });
    const whole = new Told("P351X").display({ ...idle, cms_batt_full_energy: 1 });
    expect(whole.last).toMatchObject({ capacity_wh: 1024, capacity_basis: "model" });
  });

  it("are all there after a silence that they share", () => {
    const told = new Told().battery(pack(0, {})).battery(pack(1, {})).pass(900);
    expect(told.battery(pack(1, { amp: -1 })).battery(pack(0, { amp: -2 })).last?.modules).toHaveLength(2);
  });
});

describe("the runtime", () => {
  const alone = { num: 0, soc: 60, output_watts: 2, remain_time: 5_056, chg_dsg_state: 0 };

  it("is never the pack's idle figure, which is days, and 0 minutes are none", () => {
    const told = new Told("R655X").display(idle).battery(alone).pass(10);
    expect(told.display({ pow_out_sum_w: 80, cms_chg_dsg_state: 1 }).last?.runtime_sec).toBeNull();
    const unknown = { ...onBattery, cms_dsg_rem_time: 0 };
    expect(new Told("R655X").display(unknown).last?.runtime_sec).toBeNull();
    const beginning = { ...alone, output_watts: 90, remain_time: 100, chg_dsg_state: 1 };
    expect(told.pass(5).battery(beginning).last?.runtime_sec).toBe(6_000);
  });
});

describe("a discharge that does not tell of the mains carries the load all the same: the hard floor needs it (S2)", () => {
  const battery = { num: 0, output_watts: 200, chg_dsg_state: 1 };
  const drained = { grid: "unknown", carried_by: "battery" };

  it("heard from the battery alone, or after Display fell silent", () => {
    expect(new Told().battery(battery).last).toMatchObject(drained);
    expect(new Told().battery({ ...battery, output_watts: 4 }).last?.carried_by).toBeNull();
    const told = new Told().display(onMains).pass(200).battery(battery);
    expect(told.last).toMatchObject({ ...drained, grid_last: "present" });
  });

  it("against a proof that it made void", () => {
    expect(new Told().display(onMains).pass(20).battery(battery).last).toMatchObject(drained);
  });

  it("of a firmware that shows no sign of the mains", () => {
    const told = new Told().display({ ...idle, pow_out_sum_w: 60 });
    for (let hour = 0; hour < 25; hour++)
      told.pass(3_600).display({ ...idle, pow_out_sum_w: 60, cms_batt_soc: 60 + (hour % 2) });
    expect(told.last).toMatchObject({ grid: "unknown", carried_by: null });
    expect(told.display({ ...onBattery, cms_batt_soc: 59 }).pass(5).last).toMatchObject(drained);
  });
});

describe("a delta that was lost (S16)", () => {
  const battery = { num: 0, output_watts: 200, chg_dsg_state: 1 };

  it("of watts from the mains that came back: the zero from before its sign makes no new loss of a helping battery", () => {
    const told = new Told("P351X").display({ ...onBattery, pow_out_sum_w: 500 }).pass(60);
    expect(told.display({ plug_in_info_ac_in_flag: 1, flow_info_ac_in: 14 }).last?.grid).toBe("present");
    for (let i = 0; i < 4; i++) told.pass(15).battery({ ...battery, amp: -i });
    expect(told.last?.grid).toBe("unknown");
    expect(told.display({ pow_get_ac_in: 300 }).last?.grid).toBe("present");
  });

  it("of the flags: a zero that came after them makes the loss, and so does the next full upload", () => {
    const plugged = { ...onMains, plug_in_info_ac_in_flag: 1, flow_info_ac_in: 14 };
    const told = new Told("P351X").display(plugged).pass(10).display(goes);
    for (let i = 0; i < 2; i++) told.pass(15).battery({ ...battery, amp: -i });
    expect(told.pass(5).last?.grid).toBe("lost");
    const silent = new Told("P351X").display({ ...plugged, pow_get_ac_in: 0 }).pass(10);
    for (let i = 0; i < 4; i++) silent.pass(15).battery({ ...battery, amp: -i });
    expect(silent.display(onBattery).pass(5).last?.grid).toBe("lost");
  });
});

describe("the voltage of a Delta Pro 3's AC input", () => {
  it("that is older than the discharge, or in the same reply, proves nothing", () => {
    const told = new Told("MR51X")
      .display(onMains)
      .pass(2)
      .bytes(runtime({ plug_in_info_ac_in_vol: 237 }));
    expect(told.pass(5).display(goes).pass(5).last).toMatchObject({ grid: "lost", grid_basis: "discharge" });
    const reply = encodePayload([
      { message: "DisplayPropertyUpload", fields: onBattery, header: { push: false } },
      {
        message: "RuntimePropertyUpload",
        fields: { plug_in_info_ac_in_vol: 237 },
        header: { push: false },
      },
    ]);
    expect(new Told("MR51X").bytes(reply).pass(5).last?.grid).toBe("lost");
  });

  it("that came after it is the mains", () => {
    const told = new Told("MR51X")
      .display(onBattery)
      .pass(5)
      .bytes(runtime({ plug_in_info_ac_in_vol: 237 }));
    expect(told.last).toMatchObject({ grid: "present", grid_basis: "flow" });
  });
});

describe("a message within the message", () => {
  const frame = (pdata: string) =>
    new Told().bytes(new Uint8Array(Buffer.from(`0a110a0a${pdata}40fe014815`.replace(/ /g, ""), "hex")));

  it("that nobody reads costs nothing when it is not as we believe", () => {
    // 54 = 88.5 W, then 463 with a byte that is no message.
    expect(frame("b5030000b142 fa1c01ff").last?.ac_in_watts).toBe(88.5);
  });

  it("that is read must parse", () => {
    // The same with 393.
    expect(frame("b5030000b142 ca1801ff").problems).toHaveLength(1);
  });
});

describe("a Delta Pro 3", () => {
  const pro3 = (fields: Fields) => new Told("MR51X").display({ cms_batt_soc: 60, ...fields }).last;

  it("adds its two solar inputs; what comes through its power I/O is no sun", () => {
    expect(pro3({ pow_get_pv_h: 900, pow_get_pv_l: 120.5, pow_get_5p8: 2_000 })?.solar_watts).toBe(1_020.5);
    expect(pro3({ pow_get_pv_l: 0 })?.solar_watts).toBe(0);
    expect(pro3({ pow_get_5p8: 2_000 })?.solar_watts).toBeNull();
  });

  it.each<[Fields, boolean | null]>([
    [{ flow_info_ac_hv_out: 2, flow_info_ac_lv_out: 0 }, true],
    [{ flow_info_ac_lv_out: 14 }, true],
    [{ flow_info_ac_hv_out: 0, flow_info_ac_lv_out: 12 }, false],
    [{ flow_info_ac_lv_out: 0 }, null],
    [{}, null],
  ])("with %j: AC output on is %s", (flows, isOn) => expect(pro3(flows)?.ac_out_on).toBe(isOn));

  it("fed through its power I/O with a load is never a loss: whose mains that is, it does not tell", () => {
    const fed = { pow_in_sum_w: 2_000, pow_get_5p8: 2_000, pow_get_ac_in: 0, pow_out_sum_w: 500 };
    const told = new Told("MR51X").display({ ...idle, ...fed, cms_chg_dsg_state: 2 }).pass(90);
    expect(new Set(told.verdicts)).toEqual(new Set(["unknown"]));
  });
});

describe("what a model is", () => {
  it("a STREAM has no sign of the mains, whatever it sends", () => {
    for (const serial of ["BK11X", "ES21X", "BK61X"]) {
      const told = new Told(serial).display(onBattery).pass(10);
      expect(told.last, serial).toMatchObject({ model: "STREAM", grid: "unknown", grid_basis: "none" });
    }
  });
});
