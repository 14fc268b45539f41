/** What pauses of this process excuse: each its own time, and no more. */
import { describe, expect, test } from "vitest";
import { lost, machineRules, makeRules, onMains } from "../../../../test/properties/policy-samples.ts";
import { begin, commandedWorld, World } from "../../../../test/properties/policy-world.ts";
import { step } from "../policy.ts";

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

describe("a broker that is away while the debounce ends", () => {
  test("delays nothing that was decided, also where no reading comes after it", () => {
    const world = new World(makeRules({ debounceSec: 8 }), step);
    world.say({ ...onMains, soc: 9 });
    world.run(30);
    world.say({ ...lost, soc: 9 });
    world.run(4);
    world.input({ kind: "broker", connected: false });
    world.station.feed = false;
    world.run(12);
    const before = world.commands().length;
    world.input({ kind: "broker", connected: true });
    world.run(2);
    expect(world.commands().length).toBeGreaterThan(before);
  });
});
