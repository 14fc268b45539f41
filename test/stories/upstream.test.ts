/** Stories of a station behind a station (S35): a River plugged into a Delta sees "mains" until the Delta is empty. */
import { describe, expect, it } from "vitest";
import type { StationReading } from "../../src/core/reading.ts";
import { encodeFrame } from "../../src/sim/encode.ts";
import { Agent } from "../agent.ts";
import { House } from "../house.ts";

const river = "R631EMULATED0001";
const delta = "P351EMULATED0001";

const onMains = {
  cms_batt_soc: 85,
  cms_max_chg_soc: 100,
  cms_min_dsg_soc: 10,
  pow_in_sum_w: 60,
  pow_out_sum_w: 60,
  pow_get_ac_in: 60,
  pow_get_ac_out: -60,
  pow_get_pv: 0,
  cms_chg_dsg_state: 0,
};
const onBattery = { ...onMains, pow_in_sum_w: 0, pow_get_ac_in: 0, cms_chg_dsg_state: 1 };

/** Each sends its display message every 5 s, until it is null; what is written into the answer is sent from then on. */
function speak(house: House, first: Record<string, number> | null = onMains) {
  const said: Record<string, Record<string, number> | null> = {
    [river]: { ...onMains },
    [delta]: first === null ? null : { ...first },
  };
  let seq = 1_000;
  house.each(5, () => {
    for (const [serial, fields] of Object.entries(said)) {
      seq += 1;
      if (fields !== null)
        house.frame(serial, encodeFrame("DisplayPropertyUpload", fields, { seq, masked: true }));
    }
  });
  return said;
}

const open = (machine: { socPercent: number; onBatterySec?: number }) =>
  House.open({
    stations: {
      River: { serial: river, capacityWh: 286, upstream: "Delta" },
      Delta: { serial: delta, capacityWh: 1024 },
    },
    machines: { pc: { stations: ["River"], ...machine } },
  });

const shutdowns = (house: House) => house.commands().filter(({ action }) => action === "shutdown");
const alarms = (house: House) => house.events().flatMap((event) => ("code" in event ? [event.code] : []));

describe("a River behind a Delta", () => {
  it("that loses the mains: the River's grid is lost at once, though it sees its input", async () => {
    const home = await open({ socPercent: 20, onBatterySec: 600 });
    const said = speak(home);
    new Agent(home, "pc");
    await home.pass(120);
    expect(home.reading("River")).toMatchObject({ grid: "present", ac_in_watts: 60 });
    said[delta] = { ...onBattery };
    await home.pass(30);
    expect(home.reading("River")).toMatchObject({ grid: "lost", grid_connected: false, carried_by: "grid" });
    expect(alarms(home)).not.toContain("unmapped-station");
    await home.pass(300);
    expect(shutdowns(home)).toEqual([]);
    await home.pass(600);
    expect(shutdowns(home)).not.toEqual([]);
  });

  it("that gets the mains back: present again only when the Delta has said so twice", async () => {
    const home = await open({ socPercent: 20 });
    const said = speak(home);
    await home.pass(60);
    said[delta] = { ...onBattery };
    await home.pass(60);
    said[delta] = null;
    home.frame(delta, encodeFrame("DisplayPropertyUpload", onMains, { seq: 1, masked: true }));
    await home.pass(12);
    expect(home.reading("River")).toMatchObject({ grid: "unknown", grid_last: "lost" });
    await home.pass(200);
    expect(home.reading("River")).toMatchObject({ grid: "unknown", grid_last: "lost" });
    said[delta] = { ...onMains };
    await home.pass(30);
    expect(home.reading("River")).toMatchObject({ grid: "present", grid_last: "present" });
    expect(shutdowns(home)).toEqual([]);
  });

  it("that falls silent on battery: the River stays without mains, and its own charge stands", async () => {
    const home = await open({ socPercent: 20 });
    const said = speak(home);
    new Agent(home, "pc");
    await home.pass(60);
    said[delta] = { ...onBattery };
    await home.pass(60);
    said[delta] = null;
    await home.pass(900);
    expect(home.reading("River")).toMatchObject({ grid: "lost", grid_last: "lost", soc: 85 });
    expect(shutdowns(home)).toEqual([]);
  });

  it("that falls silent on battery together with the River: the wait when blind counts the time of both", async () => {
    const home = await open({ socPercent: 20 });
    const said = speak(home);
    new Agent(home, "pc");
    await home.pass(60);
    said[delta] = { ...onBattery };
    await home.pass(60);
    said[delta] = null;
    said[river] = null;
    // The River alone has 2 h and the Delta 7 h, so half of the time of both has passed after 4 h 30 min (S6).
    await home.pass(4 * 3_600);
    expect(shutdowns(home)).toEqual([]);
    await home.pass(3_600);
    expect(shutdowns(home)[0]?.reason).toMatch(
      /newest sample \d+ s old on battery.*unseen for as long as may be/,
    );
  });

  it("that falls silent on mains: unknown, no ground for anything", async () => {
    const home = await open({ socPercent: 90 });
    const said = speak(home);
    new Agent(home, "pc");
    await home.pass(60);
    said[delta] = null;
    await home.pass(3_600);
    expect(home.reading("River")).toMatchObject({ grid: "unknown", grid_last: "present" });
    expect(shutdowns(home)).toEqual([]);
  });

  it("that was never heard: unknown, until the River itself is without input", async () => {
    const home = await open({ socPercent: 90 });
    const said = speak(home, null);
    new Agent(home, "pc");
    await home.pass(900);
    expect(home.reading("River")).toMatchObject({ grid: "unknown", grid_last: null, grid_basis: "none" });
    expect(alarms(home)).toContain("no-reading-since-start");
    expect(shutdowns(home)).toEqual([]);
    said[river] = { ...onBattery };
    await home.pass(300);
    expect(home.reading("River")?.grid).toBe("lost");
    expect(shutdowns(home)).not.toEqual([]);
  });

  it("whose plug is pulled while the Delta has its mains: the River's own word counts", async () => {
    const home = await open({ socPercent: 90 });
    const said = speak(home);
    new Agent(home, "pc");
    await home.pass(60);
    said[river] = { ...onBattery };
    await home.pass(300);
    expect(home.reading("River")?.grid).toBe("lost");
    expect(shutdowns(home)).not.toEqual([]);
  });

  it("that is silent itself when the Delta loses the mains: it hears of it all the same", async () => {
    const home = await open({ socPercent: 90 });
    const said = speak(home);
    new Agent(home, "pc");
    await home.pass(60);
    said[river] = null;
    await home.pass(10);
    said[delta] = { ...onBattery };
    await home.pass(20);
    expect(home.reading("River")?.grid).toBe("lost");
    // Only its grid is new: its own values are as old as its newest message.
    const judged = home.heard.filter(({ key, params }) => key === "reading" && params["station"] === "River");
    expect((judged.at(-1)!.payload as StationReading).sample_age_ms).toBeGreaterThanOrEqual(10_000);
    await home.pass(300);
    expect(shutdowns(home)).not.toEqual([]);
  });
});
