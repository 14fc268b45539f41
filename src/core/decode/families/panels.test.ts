/** Smart Home Panels: the panel's own field for the mains goes before its watts, which lag; panel 1 by each shape of its heartbeat. */
import { describe, expect, it } from "vitest";
import { Told, wall } from "../../../../test/told.ts";
import { encodeJson, encodeMessageFrame } from "../../../sim/encode-json.ts";

const sta = (grid_sta: number) =>
  encodeMessageFrame(12, 32, { master_incre_info: { grid_sta }, backup_incre_info: { backup_bat_per: 60 } });
const watts = (watt_info: Record<string, number>) => encodeMessageFrame(12, 1, { watt_info });
const lagging = watts({ grid_watt: 4.25, all_hall_watt: 400 });

describe("Smart Home Panel 2: watts that come after its word on the mains", () => {
  it.each([0, 2])("are no mains while it says %d", (none) => {
    const told = new Told("HD31X").bytes(sta(1)).pass(5).bytes(sta(none)).pass(1).bytes(lagging).pass(4);
    expect(told.last).toMatchObject({ grid: "lost", carried_by: "battery" });
    for (let i = 0; i < 20; i++) told.pass(10).bytes(watts({ grid_watt: 5 + i, all_hall_watt: 400 }));
    expect(told.verdicts.slice(told.verdicts.indexOf("lost"))).not.toContain("present");
    expect(told.pass(1).bytes(sta(1)).last?.grid).toBe("present");
  });

  it("are the mains where it says nothing, or did so long ago", () => {
    expect(new Told("HD31X").bytes(lagging).last).toMatchObject({
      grid: "present",
      grid_basis: "ac-input-watts",
    });
    const told = new Told("HD31X").bytes(sta(0)).pass(332);
    expect(told.bytes(lagging).last?.grid).toBe("present");
  });
});

describe("Smart Home Panel 2: a sum of the circuits without watts from the grid", () => {
  it("means none of them, for protobuf leaves zeros out", () => {
    const told = new Told("HD31X").bytes(watts({ grid_watt: 1_238, all_hall_watt: 1_238 })).pass(5);
    expect(told.last).toMatchObject({ grid: "present", ac_in_watts: 1_238 });
    expect(told.bytes(watts({ all_hall_watt: 400 })).pass(4).last).toMatchObject({
      grid: "unknown",
      ac_in_watts: 0,
      out_watts: 400,
    });
    expect(told.bytes(lagging).last).toMatchObject({ grid: "present", ac_in_watts: 4.25 });
  });

  it("says nothing of a panel that never told them", () => {
    const told = new Told("HD31X").bytes(sta(1)).bytes(watts({ all_hall_watt: 400 }));
    expect(told.last).toMatchObject({ grid: "present", ac_in_watts: null, carried_by: "grid" });
  });
});

describe("Smart Home Panel 3: watts that come after its channels' word", () => {
  const channel = (ch_sta: number) =>
    encodeJson("app", { cms_batt_soc: 60, "panel_backup_ch1_Info.ch_sta": ch_sta });
  const fed = (shp_grid_pwr: number) => encodeJson("app", { shp_grid_pwr, shp_load_pwr: 900 });

  it("are no mains while they see none", () => {
    const told = new Told("Smart Home Panel 3").bytes(channel(2)).pass(1).bytes(fed(80)).pass(4);
    expect(told.last).toMatchObject({ grid: "lost", carried_by: "battery" });
    expect(told.bytes(channel(1)).last?.grid).toBe("present");
  });

  it("are the mains where they say nothing, or did so long ago", () => {
    expect(new Told("Smart Home Panel 3").bytes(fed(80)).last?.grid).toBe("present");
    expect(new Told("Smart Home Panel 3").bytes(channel(2)).pass(332).bytes(fed(80)).last?.grid).toBe(
      "present",
    );
  });
});

describe("Smart Home Panel", () => {
  it("counts what is behind it in mAh of Delta Pro packs: four of them are 14.6 kWh, not 304", () => {
    const told = new Told("SP10X").bytes(
      encodeJson("app", { "heartbeat.backupBatPer": 77, "heartbeat.backupFullCap": 304_000 }),
    );
    expect(told.last).toMatchObject({ soc: 77, capacity_wh: 14_592, grid: "unknown" });
  });
});

describe("Smart Home Panel: its heartbeat", () => {
  const values = { backupBatPer: 54, backupFullCap: 78_275, gridDayWatth: 7280.39 };
  const bytes = (payload: unknown) => new TextEncoder().encode(JSON.stringify(payload));
  const shapes: readonly (readonly [string, (own: object) => unknown])[] = [
    ["nested", (own) => ({ params: { heartbeat: { cmdSet: 11, id: 2, ...own } } })],
    [
      "by dotted keys",
      (own) => ({ params: Object.fromEntries(Object.entries(own).map(([k, v]) => [`heartbeat.${k}`, v])) }),
    ],
    ["beside cmdSet and id", (own) => ({ params: { cmdSet: 11, id: 2, ...own } })],
    [
      "of the developer API",
      (own) => ({ id: 123_456_789, version: "1.0", timestamp: wall, params: { cmdSet: 11, id: 2, ...own } }),
    ],
    ["with numbers as text", (own) => ({ params: { cmdSet: "11", id: "2", ...own } })],
    [
      "within a snapshot",
      (own) => ({
        operateType: "latestQuotas",
        code: "0",
        data: { sn: "SP10X", productType: 40, quotaMap: { heartbeat: own } },
      }),
    ],
  ];

  it.each(shapes)("%s: 0 is lost and 1 is present, any other value unknown", (_, shape) => {
    const judged = (gridSta: number) =>
      new Told("SP10X").bytes(bytes(shape({ ...values, gridSta }))).pass(5).last;
    expect(judged(0)).toMatchObject({ grid: "lost", soc: 54, capacity_wh: 3_757 });
    expect(judged(1)).toMatchObject({ grid: "present", soc: 54 });
    for (const other of [2, 3, 255]) expect(judged(other)?.grid).toBe("unknown");
  });

  const command = { cmdSet: 11, id: 2, ...values, gridSta: 0 };
  it.each([
    [
      "an app's command",
      { from: "Android", id: "1", version: "1.0", operateType: "TCP", moduleType: 0, params: command },
    ],
    ["the answer to one", { operateType: "TCP", code: "0", data: { ack: 1 }, params: command }],
    ["a GET", { params: { ...command, quotas: ["heartbeat.gridSta"] } }],
    ["a SET", { sn: "SP10X", params: { cmdSet: 11, id: 24, eps: 0, gridSta: 0 } }],
  ])("in %s is no reading", (_, payload) => {
    const told = new Told("SP10X").bytes(bytes(payload)).pass(5);
    expect([told.last, told.problems.length]).toEqual([null, 1]);
  });
});
