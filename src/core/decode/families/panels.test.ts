/** Smart Home Panels: the panel's own field for the mains goes before its watts, which lag; what an owner's panel counts its battery in. */
import { describe, expect, it } from "vitest";
import { Told } from "../../../../test/told.ts";
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
