/** How far samples may differ and still confirm each other, and what they show of a threshold and of a gain. */
import { expect, test } from "vitest";
import { full, lost } from "../../../../test/properties/policy-samples.ts";
import { begin } from "../../../../test/properties/policy-world.ts";
import { confirmedHigh, confirmedLow, gainAfter, type Observation, observe, socSince } from "./evidence.ts";

const blank: Observation = {
  at: 0,
  soc: null,
  watts: null,
  capacity: null,
  limit: null,
  runtime: null,
  rated: null,
  gains: false,
};
/** The observations to look at after samples with these fields. */
const seen = (...samples: Partial<Observation>[]) =>
  samples.reduce<Observation[]>((recent, sample) => observe(recent, { ...blank, ...sample }), []);

test("a sample that is 2 s older than the newest is enough: what came before it is dropped", () => {
  expect(seen({ at: 0 }, { at: 1_000 }, { at: 2_000 }, { at: 4_000 }).map(({ at }) => at)).toEqual([
    2_000, 4_000,
  ]);
});

test("a value may differ from the earlier one by the slack of its quantity, on the side of a shutdown", () => {
  const pair = (of: "soc" | "watts" | "capacity" | "limit" | "runtime" | "rated", from: number, to: number) =>
    seen({ at: 0, [of]: from }, { at: 2_000, [of]: to });
  expect(confirmedLow(pair("soc", 80, 9), "soc")).toBe(78);
  expect(confirmedLow(pair("soc", 9, 80), "soc")).toBe(80);
  expect(confirmedLow(pair("capacity", 1_000, 1), "capacity")).toBe(980);
  expect(confirmedLow(pair("runtime", 1_000, 1), "runtime")).toBe(750);
  expect(confirmedHigh(pair("watts", 100, 9_000), "watts")).toBe(125);
  expect(confirmedHigh(pair("watts", 9_000, 100), "watts")).toBe(100);
  expect(confirmedHigh(pair("limit", 10, 30), "limit")).toBe(10);
  expect(confirmedHigh(pair("rated", 600, 3_600), "rated")).toBe(600);
});

test("a charge at the threshold meets it, one above it ends the time before", () => {
  const socs = (...values: number[]) => values.map((soc, at) => ({ ...blank, at, soc }));
  expect(socSince(socs(10, 10, 9), 10)).toBe(0);
  expect(socSince(socs(9, 11, 10), 10)).toBe(2);
  expect(socSince(socs(9, 11), 10)).toBeNull();
});

test("a gain keeps the lowest charge that its samples agree on, and ends once all are below it", () => {
  const gaining = (...values: number[]) => values.map((soc, at) => ({ ...blank, at, soc, gains: true }));
  const gain = gainAfter({ gainAt: 5, gainSoc: 40 }, gaining(50, 41), 9);
  expect(gain).toEqual({ gainAt: 5, gainSoc: 41 });
  expect(gainAfter(gain, gaining(41, 39), 11)).toEqual(gain);
  expect(gainAfter(gain, gaining(40, 39), 11)).toEqual({ gainAt: 11, gainSoc: 39 });
});

test.each([
  { discharge_limit_percent: 51 },
  { discharge_limit_percent: 100 },
  { capacity_wh: 1.024 },
  { capacity_wh: 49 },
])("what no station can be set to or store is refused, however often it is told: %o", (values) => {
  const world = begin();
  world.say({ ...lost, ...full, soc: 80, ac_out_watts: 60, ...values });
  world.run(120);
  expect(world.commands()).toEqual([]);
});
