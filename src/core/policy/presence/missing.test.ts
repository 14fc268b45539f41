/** From when an agent that was not heard is an alarm. */
import { expect, test } from "vitest";
import { begin } from "../../../../test/properties/policy-world.ts";

test("an agent gets a minute to report after this process is back at the broker, also when the boot grace is over", () => {
  const world = begin();
  world.agent.reachable = false;
  delete world.retained["pc"];
  world.restart(120_000, false);
  world.run(590);
  world.input({ kind: "broker", connected: false });
  world.run(30);
  world.input({ kind: "broker", connected: true });
  world.run(69);
  expect(world.alarms()).toEqual([]);
  world.run(2);
  expect(world.alarms()).toEqual(["agent-not-heard"]);
});
