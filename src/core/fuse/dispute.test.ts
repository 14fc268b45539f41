/** When two sources of a station contradict each other. */
import { expect, test } from "vitest";
import { isDisputed } from "./dispute.ts";
import { createSource } from "./sources.ts";
import { frameTraits } from "./traits.ts";

const source = (verdict: "lost" | "present", since: number, spokeAt: number) =>
  Object.assign(createSource(verdict, frameTraits), { view: { verdict, since }, spokeAt });

test("a source that has not spoken since the other one's loss does not contradict it; one that has, does", () => {
  const lost = source("lost", 95_000, 119_000);
  expect(isDisputed([lost, source("present", 0, 95_000)], 120_000)).toBe(false);
  expect(isDisputed([lost, source("present", 0, 95_001)], 120_000)).toBe(true);
});

test("a loss reaches the other source within 10 s, and one that is silent contradicts nothing", () => {
  const lost = source("lost", 95_000, 100_000);
  const present = source("present", 0, 100_000);
  expect(isDisputed([lost, present], 105_000)).toBe(false);
  expect(isDisputed([lost, present], 105_001)).toBe(true);
  expect(isDisputed([{ ...lost, spokeAt: 200_000 }, present], 160_000)).toBe(false);
});
