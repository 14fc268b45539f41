import { expect, it } from "vitest";
import { distance, nearest } from "./suggest.ts";

it.each([
  ["", "abc", 3],
  ["study", "study", 0],
  ["study", "stduy", 1],
  ["study", "studdy", 1],
  ["kitten", "sitting", 3],
])("%s → %s takes %i edits", (a, b, edits) => {
  expect(distance(a, b)).toBe(edits);
  expect(distance(b, a)).toBe(edits);
});

it("ignores case, dashes and underscores", () => {
  expect(nearest("debounce_SEC", ["delaySec", "debounceSec"])).toBe("debounceSec");
});

it("takes the nearest, and nothing that is far", () => {
  expect(nearest("delay", ["delaySec", "relay"])).toBe("relay");
  expect(nearest("banana", ["delaySec", "debounceSec"])).toBeNull();
});
