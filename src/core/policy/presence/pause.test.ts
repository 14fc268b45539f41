/** What pauses of this process excuse: each its own time, and no more. */
import { expect, test } from "vitest";
import { begin } from "../../../../test/properties/policy-world.ts";

test("two pauses without a sample in between are no silence of the station: their times add up", () => {
  const world = begin();
  world.station.feed = false;
  for (const ms of [300_000, 200_000]) {
    world.clock.move(ms);
    world.input({ kind: "paused", ms });
    world.run(1);
  }
  world.run(110);
  expect(world.alarms()).toEqual([]);
  world.run(15);
  expect(world.alarms()).toEqual(["blind-on-mains"]);
});
