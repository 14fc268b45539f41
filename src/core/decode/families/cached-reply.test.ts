/** A snapshot of the app may come from the cloud's cache: it ends no outage unless a push follows within 30 s (S7). */
import { describe, expect, it } from "vitest";
import { onBattery, onMains, Told } from "../../../../test/told.ts";
import { encodeFrame, type Fields } from "../../../sim/encode.ts";
import { encodeJson, encodeMessageFrame } from "../../../sim/encode-json.ts";

interface Line {
  name: string;
  serial: string;
  lost: Uint8Array;
  /** The station's message that the mains is present, live and as a snapshot. */
  present: Uint8Array;
  cached: Uint8Array;
  /** Live, and of something else. */
  other(n: number): Uint8Array;
}

const json = (name: string, serial: string, key: string): Line => ({
  name,
  serial,
  lost: encodeJson("app", { "pd.soc": 60, [key]: 0, "pd.wattsOutSum": 100, "pd.wattsInSum": 0 }),
  present: encodeJson("app", { [key]: 230_000, "pd.wattsInSum": 105 }),
  cached: encodeJson("snapshot", { "pd.soc": 60, [key]: 230_000, "pd.wattsInSum": 105 }, { serial }),
  other: (n) => encodeJson("app", { "pd.soc": 60, "pd.errCode": n }),
});
const display = (fields: Fields, seq: number, push = true) =>
  encodeFrame("DisplayPropertyUpload", fields, { seq, push });

/** Keys of a Delta Pro Ultra's messages as its JSON has them. */
const keyed = (board: string) => (fields: Fields) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [`${board}.${name}`, value]));
const app = keyed("hs_yj751_pd_appshow_addr");
const inner = keyed("hs_yj751_pd_backend_addr");
const load: Fields = { soc: 60, watts_in_sum: 0, watts_out_sum: 100, out_ac_l1_1_pwr: 100 };

const lines: Line[] = [
  json("Delta 2", "R331X", "inv.acInVol"),
  json("Delta Pro", "DCEBX", "inv.acInVol"),
  json("River Pro", "RIVER Pro", "inv.invInVol"),
  {
    name: "River 3 Plus",
    serial: "R631X",
    lost: display(onBattery, 1),
    present: display(onMains, 2),
    cached: display(onMains, 3, false),
    other: (n) => display({ cms_batt_soc: 60, ac_out_freq: n }, 10 + n),
  },
  ...["in_ac_c20_pwr", "in_ac_5p8_pwr"].map((input) => ({
    name: `Delta Pro Ultra, ${input}`,
    serial: "Y711X",
    lost: encodeJson("app", {
      ...app({ ...load, [input]: 0 }),
      ...inner({ ac_in_freq: 0, in_ac_c20_vol: 0 }),
    }),
    present: encodeJson("app", app({ [input]: 400 })),
    cached: encodeJson("snapshot", app({ ...load, [input]: 400 }), { serial: "Y711X" }),
    other: (n: number) => encodeJson("app", app({ bp_num: n })),
  })),
  ...[{ ac_in_freq: 60 }, { in_ac_c20_vol: 230 }].map((input: Fields) => ({
    name: `Delta Pro Ultra, ${Object.keys(input)[0]}`,
    serial: "Y711X",
    lost: encodeJson("app", { ...app(load), ...inner({ ac_in_freq: 0, in_ac_c20_vol: 0 }) }),
    present: encodeJson("app", inner(input)),
    cached: encodeJson("snapshot", { ...app(load), ...inner(input) }, { serial: "Y711X" }),
    other: (n: number) => encodeJson("app", app({ bp_num: n })),
  })),
  {
    name: "Smart Home Panel 2",
    serial: "HD31X",
    lost: encodeMessageFrame(12, 32, { master_incre_info: { grid_sta: 0 } }),
    present: encodeMessageFrame(12, 32, { master_incre_info: { grid_sta: 1 } }),
    cached: encodeJson("snapshot", { "masterIncreInfo.gridSta": 1 }, { serial: "HD31X" }),
    other: (n) => encodeMessageFrame(12, 32, { backup_incre_info: { backup_bat_per: 60 + n } }),
  },
  {
    name: "Smart Home Panel 3",
    serial: "HR62X",
    lost: encodeJson("app", { "panel_backup_ch1_Info.ch_sta": 2 }),
    present: encodeJson("app", { "panel_backup_ch1_Info.ch_sta": 1 }),
    cached: encodeJson("snapshot", { "panel_backup_ch1_Info.ch_sta": 1 }, { serial: "HR62X" }),
    other: (n) => encodeJson("app", { shp_load_pwr: 100 + n }),
  },
  {
    name: "Smart Home Panel 2, watts",
    serial: "HD31X",
    lost: encodeMessageFrame(12, 32, { master_incre_info: { grid_sta: 0 } }),
    present: encodeMessageFrame(12, 32, { master_incre_info: { grid_sta: 1 } }),
    cached: encodeJson(
      "snapshot",
      { "masterIncreInfo.gridSta": 1, "wattInfo.gridWatt": 400 },
      { serial: "HD31X" },
    ),
    other: (n) => encodeMessageFrame(12, 32, { backup_incre_info: { backup_bat_per: 60 + n } }),
  },
  {
    name: "Smart Home Panel 3, watts",
    serial: "HR62X",
    lost: encodeJson("app", { "panel_backup_ch1_Info.ch_sta": 2 }),
    present: encodeJson("app", { "panel_backup_ch1_Info.ch_sta": 1 }),
    cached: encodeJson(
      "snapshot",
      { "panel_backup_ch1_Info.ch_sta": 1, shp_grid_pwr: 400 },
      { serial: "HR62X" },
    ),
    other: (n) => encodeJson("app", { shp_load_pwr: 100 + n }),
  },
];

