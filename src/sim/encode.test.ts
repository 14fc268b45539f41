/** Encoder and decoder are inverse over random messages; a station of ours decodes to its own truth. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSimStation } from "../../test/sim-station.ts";
import { readEnvelope } from "../core/decode/envelope.ts";
import { keyOf } from "../core/decode/families/quota-station.ts";
import { bmsHeartBeatReport } from "../core/decode/fields/bms-heartbeat.ts";
import { cmsHeartBeatReport } from "../core/decode/fields/cms-heartbeat.ts";
import {
  appParaHeartbeatReport,
  appShowHeartbeatReport,
  backendRecordHeartbeatReport,
  bpInfoReport,
} from "../core/decode/fields/delta-pro-ultra.ts";
import { displayPropertyUpload } from "../core/decode/fields/display-property.ts";
import { inverterHeartbeat } from "../core/decode/fields/inverter-heartbeat.ts";
import { quota } from "../core/decode/fields/quota.ts";
import { runtimePropertyUpload } from "../core/decode/fields/runtime-property.ts";
import { protoPushAndSet, protoTime } from "../core/decode/fields/smart-home-panel2.ts";
import type { Field, Table } from "../core/decode/fields/table.ts";
import { readNamed } from "../core/decode/named.ts";
import { createStation, type JudgedReading, take } from "../core/station.ts";
import { encodeFrame, type Fields, type MessageName } from "./encode.ts";
import { encodeJson, encodeMessageFrame } from "./encode-json.ts";

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const i32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const float = fc.float({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0));
const text = fc.string({ unit: "grapheme", maxLength: 20 });

const arbitraryOf = ({ type, nested }: Field): fc.Arbitrary<unknown> => {
  if (nested !== null) {
    const message = messageOf(nested);
    return type === "messages" ? fc.array(message, { minLength: 1, maxLength: 3 }) : message;
  }
  return {
    u32,
    i32,
    float,
    // Written as a float where the page leaves the type open.
    number: float,
    bool: fc.boolean(),
    text,
    u32s: fc.array(u32, { minLength: 1, maxLength: 5 }),
    i32s: fc.array(i32, { minLength: 1, maxLength: 5 }),
    floats: fc.array(float, { minLength: 1, maxLength: 5 }),
  }[type as "u32"];
};
const within = (least: number, most: number) =>
  fc.integer({ min: Math.max(-0x8000_0000, Math.ceil(least)), max: Math.min(0x7fff_ffff, Math.floor(most)) });
const nobody = { id: "s", name: null, capacityWh: null, dischargeLimitPercent: null };

const messageOf = (table: Table): fc.Arbitrary<Fields> =>
  fc.record(Object.fromEntries(table.fields.map((field) => [field.name, arbitraryOf(field)])), {
    requiredKeys: [],
  }) as fc.Arbitrary<Fields>;

const header = fc.record(
  { seq: i32, masked: fc.boolean(), push: fc.boolean(), src: fc.constantFrom(2, 3, 7, 32) },
  { requiredKeys: ["masked", "push"] },
);

describe("encoder and decoder", () => {
  it.each<[MessageName, Table]>([
    ["DisplayPropertyUpload", displayPropertyUpload],
    ["RuntimePropertyUpload", runtimePropertyUpload],
    ["BMSHeartBeatReport", bmsHeartBeatReport],
    ["CMSHeartBeatReport", cmsHeartBeatReport],
  ])("%s comes back as it went, whatever the header", (message, table) => {
    fc.assert(
      fc.property(messageOf(table), header, (fields, given) => {
        fc.pre(Object.keys(fields).length > 0);
        // The app's own frames (src 32) are never masked.
        const masked = given.masked && given.src !== 32;
        const { seq, src, push } = given;
        const parts = {
          masked,
          push,
          ...(seq === undefined ? {} : { seq }),
          ...(src === undefined ? {} : { src }),
        };
        const envelope = readEnvelope(encodeFrame(message, fields, parts));
        if ("unknown" in envelope) throw new Error(envelope.unknown);
        expect(readNamed(table, envelope.frames[0]!.pdata)).toEqual(fields);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [2, 1, appShowHeartbeatReport],
    [2, 2, backendRecordHeartbeatReport],
    [2, 3, appParaHeartbeatReport],
    [2, 4, bpInfoReport],
    [12, 1, protoTime],
    [12, 32, protoPushAndSet],
    [20, 1, inverterHeartbeat],
  ] as const)("message %d/%d comes back as it went", (cmdFunc, cmdId, table) => {
    fc.assert(
      fc.property(messageOf(table), (fields) => {
        fc.pre(Object.keys(fields).length > 0);
        const envelope = readEnvelope(encodeMessageFrame(cmdFunc, cmdId, fields));
        if ("unknown" in envelope) fc.pre(false);
        else expect(readNamed(table, envelope.frames[0]!.pdata)).toEqual(fields);
      }),
      { numRuns: 200 },
    );
  });

  it.each(["app", "snapshot", "quota-all", "open"] as const)(
    "JSON, shape %s: each key that is read comes back with its number",
    (shape) => {
      const ofModule = quota.fields.filter(({ name }) => shape !== "open" || name.startsWith("inv."));
      const told = fc.record(
        Object.fromEntries(ofModule.map(({ name, least, most }) => [name, within(least, most)])),
        { requiredKeys: [] },
      ) as fc.Arbitrary<Record<string, number>>;
      fc.assert(
        fc.property(told, fc.boolean(), (numbers, asText) => {
          fc.pre(Object.keys(numbers).length > 0);
          const bare = ([key, value]: [string, number]) =>
            [shape === "open" ? key.replace("inv.", "") : key, asText ? String(value) : value] as const;
          const fields = Object.fromEntries(Object.entries(numbers).map(bare));
          const bytes = encodeJson(shape, fields, { typeCode: "invStatus" });
          const memory = createStation({ ...nobody, serial: "R331X" });
          take(memory, { kind: "frame", source: "a", bytes, at: 1, wall: 1 });
          for (const [key, value] of Object.entries(numbers)) {
            expect(keyOf(memory.device, key), key).toBe(value);
          }
        }),
        { numRuns: 200 },
      );
    },
  );

  it("a name that the table has not is an error, so that a typo in a test cannot pass", () => {
    expect(() => encodeFrame("DisplayPropertyUpload", { pow_get_acin: 5 })).toThrow("pow_get_acin");
  });
});

const station = fc.record({
  serial: fc.constantFrom("R631ZEB4XX", "R655ZEB4XX", "R331ZEB4XX"),
  wire: fc.constantFrom("app" as const, "open" as const),
  socPercent: fc.integer({ min: 15, max: 98 }),
  loadWatts: fc.integer({ min: 6, max: 300 }),
  capacityWh: fc.integer({ min: 200, max: 1_000 }),
  dischargeLimitPercent: fc.integer({ min: 0, max: 10 }),
});

describe("the emulated station", () => {
  it("is decoded to its own truth, on mains and in an outage", () => {
    fc.assert(
      fc.property(station, fc.integer({ min: 1, max: 120 }), (options, cutAt) => {
        const sim = createSimStation(options);
        const { serial } = options;
        const setup = { id: "s", serial, name: null, capacityWh: null, dischargeLimitPercent: null };
        const memory = createStation(setup);
        let last: JudgedReading | null = null;
        const live = (from: number, seconds: number) => {
          for (let sec = from; sec < from + seconds; sec++) {
            const now = { at: sec * 1_000, wall: sec * 1_000 };
            last = take(memory, { kind: "tick", ...now }).reading ?? last;
            for (const bytes of sim.advance(1)) {
              last = take(memory, { kind: "frame", source: "mqtt-raw", bytes, ...now }).reading ?? last;
            }
          }
        };
        live(0, cutAt);
        expect(last).toMatchObject({ grid: "present", out_watts: options.loadWatts, carried_by: "grid" });
        sim.setGrid(false);
        live(cutAt, 30);
        const { soc, batteryWatts } = sim.state();
        expect(last).toMatchObject({
          grid: "lost",
          carried_by: "battery",
          battery_watts: expect.closeTo(batteryWatts, 0),
          ac_in_watts: 0,
        });
        expect(last!.soc).toBeGreaterThan(soc - 1);
        expect(last!.soc).toBeLessThan(soc + 1);
        expect(last!.capacity_wh! / options.capacityWh).toBeCloseTo(1, 2);
        expect(last!.discharge_limit_percent).toBe(options.dischargeLimitPercent);
        sim.setGrid(true);
        live(cutAt + 30, 5);
        expect(last).toMatchObject({ grid: "present" });
      }),
      { numRuns: 60 },
    );
  });

  it("cuts its output at the discharge limit + 1 and switches it on again with the mains", () => {
    const sim = createSimStation({
      serial: "R631X",
      socPercent: 12,
      loadWatts: 300,
      dischargeLimitPercent: 10,
    });
    sim.setGrid(false);
    while (sim.outputOn) sim.advance(1);
    expect(sim.soc).toBeGreaterThan(10.9);
    expect(sim.soc).toBeLessThanOrEqual(11);
    expect(sim.state()).toMatchObject({ loadWatts: 0, outputOn: false });
    sim.setGrid(true);
    expect(sim.state()).toMatchObject({ loadWatts: 300, outputOn: true });
  });

  it("sends everything at first, then deltas, then everything again after 120 s", () => {
    const sim = createSimStation({ serial: "R655X", socPercent: 50, loadWatts: 50 });
    const first = sim.advance(1).map((bytes) => bytes.length);
    const later = sim.advance(119).map((bytes) => bytes.length);
    const again = sim.advance(1).map((bytes) => bytes.length);
    expect(first).toHaveLength(4);
    expect(Math.max(...later)).toBeLessThan(Math.max(...first));
    expect(Math.max(...again)).toBeGreaterThanOrEqual(Math.max(...first) - 20);
  });
});
