/** What fusion asks of a family: it knows no message, and takes the answers of the family's functions. */
import { describe, expect, it } from "vitest";
import { onMains, Told } from "../../../test/told.ts";
import { encodeFrame } from "../../sim/encode.ts";

describe("a family's functions", () => {
  it("rated output: the station's own figure before the model's; 0 is not known", () => {
    const rated = (watts: number) =>
      new Told().display({ ...onMains, plug_in_info_ac_out_dsg_pow_max: watts }).last?.rated_watts;
    expect(rated(700)).toBe(700);
    expect(rated(0)).toBe(600);
  });

  it("a system heartbeat confirms a doubtful charge that Display does not repeat", () => {
    const told = new Told()
      .display({ ...onMains, cms_batt_soc: 80 })
      .pass(5)
      .display({ cms_batt_soc: 40 });
    const heartbeat = (seq: number) =>
      encodeFrame("CMSHeartBeatReport", { v1p0: { f32_lcd_show_soc: 40 } }, { src: 3, seq });
    told.pass(5).bytes(heartbeat(1));
    expect(told.last?.soc).toBe(80);
    expect(told.pass(5).bytes(heartbeat(2)).last?.soc).toBe(40);
  });

  it("are each left out by a family that cannot know: no rating but the model's, no complaint, no confirmation", () => {
    const told = new Told().display({ ...onMains, plug_in_info_ac_out_dsg_pow_max: 700 });
    const { soc, measured, batteryWatts, grid, about } = told.memory.rules;
    told.memory.model = null;
    told.memory.rules = { soc, measured, batteryWatts, grid, about };
    expect(told.pass(1_000).last).toMatchObject({ rated_watts: null });
    expect(told.memory.complaint).toBeNull();
  });
});
