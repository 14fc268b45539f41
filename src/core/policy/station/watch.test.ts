/** Stories of silence, and of readings that decide nothing, on a manual clock. */
import { describe, expect, test } from "vitest";
import {
  calm,
  full,
  lost,
  machineRules,
  makeRules,
  onMains,
} from "../../../../test/properties/policy-samples.ts";
import { begin, commandedWorld, World } from "../../../../test/properties/policy-world.ts";
import { step } from "../policy.ts";

describe("silence on battery", () => {
  test("projects, and acts at half of the projected time (S5, S6)", () => {
    const world = begin();
    world.say({ ...lost, soc: 90, ...full, ac_out_watts: 120, battery_watts: 128 });
    world.run(60);
    world.station.feed = false;
    const silent = world.at;
    world.run(600);
    expect(world.commands()).toHaveLength(0);
    expect(world.alarms()).toEqual(["blind-on-battery"]);
    world.run(4000);
    const [command] = world.commands();
    // 77 % of 286 Wh x 0.9 at 128 W x 1.25, halved: 2230 s.
    expect((command!.at - silent) / 1000).toBeGreaterThan(2200);
    expect((command!.at - silent) / 1000).toBeLessThan(2260);
    expect(command?.reason).toMatch(/newest sample 22\d\d s old on battery/);
  });

  test("acts after 300 s where nothing can be projected, and a number is a cap", () => {
    for (const [blindMaxSec, expected] of [
      ["auto", 300],
      [120, 120],
    ] as const) {
      const world = begin(makeRules({ blindMaxSec }));
      world.say({ ...lost, soc: 80 });
      world.run(20);
      world.station.feed = false;
      const silent = world.at;
      world.run(600);
      const seconds = (world.commands()[0]!.at - silent) / 1000;
      expect(seconds).toBeGreaterThanOrEqual(expected - 2);
      expect(seconds).toBeLessThanOrEqual(expected + 2);
    }
  });

  test("goes on with a debounce that was running", () => {
    const world = begin();
    world.say({ ...lost, soc: 9 });
    world.run(40);
    world.station.feed = false;
    world.run(145);
    expect(world.commands()).toHaveLength(1);
  });

  test("never acts before the time left demands it, and then at once", () => {
    const world = begin();
    world.say({ ...lost, soc: 25, ...full, ac_out_watts: 250, battery_watts: 258 });
    world.run(20);
    world.station.feed = false;
    const silent = world.at;
    world.run(900);
    // 12 % of 286 Wh x 0.9 at 258 W x 1.25 = 344 s, less than the 432 s it needs: at once on two samples.
    expect(world.commands()[0]!.at).toBeLessThanOrEqual(silent);
    expect(world.commands()[0]!.delaySec).toBeLessThanOrEqual(14);
  });

  test("a sight that returns and corrects the projection cancels the timer", () => {
    const world = begin(
      makeRules({ blindMaxSec: "auto", machines: { pc: { ...machineRules, socPercent: 40 } } }),
    );
    world.say({ ...lost, soc: 42, ...full, capacity_wh: 1000, ac_out_watts: 300, battery_watts: 308 });
    world.run(20);
    world.station.feed = false;
    world.run(150);
    expect(world.machine.phase.is).toBe("pending");
    world.station.feed = true;
    world.run(70);
    expect(world.machine.phase.is).toBe("watching");
    expect(world.commands()).toHaveLength(0);
  });
});

describe("silence on mains", () => {
  test("is one alarm, and no shutdown", () => {
    const world = begin();
    world.station.feed = false;
    world.run(100);
    expect(world.alarms()).toEqual([]);
    world.run(30);
    expect(world.alarms()).toEqual(["blind-on-mains"]);
    world.run(20_000);
    expect(world.alarms()).toEqual(["blind-on-mains"]);
    expect(world.commands()).toHaveLength(0);
    world.station.feed = true;
    world.run(700);
    expect(world.events("alarm-over")).toHaveLength(1);
  });

  test("that flaps is one alarm with a count", () => {
    const world = begin();
    for (let i = 0; i < 5; i++) {
      world.station.feed = false;
      world.run(150);
      world.station.feed = true;
      world.run(60);
    }
    expect(world.alarms()).toEqual(["blind-on-mains"]);
    world.run(700);
    expect(world.events("alarm-over")[0]?.text).toContain("5 times");
  });
});

