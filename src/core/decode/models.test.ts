/** What a serial's first characters say, and what they do not. */
import { describe, expect, it } from "vitest";
import { Told } from "../../../test/told.ts";
import { encodeMessageFrame } from "../../sim/encode-json.ts";
import { partFromQuota } from "../fuse/quota-part.ts";
import { type Family, modelInText, modelOf, modelOfProduct, modelOfProductType } from "./models.ts";

/** A serial as stations have it: 16 characters. */
const serial = (prefix: string) => prefix.padEnd(16, "Z");

describe("serials", () => {
  it.each<[string, string, Family, number | null]>([
    ["R655", "RIVER 3", "river3", 245],
    ["R654", "RIVER 3", "river3", 230],
    ["R634", "RIVER 3 Plus", "river3", 270],
    ["P231", "DELTA 3", "delta3", 1_024],
    ["P321", "DELTA 3 Classic", "delta3", null],
    ["D3N1", "DELTA 3 Max", "delta3", 2_048],
    ["D3M1", "DELTA 3 Max Plus", "delta3", null],
    ["D751", "DELTA 3 Ultra", "delta3", null],
    ["D511", "DELTA 3 Ultra Plus", "delta3", null],
    ["PR11", "DELTA 3 1000 Air", "delta3", null],
    ["PR21", "DELTA 3 2000 Air", "delta3", 1_920],
    ["D365", "DELTA 3 1500", "delta2", 1_536],
    ["P341", "DELTA 2 Max S", "delta2", null],
    ["DBEB", "DELTA mini", "deltapro", 882],
    ["P2EB", "RIVER Pro", "river1", 720],
    ["M3CB", "RIVER Max", "river1", 288],
    ["R7AB", "RIVER", "river1", null],
    ["R8AB", "RIVER Plus", "river1", null],
    ["RAAB", "RIVER Max Plus", "river1", null],
    ["HR6C", "Smart Home Panel 3", "panel3", null],
    ["BK01", "STREAM Microinverter", "stream", null],
    ["N011", "STREAM Microinverter", "stream", null],
    ["BK61", "STREAM", "stream", null],
    ["BK99", "STREAM", "stream", null],
    ["ES22", "STREAM", "stream", null],
  ])("%s is a %s", (prefix, name, family, capacityWh) => {
    expect(modelOf(serial(prefix))).toMatchObject({ name, family, capacityWh });
  });

  it.each(["BK21", "HW52"])("%s is a meter or a plug, no station", (prefix) => {
    expect([modelOf(serial(prefix)), modelOf(prefix), modelInText(`x (${prefix})`)]).toEqual([
      null,
      null,
      null,
    ]);
  });

  it.each([
    ["BK21", "a smart meter"],
    ["hw52", "a smart plug"],
  ])("what a %s sends is no reading, and says why", (prefix, what) => {
    const said = encodeMessageFrame(2, 1, { soc: 60, in_ac_c20_pwr: 400 });
    const told = new Told(serial(prefix)).bytes(said);
    expect([told.last, told.problems]).toEqual([
      null,
      [`${prefix.toUpperCase()}… is ${what} and no station`],
    ]);
    expect(new Told(serial("BK22")).bytes(said).problems).toEqual([]);
    const part = partFromQuota(
      "ecoflow-open",
      serial(prefix),
      { data: { "hs_yj751_pd_appshow_addr.soc": 60 } },
      0,
    );
    expect(part).toEqual({ unknown: told.problems[0] });
  });

  it.each(["Rack", "rain", "R7", "Rack in the cellar"])("%s is a name that people give", (name) => {
    expect([modelOf(name), modelInText(name)]).toEqual([null, null]);
  });
});

describe("product ids", () => {
  it.each([
    [0x1c01, "DELTA Pro 3"],
    [0x1d01, "DELTA Pro Ultra"],
    [0x3002, "Smart Home Panel 2"],
    [0x4501, "RIVER 3"],
    [0x4d01, "DELTA 3"],
    [0x8c01, "STREAM"],
  ])("%d is a %s", (id, name) => expect(modelOfProduct(id)?.name).toBe(name));

  it.each([0, 0x4401, 0x4402])("%d is none: 0x44 is that of a River 3 Plus and of a microinverter", (id) => {
    expect(modelOfProduct(id)).toBeNull();
  });

  it("of a snapshot", () => {
    expect([17, 18, 99, null].map((type) => modelOfProductType(type)?.name)).toEqual([
      "RIVER mini",
      "RIVER Plus",
      undefined,
      undefined,
    ]);
  });
});

describe("the rated output that a station tells", () => {
  it("goes before the model's; 0 is not known", () => {
    const told = new Told("R631X").display({ cms_batt_soc: 50 });
    expect(told.last?.rated_watts).toBe(600);
    expect(told.display({ plug_in_info_ac_out_dsg_pow_max: 300 }).last?.rated_watts).toBe(300);
    expect(told.display({ plug_in_info_ac_out_dsg_pow_max: 0 }).last?.rated_watts).toBe(600);
    const unlisted = new Told("X999X").display({ cms_batt_soc: 50 });
    expect(unlisted.last?.rated_watts).toBeNull();
    expect(unlisted.display({ plug_in_info_ac_out_dsg_pow_max: 1_000 }).last?.rated_watts).toBe(1_000);
  });
});
