/** From when a sender's clock that differs from ours is believed. */
import { expect, test } from "vitest";
import { proofOf, unknownClock } from "./clocks.ts";

const hour = 3_600_000;
/** A difference that a late message may have, and no time zone has. */
const late = hour + 120_000;

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
  for (const second of [0, 5]) expect(says(second, late)).toBe("old");
  expect(says(8, 0)).toBe("now");
  expect(says(100, late)).toBe("old");
  expect(says(105, late)).toBe("old");
  expect(says(110, late)).toBe("unsure");
});

test("a clock that was set back is believed once no message has agreed for a minute", () => {
  const says = sender();
  expect(says(0, -30_000)).toBe("now");
  expect(says(10, 30_000)).toBe("old");
  expect(says(59, 40_000)).toBe("old");
  expect(says(60, 40_000)).toBe("now");
});

test.each([-120_000, -86_400_000, hour, 5.5 * hour, 14 * hour])(
  "a clock that is %d ms behind, which no late message can be, is believed after 10 s, and its present at once",
  (behind) => {
    const says = sender();
    expect(says(0, 0)).toBe("now");
    for (const second of [10, 15]) expect(says(second, behind)).toBe("old");
    expect(says(20, behind)).toBe("now");
  },
);

test.each([120_000, hour + 60_000, 14.25 * hour, 24 * hour])(
  "one that is %d ms behind may be late",
  (behind) => {
    const says = sender();
    expect(says(0, 0)).toBe("now");
    for (const second of [10, 15, 20, 25]) expect(says(second, behind)).toBe("old");
  },
);
