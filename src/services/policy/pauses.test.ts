/** When this process counts as paused, and for how long. */
import { expect, test } from "vitest";
import { Pauses } from "./pauses.ts";

test("a pause is the gap without the usual second between two ticks, and is returned once", () => {
  const pauses = new Pauses(0);
  pauses.tick(1_000);
  expect(pauses.take(6_000)).toBe(0);
  expect(pauses.take(61_000)).toBe(59_000);
  expect(pauses.take(61_000)).toBe(0);
});

test("a tick shows that the process runs, also one that comes late", () => {
  const pauses = new Pauses(0);
  for (let at = 4_000; at <= 40_000; at += 4_000) {
    expect(pauses.take(at)).toBe(0);
    pauses.tick(at);
  }
  pauses.tick(20_000);
  expect(pauses.take(45_000)).toBe(0);
  expect(pauses.take(45_001)).toBe(4_001);
});
