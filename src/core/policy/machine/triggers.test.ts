/** From when a trigger counts as met. */
import { expect, test } from "vitest";
import { lost, onMains } from "../../../../test/properties/policy-samples.ts";
import { begin } from "../../../../test/properties/policy-world.ts";

test("a low charge on mains counts from the loss: the debounce is whole, however slowly the station reports", () => {
  const world = begin();
  world.station.cadence = 30;
  world.say({ ...onMains, soc: 9 });
  world.run(120);
  world.say({ ...lost, soc: 9 });
  world.run(40);
  const { lostAt } = world.state.stations[0]!;
  world.run(170);
  expect(world.commands()[0]!.at - lostAt!).toBe(180_000);
});
