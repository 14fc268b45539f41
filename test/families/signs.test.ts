/** Each sign of the mains in docs/stations.md works alone, fails just below its limit, and there are no others. */
import { describe, expect, it } from "vitest";
import { takeNamed } from "../../src/core/decode/by-name.ts";
import { createDevice } from "../../src/core/decode/device.ts";
import { noEvidence } from "../../src/core/decode/families/evidence.ts";
import { allFamilies } from "../../src/core/decode/families/registry.ts";
import { displayPropertyUpload } from "../../src/core/decode/fields/display-property.ts";
import { quota } from "../../src/core/decode/fields/quota.ts";
import type { Table } from "../../src/core/decode/fields/table.ts";
import type { Family } from "../../src/core/decode/models.ts";
import { encodeJson } from "../../src/sim/encode-json.ts";
import { Told } from "../told.ts";
import { matrix } from "./matrix.ts";

type Fields = Readonly<Record<string, number>>;
/** The fields of a sign with values that just suffice, and values that just do not. */
type Example = readonly [shows: Fields, not: Fields];

const line: readonly Example[] = [
  [{ plug_in_info_ac_in_flag: 1 }, { plug_in_info_ac_in_flag: 0 }],
  [{ flow_info_ac_in: 2 }, { flow_info_ac_in: 13 }],
  [{ plug_in_info_ac_charger_flag: 1 }, { plug_in_info_ac_charger_flag: 0 }],
  [{ cms_chg_dsg_state: 2, pow_get_pv: 2.9 }, { pow_get_pv: 3 }],
  [{ cms_chg_dsg_state: 1, pow_out_sum_w: 5, pow_get_ac_in: 1 }, { pow_get_ac_in: 1.1 }],
  [{ power_outages_active_flag: 1 }, { power_outages_active_flag: 2 }],
];
const acIn = (least: number): Example => [{ pow_get_ac_in: least + 0.1 }, { pow_get_ac_in: least }];

/** In the order of the family's signs. */
const examples: Readonly<Record<Family, readonly Example[]>> = {
  river3: [acIn(3), ...line],
  delta3: [acIn(3), ...line],
  deltapro3: [acIn(5), [{ plug_in_info_ac_in_vol: 80.1 }, { plug_in_info_ac_in_vol: 80 }], ...line],
  stream: [],
  delta2: [
    [{ "inv.acInVol": 50_001 }, { "inv.acInVol": 50_000 }],
    [{ "inv.acInVol": 50_000 }, { "inv.acInVol": 50_001 }],
  ],
  deltapro: [
    [{ "inv.acInVol": 1 }, { "inv.acInVol": 0 }],
    [{ "inv.acInFreq": 50 }, { "inv.acInVol": 0 }],
    [{ "inv.acInVol": 0, "pd.wattsOutSum": 5 }, { "inv.acInFreq": 50 }],
  ],
  river1: [
    [{ "inv.invInVol": 1 }, { "inv.invInVol": 0 }],
    [{ "inv.acInVol": 1 }, { "inv.acInVol": 0 }],
    [{ "inv.invInVol": 0 }, { "inv.acInVol": 1 }],
    [{ "inv.acInVol": 0 }, { "inv.invInVol": 1 }],
  ],
  deltaproultra: [
    [{ in_ac_c20_pwr: 1 }, { in_ac_c20_pwr: 0 }],
    [{ in_ac_5p8_pwr: 1 }, { in_ac_5p8_pwr: 0 }],
    [{ ac_in_freq: 60 }, { ac_in_freq: 0 }],
    [{ in_ac_c20_vol: 50.1 }, { in_ac_c20_vol: 50 }],
    [{ ac_in_freq: 0, in_ac_c20_vol: 50, out_ac_l1_1_pwr: 5 }, { in_ac_c20_vol: 50.1 }],
  ],
  powerstream: [[{ inv_op_volt: 1 }, { inv_op_volt: 0 }]],
  panel1: [
    [{ "heartbeat.gridSta": 1 }, { "heartbeat.gridSta": 2 }],
    [{ "heartbeat.gridSta": 0 }, { "heartbeat.gridSta": 1 }],
  ],
  panel2: [
    [{ "master_incre_info.grid_sta": 1 }, { "master_incre_info.grid_sta": 2 }],
    [{ "watt_info.grid_watt": 3.1 }, { "watt_info.grid_watt": 3 }],
    [{ "master_incre_info.grid_sta": 2 }, { "master_incre_info.grid_sta": 1 }],
  ],
  panel3: [
    [{ "panel_backup_ch1_Info.ch_sta": 1 }, { "panel_backup_ch1_Info.ch_sta": 0 }],
    [{ shp_grid_pwr: 3.1 }, { shp_grid_pwr: 3 }],
    [{ "panel_backup_ch1_Info.ch_sta": 2 }, { "panel_backup_ch2_Info.ch_sta": 1 }],
  ],
};

