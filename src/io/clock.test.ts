/** The system's clock counts sleep, once, however it is asked. */
import { expect, it } from "vitest";
import { systemClock } from "./clock.ts";

function clockOf(leastSleepMs: number) {
  const source = { awakeMs: 0, wholeMs: 1_000_000 };
  const clock = systemClock({
    awake: () => source.awakeMs,
    whole: () => source.wholeMs,
    leastSleepMs,
  });
  const begin = clock.now();
  return {
    since: () => clock.now() - begin,
    pass: (awakeMs: number, asleepMs = 0) => {
      source.awakeMs += awakeMs;
      source.wholeMs += awakeMs + asleepMs;
    },
  };
}

it("counts the time asleep at the first look after it, and once", () => {
  const { pass, since } = clockOf(5_000);
  pass(1_000);
  expect(since()).toBe(1_000);
  pass(1_000, 60_000);
  expect(since()).toBe(62_000);
  expect(since()).toBe(62_000);
  pass(1_000);
  expect(since()).toBe(63_000);
});

it("is not moved by a clock that is corrected in small steps, nor by one that is set back", () => {
  const { pass, since } = clockOf(5_000);
  for (let second = 0; second < 20; second++) {
    pass(1_000, 1_000);
    since();
  }
  expect(since()).toBe(20_000);
  pass(1_000, -3_600_000);
  expect(since()).toBe(21_000);
});
