/** Another publisher sends readings of a station that this server reads itself: they are refused (S27). */
import { describe, expect, it } from "vitest";
import { encodeFrame } from "../../src/sim/encode.ts";
import { House, onBattery } from "../house.ts";

describe("a foreign publisher", () => {
  it("is refused where the station sends us frames: our state stands again, and one alarm says who", async () => {
    const serial = "R655EMULATED0001";
    const house = await House.open({ stations: { Study: { serial } } });
    let seq = 0;
    house.each(5, () => {
      const fields = { cms_batt_soc: 80, pow_get_ac_in: 50 + (seq % 2), cms_chg_dsg_state: 0 };
      house.frame(serial, encodeFrame("DisplayPropertyUpload", fields, { seq: ++seq, masked: true }));
    });
    await house.pass(12);
    const states = () => house.of<{ soc: number; grid: string; origin: string }>("state", "Study");
    const before = states().length;
    for (let i = 0; i < 3; i++) house.says("Study", { ...onBattery(3), origin: "elsewhere/other" });
    expect(states().slice(before)).toHaveLength(3);
    for (const { soc, grid } of states().slice(before))
      expect({ soc, grid }).toEqual({ soc: 80, grid: "present" });
    await house.pass(60);
    expect(house.reading("Study")).toMatchObject({ soc: 80, grid: "present" });
    const told = house.alarms().filter(({ code }) => code === "foreign-reading");
    expect(told.map(({ text }) => text)).toEqual([
      expect.stringContaining("elsewhere/other publishes readings of Study"),
    ]);
    expect(house.commands()).toEqual([]);
  });
});
