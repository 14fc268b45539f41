/** From when a sender's clock that differs from ours is believed. */
import { expect, test } from "vitest";
import { proofOf, unknownClock } from "./clocks.ts";

const hour = 3_600_000;

/** A sender; `says` returns what its message at a second proves, whose own time is `behind` ms behind ours. */
function sender() {
  const clock = unknownClock();
  return (second: number, behind: number) => {
    const at = second * 1_000;
    const message = { own: 1_750_000_000_000 + at - behind, content: `${second}` };
    return proofOf(clock, message, { at, wall: 1_750_000_000_000 + at, silentMs: 60_000 });
  };
}

test("a message that agrees with our clock ends the run of another clock: after a silence it begins again", () => {
  const says = sender();
  for (const second of [0, 5]) expect(says(second, hour)).toBe("old");
  expect(says(8, 0)).toBe("now");
  expect(says(100, hour)).toBe("old");
  expect(says(105, hour)).toBe("old");
  expect(says(110, hour)).toBe("unsure");
});

test("a clock that was set back is believed once no message has agreed for a minute", () => {
  const says = sender();
  expect(says(0, -30_000)).toBe("now");
  expect(says(10, 30_000)).toBe("old");
  expect(says(59, 40_000)).toBe("old");
  expect(says(60, 40_000)).toBe("now");
});