describe.each(lines)("$name", ({ serial, lost, present, cached, other }) => {
  const outage = () => new Told(serial).bytes(lost).pass(10).bytes(cached);

  it("a snapshot alone is no sample of its word", () => {
    expect(outage().last).toMatchObject({ grid: "present", samples: 1, sample_age_ms: 10_000 });
  });

  it("followed within 30 s it does", () => {
    expect(outage().pass(30).bytes(other(1)).last).toMatchObject({ grid: "present" });
  });

  it("followed later it does not, and proves nothing then either", () => {
    const late = outage().pass(31).bytes(other(1)).pass(5).bytes(other(2));
    expect(late.last?.grid).not.toBe("present");
    expect(late.last?.grid_last).toBe("lost");
    expect(late.bytes(present).last?.grid).toBe("present");
  });

  it("one that says nothing of the mains takes nothing from the loss told before", () => {
    const quiet = encodeJson("snapshot", { "pd.errCode": 0 }, { serial });
    const late = new Told(serial).bytes(lost).pass(10).bytes(quiet).pass(31).bytes(other(1)).pass(5);
    expect(late.last?.grid).toBe("lost");
  });

  it("on mains, and at the start, it is no reason to doubt", () => {
    const mains = new Told(serial).bytes(present).pass(10).bytes(cached);
    expect(mains.last?.grid).toBe("present");
    expect(mains.pass(60).bytes(other(1)).verdicts).not.toContain("lost");
    expect(new Told(serial).bytes(cached).last?.grid).toBe("present");
  });
});

it("an old charge of a cache that came first falls with the station's first word", () => {
  const told = new Told("R331X").bytes(encodeJson("snapshot", { "pd.soc": 4, "inv.acInVol": 0 }));
  expect(told.last).toMatchObject({ soc: 4, samples: 0 });
  const late = told.pass(31).bytes(encodeJson("app", { "pd.soc": 80 }));
  expect(late.last).toMatchObject({ soc: 80, samples: 1 });
});
