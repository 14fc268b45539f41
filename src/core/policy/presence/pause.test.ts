/** What pauses of this process excuse: each its own time, and no more. */
import { expect, test } from "vitest";
import { machineRules, makeRules, onMains } from "../../../../test/properties/policy-samples.ts";
import { begin, commandedWorld } from "../../../../test/properties/policy-world.ts";

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

test("a pause is no time with the mains: the return has to be confirmed again after it, by the clock and by samples", () => {
  const world = commandedWorld(makeRules({ machines: { pc: { ...machineRules, delaySec: 600 } } }));
  const aborts = () => world.commands().filter(({ action }) => action === "abort").length;
  world.say({ ...onMains, soc: 9 });
  world.run(6);
  world.station.feed = false;
  world.clock.move(60_000);
  world.input({ kind: "paused", ms: 60_000 });
  world.run(15);
  expect(aborts()).toBe(0);
  world.station.feed = true;
  world.run(8);
  expect(aborts()).toBe(0);
  world.run(5);
  expect(aborts()).toBe(1);
});
