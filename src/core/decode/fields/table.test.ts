/** What a device keeps of a message, and by which names. */
import { expect, it } from "vitest";
import { keep, noNumbers, timeAt, valueAt } from "../numbers.ts";
import { readNumbers } from "../walk.ts";
import { indexesOf, makeTable } from "./table.ts";

const inner = makeTable("Inner", [[1, "volts", "u32", "V", ""]]);
const outer = makeTable(
  "Outer",
  [
    [1, "watts", "u32", "W", ""],
    [2, "for_people", "u32", "", ""],
    [3, "part", "message", "", "", inner],
    [4, "soc", "u32", "%", ""],
  ],
  { kept: ["watts", "soc"] },
);

it("keeps the numbers that the table names, nested ones by their path, and passes over the others", () => {
  const index = indexesOf(outer);
  const numbers = noNumbers(outer);
  // 1: 60 W, 2: a float where the table has a u32, 3.1: 230 V, 4: 101 %, which no battery has.
  const pdata = Uint8Array.from([0x08, 60, 0x15, 0, 0, 0, 0, 0x1a, 3, 0x08, 0xe6, 0x01, 0x20, 101]);
  const found = readNumbers(outer, pdata);
  if (found !== null) keep(numbers, found, 5);
  expect(found?.known).toBe(5);
  const names = ["watts", "part.volts", "soc"] as const;
  expect(names.map((name) => valueAt(numbers, index(name)))).toEqual([60, 230, null]);
  expect(names.map((name) => timeAt(numbers, index(name)))).toEqual([5, 5, Number.NEGATIVE_INFINITY]);
  expect(outer.indexes.size).toBe(3);
});

it("refuses a name that is not kept, and a field number that stands twice", () => {
  // @ts-expect-error: the name is no number that is kept.
  expect(() => indexesOf(outer)("for_people")).toThrow("Outer has no number for_people");
  expect(() =>
    makeTable("Twice", [
      [1, "one", "u32", "", ""],
      [1, "other", "u32", "", ""],
    ]),
  ).toThrow("Twice has field 1 twice");
});
