/** Stories of stations behind a Smart Home Panel (E17, E18): their own AC input shows nothing of the house's mains. */
import { describe, expect, it } from "vitest";
import { encodeFrame } from "../../src/sim/encode.ts";
import { encodeMessageFrame } from "../../src/sim/encode-json.ts";
import { House } from "../house.ts";

const bytes = (payload: unknown) => new TextEncoder().encode(JSON.stringify(payload));
const panel = "SP10ZEMULATED001";

/** Panel 1 pushes its heartbeat as the app's topic has it: values beside `cmdSet` and `id`. */
const push = (gridSta: number, n: number) =>
  bytes({ id: n, version: "1.0", params: { cmdSet: 11, id: 2, gridSta, backupBatPer: 80, gridDayWatth: n } });
/** The answer to the app's question, which may come from a cache. */
const snapshot = (gridSta: number, n: number) =>
  bytes({
    operateType: "latestQuotas",
    code: "0",
    id: n,
    data: { sn: panel, productType: 40, quotaMap: { heartbeat: { gridSta, backupBatPer: 25 } } },
  });

/** Stations that a panel feeds past their AC input, each with its idle frames: no input, no load. */
const fed: Readonly<Record<string, readonly [serial: string, idle: (n: number) => Uint8Array]>> = {
  "Delta Pro": [
    "DCEBZEMULATED001",
    (n) =>
      bytes({
        params: {
          "inv.acInVol": 0,
          "inv.acInFreq": 0,
          "inv.inputWatts": 0,
          "inv.outputWatts": 0,
          "pd.wattsInSum": 0,
          "pd.wattsOutSum": 0,
          "ems.lcdShowSoc": 25,
          "ems.f32LcdShowSoc": 25 + (n % 2) / 100,
        },
      }),
  ],
  "Delta Pro Ultra": [
    "Y711ZEMULATED001",
    (n) =>
      n % 2 === 0
        ? encodeMessageFrame(2, 1, { soc: 25, in_ac_c20_pwr: 0, in_ac_5p8_pwr: 0, watts_out_sum: n % 3 })
        : encodeMessageFrame(2, 2, { ac_in_freq: 0, in_ac_c20_vol: n % 3 }),
  ],
  "Delta Pro 3": [
    "MR51ZEMULATED001",
    (n) =>
      encodeFrame(
        "DisplayPropertyUpload",
        { cms_batt_soc: 25, pow_get_ac_in: 0, pow_out_sum_w: 0, pow_in_sum_w: 0, cms_chg_dsg_state: 0 },
        { seq: n, masked: true },
      ),
  ],
};

/** The same with a load on its own sockets and nothing at its input, as when the panel uses it by its own schedule. */
const loaded: Readonly<Record<string, (n: number) => Uint8Array>> = {
  "Delta Pro": (n) =>
    bytes({
      params: {
        "inv.acInVol": 0,
        "inv.acInFreq": 0,
        "pd.wattsInSum": 0,
        "pd.wattsOutSum": 800 + (n % 2),
        "ems.lcdShowSoc": 25,
      },
    }),
  "Delta Pro Ultra": (n) =>
    n % 2 === 0
      ? encodeMessageFrame(2, 1, {
          soc: 25,
          in_ac_c20_pwr: 0,
          in_ac_5p8_pwr: 0,
          watts_out_sum: 800,
          out_ac_l1_1_pwr: 800 + (n % 3),
        })
      : encodeMessageFrame(2, 2, { ac_in_freq: 0, in_ac_c20_vol: n % 3 }),
  "Delta Pro 3": (n) =>
    encodeFrame(
      "DisplayPropertyUpload",
      {
        cms_batt_soc: 25,
        pow_get_ac_in: 0,
        pow_out_sum_w: 800 + (n % 2),
        pow_in_sum_w: 0,
        cms_chg_dsg_state: 1,
      },
      { seq: n, masked: true },
    ),
};

async function open(name: string, upstream = true) {
  const [serial, idle] = fed[name] as (typeof fed)[string];
  const house = await House.open({
    stations: { DP: { serial, ...(upstream && { upstream: "Panel" }) }, Panel: { serial: panel } },
    machines: { pc: { stations: ["DP"], socPercent: 30 } },
    policy: { debounceSec: 8 },
  });
  const now = { own: idle, panel: null as ((n: number) => Uint8Array) | null };
  let n = 0;
  house.each(2, () => {
    n += 1;
    house.frame(serial, now.own(n));
    if (now.panel !== null) house.frame(panel, now.panel(n));
  });
  return { house, now };
}
const shutdowns = (house: House) => house.commands().filter(({ action }) => action === "shutdown");
const onBattery = (house: House) => house.power("pc").map(({ on_battery }) => on_battery);

describe.each(Object.keys(fed))("a %s behind a panel", (name) => {
  it.each([
    ["that reports the mains", (n: number) => push(1, n), "present"],
    ["that reports it in answers from a cache only", (n: number) => snapshot(1, n), "unknown"],
    ["that is never heard", null, "unknown"],
    ["that reports no state of the grid", (n: number) => push(7, n), "unknown"],
  ])("%s: nothing at its own input is no loss", async (_, reports, grid) => {
    for (const own of [fed[name]?.[1], loaded[name]]) {
      const { house, now } = await open(name);
      Object.assign(now, { own, panel: reports });
      await house.pass(120);
      expect(house.reading("DP")?.grid).toBe(grid);
      expect(house.of<{ grid: string }>("reading", "DP").map((reading) => reading.grid)).not.toContain(
        "lost",
      );
      expect(shutdowns(house)).toEqual([]);
      expect(onBattery(house)).not.toContain(true);
    }
  });

  it("that loses the mains: lost within seconds, and the machine goes", async () => {
    const { house, now } = await open(name);
    now.panel = (n) => push(1, n);
    await house.pass(60);
    now.panel = (n) => push(0, n);
    await house.pass(8);
    expect(house.reading("DP")?.grid).toBe("lost");
    await house.pass(20);
    expect(shutdowns(house)).not.toEqual([]);
  });
});

describe("a Delta Pro without upstream in the configuration", () => {
  it("that idles with nothing at its input, but for a second of voltage now and then, is no loss", async () => {
    const { house, now } = await open("Delta Pro", false);
    const idle = now.own;
    const volts = bytes({ params: { "inv.acInVol": 118_000, "inv.acInFreq": 60, "inv.inputWatts": 0 } });
    now.own = (n) => (n % 30 === 0 ? volts : idle(n));
    await house.pass(300);
    expect(house.reading("DP")?.grid).toBe("unknown");
    expect(shutdowns(house)).toEqual([]);
  });

  it("whose input carried the mains is lost in 4 s, without a load too; with a load it needs no past", async () => {
    const { house, now } = await open("Delta Pro", false);
    const idle = now.own;
    now.own = (n) =>
      bytes({ params: { "inv.acInVol": 118_000, "inv.inputWatts": 90 + (n % 2), "ems.lcdShowSoc": 25 } });
    await house.pass(10);
    now.own = idle;
    await house.pass(8);
    expect(house.reading("DP")?.grid).toBe("lost");
    const fresh = await open("Delta Pro", false);
    fresh.now.own = loaded["Delta Pro"] as (n: number) => Uint8Array;
    await fresh.house.pass(8);
    expect(fresh.house.reading("DP")?.grid).toBe("lost");
  });
});