/** The fields in backticks: "`flow_info_ac_in` 2" names one. */
const fieldsIn = (sign: string) => [...sign.matchAll(/`([\w.]+)[^`]*`/g)].map(([, name]) => name);

/** The paths of a table's fields: `watt_info.grid_watt`. */
function paths(table: Table): string[] {
  return table.fields.flatMap(({ name, nested }) =>
    nested === null ? [name] : paths(nested).map((path) => `${name}.${path}`),
  );
}

/** Returns the verdict of the family's station 5 s after a payload with these fields. */
function verdictOf(family: Family, tables: readonly Table[], fields: Fields): string | undefined {
  const told = new Told(matrix[family].station);
  for (const table of tables) {
    const own = Object.entries(fields).filter(([path]) => paths(table).includes(path));
    const message = Object.fromEntries(own);
    if (own.length > 0) told.bytes(encodeJson("app", table === quota ? message : { [table.name]: message }));
  }
  return told.pass(5).last?.grid;
}

describe.each(allFamilies)("the signs of %s", (family, { about, grid }) => {
  const { tables, seen } = about;
  const signs = Object.entries(about.signs);

  it("have an example each", () => {
    expect(examples[family]).toHaveLength(signs.length);
  });

  it.each(signs)("%s: %s", (sign, says) => {
    const index = signs.findIndex(([other]) => other === sign);
    const [shows, not] = examples[family][index] as Example;
    expect(tables.flatMap(paths)).toEqual(expect.arrayContaining(fieldsIn(sign)));
    expect(Object.keys(shows)).toEqual(fieldsIn(sign));
    expect(verdictOf(family, tables, shows)).toBe(says);
    expect(verdictOf(family, tables, { ...shows, ...not })).not.toBe(says);
    for (const field of fieldsIn(sign)) {
      const others = Object.entries(shows).filter(([name]) => name !== field);
      expect(verdictOf(family, tables, Object.fromEntries(others)), `without ${field}`).not.toBe(says);
    }
  });

  it("are there, where a story knows the mains", () => {
    const stories = Object.values(matrix[family].stories);
    for (const says of ["present", "lost"]) {
      const isKnown = stories.some(({ end }) => end.grid === says);
      expect(
        signs.some(([, verdict]) => verdict === says),
        says,
      ).toBe(isKnown);
    }
  });

  it("are called inferred where no capture shows them", () => {
    const isSeen = Object.values(seen).some(({ grid }) => grid.length > 0);
    for (const [sign] of isSeen ? [] : signs) expect(sign).toContain("inferred");
  });

  /** Returns the verdict of a station with a load and no input that reports this as well. */
  function alone(table?: Table, path = "", value = 0): string {
    const device = createDevice();
    const quiet = { pow_in_sum_w: 0, pow_out_sum_w: 60, pow_get_ac_in: 0, pow_get_pv: 0 };
    if (tables.includes(displayPropertyUpload)) takeNamed(device, displayPropertyUpload, quiet, 1);
    if (table !== undefined) takeNamed(device, table, { [path]: value }, 2);
    return grid(device, noEvidence(), { at: 3, soc: 60, holdsPassed: true }).verdict;
  }

  it("are all: no other field alone proves that the mains is present or lost", () => {
    const tried = [0, 1, 2, 3, 10, 60, 100, 60_000];
    /** The channels of a panel are named by their first. */
    const named = (path: string) => path.replace(/_ch\d_/, "_ch1_");
    const found = tables.flatMap((table) =>
      paths(table).flatMap((path) => tried.map((value) => `${alone(table, path, value)}: ${named(path)}`)),
    );
    const known = signs.flatMap(([sign, says]) => fieldsIn(sign).map((path) => `${says}: ${path}`));
    expect(alone()).not.toMatch(/present|lost/);
    expect(known).toEqual(expect.arrayContaining(found.filter((word) => /^(?:present|lost)/.test(word))));
  });
});
