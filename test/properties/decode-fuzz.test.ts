/** Foreign bytes: no throw, no hang, bounded memory, no invented value. `NIGHTLY=1` plays a million. */
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { readEnvelope } from "../../src/core/decode/envelope.ts";
import { messageOf } from "../../src/core/decode/index.ts";
import { readNamed } from "../../src/core/decode/named.ts";
import { createStation, type JudgedReading, take } from "../../src/core/station.ts";
import { encodeJson, encodeMessageFrame, jsonKeys } from "../../src/sim/encode-json.ts";
import { createSimStation } from "../sim-station.ts";

const nightly = Boolean(process.env["NIGHTLY"]);
const numRuns = nightly ? 1_000_000 : 20_000;
vi.setConfig({ testTimeout: nightly ? 3_600_000 : 120_000 });
const good = createSimStation({ serial: "R655X", socPercent: 60, loadWatts: 60 }).advance(130);
/** Frames of every other wire form. */
const others = [
  encodeMessageFrame(2, 1, { soc: 60, in_ac_c20_pwr: 700, watts_in_sum: 700, watts_out_sum: 650 }),
  encodeMessageFrame(2, 2, { ac_in_freq: 60, in_ac_c20_vol: 240, bms_output_watts: 5 }),
  encodeMessageFrame(2, 3, { chg_max_soc: 95, dsg_min_soc: 10 }),
  encodeMessageFrame(2, 4, { bp_info: [{ bp_no: 1, bp_soc: 99, bp_energy: 6_144, bp_temp: 20 }] }),
  encodeMessageFrame(12, 1, { watt_info: { grid_watt: 400, all_hall_watt: 400 } }),
  encodeMessageFrame(12, 32, {
    backup_incre_info: { backup_bat_per: 60 },
    master_incre_info: { grid_sta: 1 },
  }),
  encodeMessageFrame(20, 1, { bat_soc: 54, bat_temp: 320, inv_op_volt: 2_330, bat_input_watts: -670 }),
  encodeJson("snapshot", { "pd.soc": 60, "inv.acInVol": 230_000, "bms_bmsStatus.temp": "25" }),
  encodeJson("open", { soc: 60, wattsOutSum: 5 }, { typeCode: "pdStatus", timestamp: 1 }),
];
const frame = fc.constantFrom(...good, ...others);

const newStation = () =>
  createStation({ id: "s", serial: "R655X", name: null, capacityWh: null, dischargeLimitPercent: null });

/** What a reading can say at all; anything else is a value that no station has. */
function isPossible(reading: JudgedReading): boolean {
  const within = (value: number | null, least: number, most: number) =>
    value === null || (value >= least && value <= most);
  return (
    within(reading.soc, 0, 100) &&
    within(reading.temp_celsius, -60, 150) &&
    [reading.ac_in_watts, reading.in_watts, reading.out_watts, reading.solar_watts].every((watts) =>
      within(watts, -120_000, 120_000),
    ) &&
    within(reading.discharge_limit_percent, 0, 100.5) &&
    (reading.modules ?? []).every(({ num, soc }) => within(num, 0, 15) && within(soc, 0, 100))
  );
}

/** Decodes by every way there is; answers what the station made of it. */
function play(bytes: Uint8Array): JudgedReading | null {
  const envelope = readEnvelope(bytes);
  if ("frames" in envelope) {
    for (const part of envelope.frames) {
      const table = messageOf(part);
      if (table) readNamed(table, part.pdata);
    }
  }
  return take(newStation(), { kind: "frame", source: "mqtt-raw", bytes, at: 1, wall: 1 }).reading;
}

const holds = (bytes: Uint8Array) => {
  const reading = play(bytes);
  return reading === null || isPossible(reading);
};

describe("fuzz", () => {
  it("random bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), holds), { numRuns });
  });

  it("truncated frames give no reading", () => {
    fc.assert(
      fc.property(frame, fc.nat(), (bytes, cut) => play(bytes.subarray(0, cut % bytes.length)) === null),
      { numRuns },
    );
  });

  it("frames with flipped bits", () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(7)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(frame, flips, (bytes, bits) => {
        const broken = Uint8Array.from(bytes);
        for (const [place, bit] of bits) broken[place % broken.length]! ^= 1 << bit;
        return holds(broken);
      }),
      { numRuns },
    );
  });

  it("headers within headers, and messages within messages", () => {
    fc.assert(
      fc.property(frame, fc.integer({ min: 1, max: 60 }), (bytes, depth) => {
        let nested = bytes;
        for (let i = 0; i < depth; i++) {
          const length =
            nested.length < 128 ? [nested.length] : [(nested.length & 0x7f) | 0x80, nested.length >> 7];
          nested = Uint8Array.from([0x0a, ...length, ...nested]);
        }
        return holds(nested);
      }),
      { numRuns: numRuns / 20 },
    );
  });

  it("JSON of any shape, with the keys of real stations among it", () => {
    const key = fc.oneof(
      fc.constantFrom(...jsonKeys, "params", "data", "quotaMap", "addr", "param"),
      fc.string(),
    );
    const tree = fc.object({
      key,
      maxDepth: 5,
      values: [
        fc.double(),
        fc.integer(),
        fc.integer().map(String),
        fc.string(),
        fc.boolean(),
        fc.constant(null),
      ],
    });
    fc.assert(
      fc.property(tree, (value) => holds(new TextEncoder().encode(JSON.stringify(value) ?? ""))),
      { numRuns: numRuns / 10 },
    );
  });

  it("a huge payload ends soon and keeps nothing", () => {
    const huge = new Uint8Array(1_000_000).fill(0x0a);
    expect(play(huge)).toBeNull();
    const many = new Uint8Array(200_000);
    for (let i = 0; i < many.length; i += 2) many[i] = 0x0a;
    expect(play(many)).toBeNull();
  });

  it("a broken frame leaves a station as it was", () => {
    fc.assert(
      fc.property(frame, fc.nat(), (bytes, cut) => {
        const memory = newStation();
        for (const whole of good) take(memory, { kind: "frame", source: "a", bytes: whole, at: 1, wall: 1 });
        const before = JSON.stringify([memory.device, memory.samples, memory.grid, memory.soc]);
        const part = bytes.subarray(0, cut % bytes.length);
        take(memory, { kind: "frame", source: "a", bytes: part, at: 2, wall: 2 });
        const after = JSON.stringify([memory.device, memory.samples, memory.grid, memory.soc]);
        return before === after;
      }),
      { numRuns: 500 },
    );
  });
});
