/** Stop times are measured from the end of the delay, kept, and reported. */
import { describe, expect, test } from "vitest";
import { lost, makeRules } from "../../../../test/properties/policy-samples.ts";
import { begin } from "../../../../test/properties/policy-world.ts";
import { planOf } from "../words/plan.ts";

const rules = makeRules();
const plan = (world: ReturnType<typeof begin>) => planOf(rules, world.state, "pc", world.at);

/** An outage until the machine is down. */
function untilDown(world: ReturnType<typeof begin>) {
  world.say({ ...lost, soc: 9 });
  for (let second = 0; second < 1200 && world.machine.phase.is !== "down"; second++) world.run(1);
  expect(world.machine.phase.is).toBe("down");
}

describe("the measured stop time", () => {
  test("counts from the end of the delay to absent, and is in the event and in the plan", () => {
    const world = begin(rules);
    expect(plan(world)).not.toHaveProperty("stop_measured_sec");
    untilDown(world);
    expect(world.machine.stopTimes).toEqual({ last: world.agent.stopSec, longest: world.agent.stopSec });
    expect(plan(world)).toMatchObject({ stop_measured_sec: world.agent.stopSec });
    const [down] = world.events("down");
    expect(down).toMatchObject({ level: "info" });
    expect(down?.text).toContain(`gone ${world.agent.stopSec} s after its delay`);
  });

  test("longer than stopSec is a warning that says what to write", () => {
    const world = begin(rules);
    const planned = rules.machines["pc"]!.stopSec;
    world.agent.stopSec = planned + 10;
    untilDown(world);
    const [down] = world.events("down");
    expect(down).toMatchObject({ level: "warn" });
    expect(down?.text).toContain(`set stopSec to ${Math.ceil((planned + 10) * 1.2)} s or more`);
  });

  test("the last and the longest survive a reboot of the server", () => {
    const world = begin(rules);
    world.agent.stopSec = 50;
    untilDown(world);
    world.restart(60_000, false);
    expect(world.machine.stopTimes).toEqual({ last: 50, longest: 50 });
    world.agent.boot();
    world.agent.stopSec = 30;
    untilDown(world);
    expect(world.machine.stopTimes).toEqual({ last: 30, longest: 50 });
    expect(plan(world)).toMatchObject({ stop_measured_sec: 30, stop_longest_sec: 50 });
  });
});