describe("a first frame without SoC", () => {
  test("decides nothing by itself: the charge that follows does", () => {
    const world = new World(makeRules(), step);
    world.say({ ...lost, soc: null });
    world.run(200);
    expect(world.commands()).toEqual([]);
    world.say({ soc: 9 });
    world.run(190);
    expect(world.commands()).toHaveLength(1);
  });

  test("is blind where no charge ever follows: an alarm after a minute, a shutdown after 300 s", () => {
    const world = new World(makeRules(), step);
    world.say({ ...lost, soc: null });
    world.run(65);
    expect(world.alarms()).toEqual(["charge-unknown"]);
    world.run(230);
    expect(world.commands()).toEqual([]);
    world.run(10);
    expect(world.commands()).toHaveLength(1);
  });

  test("a grid never known is no ground (S2)", () => {
    const world = new World(makeRules(), step);
    world.say({ soc: 3 });
    world.run(100);
    world.station.feed = false;
    world.run(3000);
    expect(world.commands()).toEqual([]);
  });
});

describe("an old retained reading", () => {
  test("no new sample, no decision", () => {
    const world = new World(makeRules(), step);
    world.say({ ...lost, soc: 5, sample_age_ms: null });
    world.repeat();
    world.run(300);
    expect(world.commands()).toEqual([]);
    const other = begin();
    const { state } = other;
    other.repeat();
    expect(other.state).toBe(state);
  });

  test("a retained presence starts, continues and ends nothing (S28)", () => {
    const world = commandedWorld();
    world.agent.reachable = false;
    world.run(5);
    const before = world.machine;
    world.input({ kind: "presence", machine: "pc", status: { online: true, state: "idle" }, live: false });
    expect(world.machine).toBe(before);
    world.input({ kind: "presence", machine: "pc", status: { online: false }, live: false });
    expect(world.machine).toBe(before);
  });

  test("what is offline by the broker's memory after a start is asked, and not alarmed", () => {
    const world = new World(makeRules(), step, "unseen");
    world.input({ kind: "presence", machine: "pc", status: { online: false }, live: false });
    world.say(calm);
    world.run(400);
    world.say({ ...lost, soc: 9 });
    world.run(700);
    expect(new Set(world.commands().map(({ id }) => id)).size).toBe(1);
    expect(world.alarms()).toEqual([]);
    expect(world.machine.phase.is).toBe("watching");
  });
});

describe("a reading without a new sample", () => {
  test("may tell a loss whose evidence has stood by the clock (S16)", () => {
    const world = begin();
    world.station.feed = false;
    world.sample();
    const evidence = world.at;
    world.clock.move(4_000);
    world.say({ ...lost, soc: 9, sample_age_ms: 4_000 });
    world.repeat();
    expect(world.state.stations.find(({ id }) => id === "Study")?.outageAt).toBe(evidence);
    world.say({ sample_age_ms: 0 });
    world.sample();
    world.run(2);
    world.sample();
    world.run(183);
    expect(world.commands()).toHaveLength(1);
  });

  test("ends nothing: the first answer after the Internet's return is the old present (S7)", () => {
    const world = begin();
    world.say({ ...lost, soc: 80 });
    world.run(20);
    world.station.feed = false;
    const silent = world.at;
    world.run(100);
    world.say({ ...onMains, sample_age_ms: 100_000 });
    world.repeat();
    world.run(250);
    expect((world.commands()[0]!.at - silent) / 1000).toBeGreaterThan(295);
    world.run(20);
    expect(world.commands().every(({ action }) => action === "shutdown")).toBe(true);
  });

  test("that a live sample confirms is counted with it (S10)", () => {
    const world = commandedWorld();
    world.station.feed = false;
    world.say({ ...onMains });
    world.repeat();
    world.run(12);
    expect(world.commands()).toHaveLength(1);
    world.station.samples += 1;
    world.sample();
    world.run(9);
    expect(world.commands()).toHaveLength(1);
    world.run(1);
    expect(world.commands()[1]?.action).toBe("abort");
  });

  test("and an old time is a frozen one: silent from its last change (S18)", () => {
    const world = begin();
    world.say({ ...lost, soc: 80 });
    world.run(20);
    world.station.feed = false;
    world.say({ sample_age_ms: 240_000 });
    world.repeat();
    world.run(61);
    expect(world.commands()).toHaveLength(1);
    expect(world.commands()[0]!.reason).toContain("newest sample 30");
  });
});
