/** Stories at the edges of the rules: each was written because no test noticed a changed number or a missing condition. */
import { describe, expect, test } from "vitest";
import { full, lost, machineRules, makeRules, onMains } from "../../../../test/properties/policy-samples.ts";
import { begin, commandedWorld, World } from "../../../../test/properties/policy-world.ts";
import { step } from "../policy.ts";

describe("what a station says", () => {
  test("a slow publisher is silent after three of its intervals, and told after six (S7)", () => {
    const world = new World(makeRules(), step);
    world.station.cadence = 100;
    world.say({ ...onMains, soc: 80 });
    world.run(1_001);
    world.station.feed = false;
    world.run(590);
    expect(world.alarms()).toEqual([]);
    world.run(20);
    expect(world.alarms()).toEqual(["blind-on-mains"]);
  });

  test("a grid that cannot be told is not up while it was lost at the last known word (S2)", () => {
    const world = begin();
    world.say({ ...lost, soc: 9 });
    world.run(20);
    world.say({ grid: "unknown", grid_basis: "none", carried_by: null });
    world.run(170);
    expect(world.commands()).toHaveLength(1);
  });

  test("a grid that was seen before and after a silence is confirmed anew", () => {
    const world = commandedWorld();
    world.agent.reachable = false;
    world.station.feed = false;
    world.sample("Study", { ...onMains });
    world.run(70);
    world.sample();
    world.run(9);
    world.sample();
    const aborts = () => world.commands().filter(({ action }) => action === "abort");
    expect(aborts()).toHaveLength(0);
    world.run(1);
    expect(aborts()).toHaveLength(1);
  });

  test("a load that moves to the battery without a new sample counts once it is silent (S2)", () => {
    const world = begin();
    world.station.feed = false;
    world.say({ carried_by: "battery", sample_age_ms: 1_000 });
    world.repeat();
    world.run(310);
    expect(world.commands()).toHaveLength(1);
  });
});

describe("what allows no debounce", () => {
  test("needs two samples without the grid (S8)", () => {
    const world = begin();
    world.say({ ...full, soc: 20, ac_out_watts: 120 });
    world.run(10);
    world.station.feed = false;
    world.sample("Study", { ...lost, battery_watts: 128 });
    world.run(1);
    world.sample();
    expect(world.commands(), "within a blink").toEqual([]);
    world.run(1);
    world.sample();
    expect(world.commands()).toHaveLength(1);
  });

  test("is held for half of the time left after a start (S1)", () => {
    const rules = makeRules({ machines: { pc: { ...machineRules, delaySec: 0, stopSec: 10 } } });
    const world = begin(rules);
    // 15 % of 100 Wh x 0.9 at 100 W x 1.25: 388 s.
    world.say({ ...lost, ...full, capacity_wh: 100, soc: 28, ac_out_watts: 80, battery_watts: 100 });
    world.run(3);
    world.station.feed = false;
    expect(world.commands()).toEqual([]);
    world.clock.move(300_000);
    world.restart(300_000);
    const started = world.at;
    world.run(100);
    expect((world.commands()[0]!.at - started) / 1000).toBeGreaterThan(40);
    expect((world.commands()[0]!.at - started) / 1000).toBeLessThan(46);
  });

  test("a relapse while the abort is out needs two samples as well (S11)", () => {
    const world = commandedWorld();
    world.agent.reachable = false;
    world.say(onMains);
    world.run(20);
    world.station.feed = false;
    world.sample("Study", lost);
    world.run(3);
    expect(world.machine.phase.order?.target).toBe("up");
    world.sample();
    expect(world.machine.phase.order?.target).toBe("down");
  });
});

describe("a deadline", () => {
  test("moves forward when a projection tells that it was due before (I4)", () => {
    const pc = { ...machineRules, socPercent: 50, onBatterySec: 100 };
    const world = begin(makeRules({ machines: { pc } }));
    world.say({ ...lost, ...full, capacity_wh: 1024, soc: 51, ac_out_watts: 92, battery_watts: 100 });
    world.run(60);
    const last = world.at;
    world.station.feed = false;
    world.run(200);
    expect((world.commands()[0]!.at - last) / 1000).toBeLessThanOrEqual(181);
    expect((world.commands()[0]!.at - last) / 1000).toBeGreaterThan(170);
  });
});

describe("what is armed", () => {
  test("is not after the grid was confirmed, within the same outage (S9)", () => {
    const world = commandedWorld();
    world.say({ ...onMains, soc: 14 });
    world.run(30);
    expect(world.machine.phase.is).toBe("watching");
    world.say({ ...lost });
    world.run(200);
    expect(world.commands().at(-1)!.action).toBe("abort");
  });

  test("a reboot after an abort has the full debounce again (S29)", () => {
    const world = commandedWorld();
    world.say({ ...onMains });
    world.run(20);
    world.agent.boot();
    world.say({ ...lost });
    world.run(100);
    expect(world.commands().at(-1)!.action).toBe("abort");
    world.run(90);
    expect(world.commands().at(-1)!.action).toBe("shutdown");
  });
});

describe("what an agent hears and says", () => {
  test("a live word brings the command within a second, however long it was deaf", () => {
    const world = begin();
    world.agent.reachable = false;
    world.say({ ...lost, soc: 9 });
    world.run(182 + 46);
    const before = world.commands().length;
    world.agent.connect();
    world.run(1);
    expect(world.commands()).toHaveLength(before + 1);
  });

  test("a start says nothing twice to an agent that would begin anew (S30)", () => {
    const world = commandedWorld(makeRules(), "unseen");
    world.run(20);
    world.restart(2_000);
    world.run(20);
    expect(world.commands()).toHaveLength(1);
  });

  test("no absence counts for 10 s after a reconnect", () => {
    const world = commandedWorld();
    world.input({ kind: "broker", connected: false });
    world.input({ kind: "broker", connected: true });
    world.agent.loseConnection();
    world.run(8);
    expect(world.machine.phase.is).toBe("commanded");
    world.run(3);
    expect(world.machine.phase.is).toBe("going_down");
  });

  test("late is 1.5 x stopSec, not sooner", () => {
    const world = commandedWorld();
    world.run(62);
    world.agent.hang();
    world.run(440);
    expect(world.machine.phase.is).toBe("going_down");
    expect(world.alarms()).toEqual([]);
    world.run(12);
    expect(world.alarms()).toEqual(["late"]);
  });

  test("that its shutdown is past aborting, by the shutdown's own id", () => {
    const world = commandedWorld();
    const { id } = world.commands()[0]!;
    world.agent.reachable = false;
    world.say(onMains);
    world.run(20);
    expect(world.machine.phase.order?.target).toBe("up");
    world.input({ kind: "ack", machine: "pc", ack: { id, phase: "too_late" } });
    expect(world.machine.phase.is).toBe("going_down");
  });
});
