/** Stories of the triggers, on a manual clock. */
import { describe, expect, test } from "vitest";
import { full, lost, machineRules, makeRules, onMains } from "../../../../test/properties/policy-samples.ts";
import { begin } from "../../../../test/properties/policy-world.ts";
import { planOf } from "../words/plan.ts";

describe("charge limit and solar (S12, S14)", () => {
  const setting = { grid: "unknown", grid_basis: "by-setting", carried_by: "battery" } as const;
  const solar = { grid: "unknown", grid_basis: "solar", carried_by: "solar" } as const;

  test("start no trigger, but the hard floor holds", () => {
    for (const word of [setting, solar]) {
      const world = begin(makeRules({ machines: { pc: { ...machineRules, socPercent: 50 } } }));
      world.say({ ...word, soc: 40, ...full, ac_out_watts: 60 });
      world.run(1000);
      expect(world.commands()).toEqual([]);
      world.say({ soc: 14 });
      world.run(10);
      expect(world.commands()).toHaveLength(1);
      expect(world.commands()[0]!.reason).toMatch(/left at .* <= 432 s/);
    }
  });

  test("silent with the battery or the sun carrying the load is not up (S2)", () => {
    const world = begin();
    world.say({ ...solar, soc: 80 });
    world.run(20);
    world.station.feed = false;
    world.run(290);
    expect(world.commands()).toEqual([]);
    world.run(20);
    expect(world.commands()).toHaveLength(1);
  });

  test("gaining charge for five minutes arms no SoC trigger; what is armed stays (S9)", () => {
    const world = begin();
    world.say({ ...onMains, soc: 9, charging: true });
    world.run(310);
    world.say({ ...lost, soc: 9, charging: true });
    world.run(400);
    expect(world.commands()).toEqual([]);
    world.say({ charging: false });
    world.run(190);
    expect(world.commands()).toHaveLength(1);
  });

  test("a charging flag that is stuck while the charge falls gains nothing", () => {
    const world = begin();
    world.say({ ...onMains, soc: 60, charging: true });
    world.run(310);
    for (let soc = 60; soc >= 2; soc--) {
      world.say({ ...lost, soc, charging: true });
      world.run(60);
    }
    expect(world.commands().length).toBeGreaterThan(0);
  });
});

describe("one bad zero (S8)", () => {
  test("cuts no debounce short: two samples must agree", () => {
    const world = begin();
    world.say({ ...lost, soc: 80, ...full, ac_out_watts: 120, battery_watts: 128 });
    world.run(20);
    world.station.feed = false;
    world.sample("Study", { soc: 0 });
    expect(world.commands()).toEqual([]);
    world.sample("Study", { soc: 80 });
    expect(world.commands()).toEqual([]);
    world.sample("Study", { soc: 12 });
    world.sample("Study", { soc: 12 });
    expect(world.commands(), "two at once are one").toEqual([]);
    world.run(2);
    world.sample("Study", { soc: 12 });
    expect(world.commands()).toHaveLength(1);
  });
});

describe("triggers", () => {
  test("a threshold that cannot be reached is raised, and the reason says so (S8)", () => {
    const world = begin(makeRules({ debounceSec: 600 }));
    world.say({ ...lost, soc: 25, ...full, ac_out_watts: 120, battery_watts: 128 });
    world.run(200);
    expect(world.machine.phase.is).toBe("watching");
    world.say({ soc: 24 });
    world.run(605);
    const { reason } = world.commands()[0]!;
    expect(reason).toContain("soc 24 % <= 24 %, raised to 24 % (from 10 %");
    expect(reason).toContain("cut-off 11 % + 12.3 % for 990 s at 128 W");
  });

  test("one kettle raises no threshold for good", () => {
    const world = begin(makeRules({ debounceSec: 900 }));
    const idle = { ac_out_watts: 120, battery_watts: 128 };
    world.say({ ...lost, soc: 30, ...full, capacity_wh: 1024, ...idle });
    world.run(200);
    for (const soc of [29, 28, 27, 26, 25]) {
      world.say({ ac_out_watts: 580, battery_watts: 590, soc });
      world.run(60);
    }
    expect(world.machine.phase.is).toBe("pending");
    for (const soc of [24, 23, 22, 21]) {
      world.say({ ...idle, soc });
      world.run(300);
    }
    expect(world.commands()).toEqual([]);
    expect(world.machine.phase.is).toBe("watching");
  });

  test("a runtime trigger arms, and disarms after 60 s above 1.5 times (S9)", () => {
    const rules = makeRules({ machines: { pc: { ...machineRules, runtimeSec: 900 } } });
    const world = begin(rules);
    world.say({ ...lost, soc: 50, runtime_sec: 840 });
    world.run(100);
    expect(world.machine.phase.is).toBe("pending");
    world.say({ runtime_sec: 3300 });
    world.run(55);
    expect(world.machine.phase.is).toBe("pending");
    expect(planOf(rules, world.state, "pc", world.at).reason).toMatch(/^no cause is left on battery/);
    world.run(40);
    expect(world.machine.phase.is).toBe("watching");
    world.run(600);
    expect(world.commands()).toEqual([]);
    world.say({ runtime_sec: 1000 });
    world.run(100);
    expect(world.machine.phase.is).toBe("watching");
    world.say({ runtime_sec: 900 });
    world.run(185);
    expect(world.commands()).toHaveLength(1);
    expect(world.commands()[0]!.reason).toContain("runtime 900 s <= 900 s");
  });

  test("time on battery is the sum within one outage (S9)", () => {
    const rules = makeRules({ machines: { pc: { ...machineRules, onBatterySec: 600 } } });
    const world = begin(rules);
    world.say({ ...lost, soc: 90 });
    world.run(400);
    world.say(onMains);
    world.run(250);
    world.say(lost);
    world.run(190);
    expect(world.machine.phase.is).toBe("watching");
    world.run(20);
    expect(world.machine.phase.is).toBe("pending");
    world.run(180);
    expect(world.commands()).toHaveLength(1);
    const other = begin(rules);
    other.say({ ...lost, soc: 90 });
    other.run(400);
    other.say(onMains);
    other.run(310);
    other.say(lost);
    other.run(590);
    expect(other.machine.phase.is).toBe("watching");
  });

  test("the delay is cut where the time left is short (S8)", () => {
    const world = begin();
    world.say({ ...lost, soc: 24, ...full, ac_out_watts: 250, battery_watts: 258 });
    world.run(5);
    // 11 % of 286 Wh x 0.9 at 322.5 W = 316 s left: the stop takes 300 s.
    expect(world.commands()[0]!.delaySec).toBe(0);
  });
});
