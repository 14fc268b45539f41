/** The parts of `inspect`: values at their places, guesses marked as guesses, and robustness against any bytes. */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeFrame, encodePlain } from "../../sim/encode.ts";
import { readWire } from "../decode/generic.ts";
import { Search } from "./find.ts";
import type { Leaf, Part } from "./leaf.ts";
import { changesBetween, Moments, sayingOf } from "./moments.ts";
import { partsOf } from "./part.ts";
import { Survey } from "./survey.ts";
import { treeLines } from "./tree.ts";

function parts(bytes: Uint8Array): Part[] {
  const found = partsOf(bytes);
  if ("unknown" in found) throw new Error(found.unknown);
  return found;
}

const leaves = (bytes: Uint8Array): Leaf[] => parts(bytes).flatMap((part) => part.leaves);
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const display = (fields: Record<string, number | boolean>, seq = 200) =>
  encodeFrame("DisplayPropertyUpload", fields, { seq, masked: true, productId: 17_665 });

describe("a payload taken apart", () => {
  it("has the names of our tables, also nested, and lifts the mask of each header", () => {
    const masked = display({ pow_get_ac_in: 88.5, cms_chg_dsg_state: 2 });
    expect(leaves(masked).map(({ path, name, value, unit }) => [path, name, value, unit])).toEqual([
      ["54", "pow_get_ac_in", 88.5, "W"],
      ["282", "cms_chg_dsg_state", 2, ""],
    ]);
    const nested = encodeFrame("CMSHeartBeatReport", { v1p0: { lcd_show_soc: 81, bms_is_connt: [3, 1] } });
    expect(leaves(nested).map(({ path, name, value }) => [path, name, value])).toEqual([
      ["1.9", "v1p0.lcd_show_soc", 81],
      ["1.16", "v1p0.bms_is_connt", "[3, 1]"],
    ]);
  });

  // Written by hand: header (1) with pdata (1), src 2, cmd_func 254, cmd_id 99.
  it("walks an unknown message by its numbers, and calls its guesses guesses", () => {
    const pdata = [
      ...[0x08, 0xd8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], // 1: varint −40
      ...[0x1d, 0x00, 0x80, 0x66, 0x43], // 3: fixed32, 230.5 as float
      ...[0x25, 0x07, 0x00, 0x00, 0x00], // 4: fixed32, 7 as integer
      ...[0x3a, 0x02, 0x10, 0x05], // 7: {2: varint 5}
      ...[0x4a, 0x04, 0x41, 0x42, 0x43, 0x44], // 9: "ABCD"
      ...[0x52, 0x02, 0xff, 0xff], // 10: bytes
      ...[0x58, 0x01, 0x58, 0x02], // 11: varint, twice
    ];
    const header = [0x0a, pdata.length, ...pdata, 0x10, 0x02, 0x40, 0xfe, 0x01, 0x48, 0x63];
    const bytes = new Uint8Array([0x0a, header.length, ...header]);
    expect(parts(bytes)[0]).toMatchObject({ kind: "254/99", src: 2, message: null });
    expect(leaves(bytes).map(({ path, name, type, value }) => [path, name, type, value])).toEqual([
      ["1", null, "varint", -40],
      ["3", null, "float?", 230.5],
      ["4", null, "fixed32?", 7],
      ["7.2", null, "varint", 5],
      ["9", null, "text?", '"ABCD"'],
      ["10", null, "bytes", "0xffff"],
      ["11[0]", null, "varint", 1],
      ["11[1]", null, "varint", 2],
    ]);
  });

  it("names nothing whose wire type is another than the table's", () => {
    const pdata = new BinaryWriter().tag(54, WireType.LengthDelimited).string("what").finish();
    const [leaf] = leaves(encodePlain(pdata, { cmdFunc: 254, cmdId: 21 }));
    expect(leaf).toMatchObject({ path: "54", name: null, unit: "", type: "text?" });
  });

  it("tells packs apart", () => {
    const bms = (num: number) => encodeFrame("BMSHeartBeatReport", { num, soc: 50 });
    expect([0, 1].map((num) => parts(bms(num))[0]?.kind)).toEqual(["32/50", "32/50 pack 1"]);
  });

  it("reads JSON by its keys, and knows the keys of our tables", () => {
    const found = leaves(json({ params: { "pd.soc": 77, "pd.neverSeen": [1, 2] } }));
    expect(found.map(({ path, name, value }) => [path, name, value])).toEqual([
      ["pd.soc", "pd.soc", 77],
      ["pd.neverSeen[0]", null, 1],
      ["pd.neverSeen[1]", null, 2],
    ]);
  });

  it("knows the packet that requests everything from a station", () => {
    // docs/protocol.md, a request for everything: src 32, dest 32, seq, from = "android".
    const bytes = new Uint8Array(Buffer.from("0a1410201820708090a0c801ba0107616e64726f6964", "hex"));
    expect(parts(bytes)[0]).toMatchObject({
      kind: "request",
      src: 32,
      leaves: [],
      because: "a request without data",
    });
    expect(parts(json({ from: "Android", operateType: "latestQuotas", params: {} }))[0]?.because).toContain(
      "request",
    );
  });

  it("never throws, and every place lies within the bytes", () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 200 }).map((pdata) => encodePlain(pdata, { cmdFunc: 254, cmdId: 99 })),
      fc.json().map((text) => new TextEncoder().encode(text)),
    );
    fc.assert(
      fc.property(anything, (bytes) => {
        partsOf(bytes);
        treeLines(bytes);
        for (const { start, end } of readWire(bytes) ?? [])
          expect(start <= end && end <= bytes.length).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("what is counted", () => {
  const heard = (at: number, fields: Record<string, number>) => ({
    at,
    sn: "a",
    parts: parts(display(fields)),
  });

  it("is kinds with their rhythm, and fields with their range", () => {
    const survey = new Survey(true);
    for (const [index, watts] of [10, 30, 20].entries())
      survey.take(heard(index * 2_000, { pow_get_ac_in: watts }));
    const [kind] = survey.kinds();
    expect(kind).toMatchObject({
      sn: "a",
      kind: "254/21",
      count: 3,
      period: { middle: 2_000, shortest: 2_000, longest: 2_000 },
    });
    expect(kind?.fields).toMatchObject([
      { path: "54", name: "pow_get_ac_in", least: 10, most: 30, different: 3, count: 3 },
    ]);
  });

  it("is what changed between two moments: a value holds until the next one", () => {
    const moments = new Moments([1_000, 3_500]);
    moments.take(heard(1_000, { pow_get_ac_in: 50, errcode: 1 }));
    moments.take(heard(2_000, { pow_get_ac_in: 0 }));
    moments.take(heard(3_000, { pow_out_sum_w: 40 }));
    moments.take(heard(4_000, { errcode: 9 }));
    const [before, after] = moments.copies();
    if (before === undefined || after === undefined) throw new Error("two moments were asked for");
    expect(changesBetween(before, after).map((change) => [change.name, change.before, change.after])).toEqual(
      [
        ["pow_out_sum_w", null, 40],
        ["pow_get_ac_in", 50, 0],
      ],
    );
  });

  it("compares two payloads by themselves", () => {
    const [one, other] = [display({ pow_get_ac_in: 5 }, 1), display({ pow_get_ac_in: 6 }, 77)];
    expect(changesBetween(sayingOf(parts(one)), sayingOf(parts(other)))).toHaveLength(1);
    expect(changesBetween(sayingOf(parts(one)), sayingOf(parts(one)))).toEqual([]);
  });
});

describe("a value that is looked for", () => {
  const search = (value: number, tolerance: number, ...payloads: Uint8Array[]) => {
    const found = new Search(value, tolerance);
    for (const [at, bytes] of payloads.entries()) found.take({ at, sn: "a", parts: parts(bytes) });
    return found.candidates().map(({ path, scale, hits, count }) => [path, scale, hits, count]);
  };

  it("is found as it is, in tenths and thousandths, with the other sign, and as an integer", () => {
    const pdata = new BinaryWriter();
    pdata.tag(1, WireType.Varint).uint32(2305);
    pdata.tag(2, WireType.Varint).int32(-230_500);
    pdata.tag(3, WireType.Bit32).float(230.5);
    pdata.tag(4, WireType.Varint).uint32(231);
    const bytes = encodePlain(pdata.finish(), { cmdFunc: 254, cmdId: 99 });
    expect(search(230.5, 0.05, bytes)).toEqual([
      ["3", 1, 1, 1],
      ["1", 10, 1, 1],
      ["2", -1_000, 1, 1],
    ]);
    expect(
      search(
        1,
        0,
        encodePlain(new BinaryWriter().tag(1, WireType.Bit32).fixed32(1_000).finish(), {
          cmdFunc: 1,
          cmdId: 1,
        }),
      ),
    ).toEqual([["1", 1_000, 1, 1]]);
  });

  it("is the likelier in a field the more constantly it carries it", () => {
    const both = display({ pow_get_ac_in: 40, pow_out_sum_w: 40 });
    const one = display({ pow_get_ac_in: 41, pow_out_sum_w: 40 });
    expect(search(40, 0.5, both, one)).toEqual([
      ["4", 1, 2, 2],
      ["54", 1, 1, 2],
    ]);
  });

  it("zero counts once", () => {
    expect(search(0, 0.5, display({ pow_get_ac_in: 0 }))).toEqual([["54", 1, 1, 1]]);
  });
});
