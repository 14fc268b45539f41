/** Messages that come one by one: each changes what it names, and the newer of two values counts. */
import { describe, expect, it } from "vitest";
import { Told } from "../../../../test/told.ts";

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

describe("modules that report one by one", () => {
  it("Delta 2 with an extra pack: the main pack's own charge is not the station's", () => {
    const told = new Told("R351X")
      .bytes(bytesOf({ typeCode: "emsStatus", params: { f32LcdShowSoc: 70 } }))
      .pass(2)
      .bytes(bytesOf({ typeCode: "bmsStatus", params: { soc: 69, f32ShowSoc: 69 } }));
    expect(told.last?.soc).toBe(70);
    expect(told.pass(331).bytes(bytesOf({ typeCode: "bmsStatus", params: { soc: 68 } })).last?.soc).toBe(68);
  });

  it("Delta 3 Plus: the second panel alone carries the load, so the mains that was there is not known any more", () => {
    const told = new Told("P351X").display({ pow_get_ac_in: 80 }).pass(2);
    told.display({ pow_get_ac_in: 0, pow_out_sum_w: 60, pow_get_pv2: 246, cms_chg_dsg_state: 2 }).pass(60);
    expect(told.last).toMatchObject({ grid: "unknown", grid_basis: "solar", carried_by: "solar" });
  });

  it("Delta Pro: a voltage of 0 told after the frequency is a loss", () => {
    const told = new Told("DCEBX")
      .bytes(bytesOf({ params: { "ems.lcdShowSoc": 60, "inv.acInVol": 230_000, "inv.acInFreq": 50 } }))
      .pass(5)
      .bytes(bytesOf({ params: { "inv.acInVol": 0, "pd.wattsOutSum": 100 } }));
    expect(told.pass(4).last?.grid).toBe("lost");
  });

  it("Delta 3 Max: outage mode told after the watts is a loss; watts told after it are the mains", () => {
    const told = new Told("D3M1X")
      .display({ pow_get_ac_in: 200, cms_chg_dsg_state: 2, pow_get_pv: 0 })
      .pass(2);
    expect(told.display({ power_outages_active_flag: 1 }).pass(4).last?.grid).toBe("lost");
    expect(told.display({ pow_get_ac_in: 150 }).last?.grid).toBe("present");
  });
});
