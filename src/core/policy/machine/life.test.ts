/** Stories of the abort, of two stations and of power for the agents, on a manual clock. */
import { describe, expect, test } from "vitest";
import {
  full,
  lost,
  machineRules,
  makeRules,
  onMains,
  stationRules,
} from "../../../../test/properties/policy-samples.ts";
import { begin, commandedWorld } from "../../../../test/properties/policy-world.ts";
import { powerOf } from "../presence/power.ts";

describe("the grid back before, at and after the command", () => {
  test("before: nothing was sent, nothing is aborted", () => {
    const world = begin();
    world.say({ ...lost, soc: 9 });
    world.run(170);
    world.say(onMains);
    world.run(60);
    expect(world.commands()).toEqual([]);
  });

  test("at: the abort catches the delay, and is acknowledged", () => {
    const world = commandedWorld();
    world.say({ ...onMains });
    world.run(40);
    expect(world.commands().map(({ action }) => action)).toEqual(["shutdown", "abort"]);
    expect(world.machine.phase.is).toBe("watching");
    expect(world.agent.shutdowns).toEqual([]);
  });

  test("one sample is not enough for an abort, two are (S10)", () => {
    const world = commandedWorld();
    world.station.feed = false;
    world.sample("Study", { ...onMains });
    world.repeat();
    world.run(20);
    expect(world.commands()).toHaveLength(1);
    world.sample();
    expect(world.commands().map(({ action }) => action)).toEqual(["shutdown", "abort"]);
  });

  test("one sample of a local source is no more than any other (E2)", () => {
    const world = commandedWorld();
    world.station.feed = false;
    world.sample("Study", { ...onMains, local: true });
    world.run(9);
    world.sample();
    expect(world.commands()).toHaveLength(1);
    world.run(1);
    expect(world.commands()).toHaveLength(2);
  });

  test("after the point of no return: it completes", () => {
    const world = commandedWorld();
    world.run(61);
    expect(world.machine.phase.is).toBe("going_down");
    world.say({ ...onMains });
    world.run(100);
    expect(world.commands()).toHaveLength(1);
    expect(world.machine.phase.is).toBe("down");
  });

  test("too late: the machine says so", () => {
    const world = commandedWorld();
    world.agent.reachable = false;
    world.run(55);
    world.say({ ...onMains });
    world.run(8);
    world.agent.reachable = true;
    world.run(4);
    expect(world.commands().map(({ action }) => action)).toContain("abort");
    expect(world.machine.phase.is).toBe("going_down");
  });

  test("SoC blocks an abort only when all three are known and false (S10)", () => {
    const blocked = commandedWorld();
    blocked.say({ ...onMains, carried_by: "none", charging: false, soc: 5, ...full, ac_out_watts: 120 });
    blocked.run(30);
    expect(blocked.commands()).toHaveLength(1);
    const open = commandedWorld();
    open.say({ ...onMains, carried_by: "none", charging: null, soc: 5, ...full, ac_out_watts: 120 });
    open.run(30);
    expect(open.commands()).toHaveLength(2);
  });

  test("a rising SoC aborts nothing", () => {
    const world = commandedWorld();
    world.agents["pc"]!.reachable = false;
    world.say({ soc: 50, charging: true });
    world.run(50);
    expect(world.commands().every(({ action }) => action === "shutdown")).toBe(true);
  });
});

describe("two stations", () => {
  const rules = makeRules({
    stations: { Study: stationRules, Den: stationRules },
    machines: {
      pc: machineRules,
      tv: { ...machineRules, stations: ["Den"] },
      rack: { ...machineRules, stations: ["Study", "Den"], minSupplies: 1 },
      both: { ...machineRules, stations: ["Study", "Den"], minSupplies: 2 },
    },
  });

  test("of which one loses the mains: the other's machines hear nothing", () => {
    const world = begin(rules);
    world.say({ ...lost, soc: 9 });
    world.run(400);
    expect(world.commands("pc")).toHaveLength(1);
    expect(world.commands("tv")).toEqual([]);
    expect(world.commands("rack")).toEqual([]);
    expect(world.commands("both")).toHaveLength(1);
  });

  test("both lost: the second supply goes too; B's return frees who has B", () => {
    const world = begin(rules);
    for (const id of ["Study", "Den"]) world.say({ ...lost, soc: 9 }, id);
    world.run(182);
    expect(world.commands("rack")).toHaveLength(1);
    world.say(onMains, "Den");
    world.run(20);
    const lasts = ["pc", "tv", "rack", "both"].map((id) => world.commands(id).at(-1)!.action);
    expect(lasts).toEqual(["shutdown", "abort", "abort", "shutdown"]);
  });

  test("one that is silent on mains keeps no timer, and for ten minutes no abort (S31)", () => {
    const world = begin(rules);
    world.stations["Den"]!.feed = false;
    world.say({ ...lost, soc: 9 });
    world.run(100);
    world.say(onMains);
    world.run(15);
    expect(world.state.machines.find(({ id }) => id === "both")?.phase.is).toBe("watching");
    world.say(lost);
    world.run(182);
    expect(world.commands("both")).toHaveLength(1);
    world.say(onMains);
    world.run(15);
    expect(world.commands("both").at(-1)!.action).toBe("abort");
  });

  test("on_battery tells fewer than minSupplies with a grid, null when that is not known (R11)", () => {
    const world = begin(rules);
    const word = (id: string) => powerOf(rules, world.state, id, world.at).on_battery;
    expect(["pc", "tv", "rack", "both"].map(word)).toEqual([false, false, false, false]);
    world.say({ ...lost, soc: 50 });
    world.run(5);
    expect(["pc", "tv", "rack", "both"].map(word)).toEqual([true, false, false, true]);
    world.stations["Den"]!.feed = false;
    world.run(100);
    expect(["pc", "tv", "rack", "both"].map(word)).toEqual([true, null, null, true]);
  });
});

describe("what the power word says (S21)", () => {
  test("deadman: until it must begin, less 30 s, 180 to 3600; the fallback where nothing is projected", () => {
    const world = begin();
    const word = () => powerOf(world.rules, world.state, "pc", world.at);
    expect(word()).toEqual({ on_battery: false, soc: 80, runtime_sec: null, deadman_sec: 300 });
    world.say({ ...lost, soc: 90, ...full, ac_out_watts: 120, battery_watts: 128, runtime_sec: 5000 });
    world.run(6);
    // 4458 s left, 360 s its own, less 30 s: 4068.
    expect(word()).toEqual({ on_battery: true, soc: 90, runtime_sec: 5000, deadman_sec: 3600 });
    world.say({ soc: 40 });
    world.run(4);
    expect(word().deadman_sec).toBeGreaterThan(1150);
    expect(word().deadman_sec).toBeLessThan(1180);
    world.say({ soc: 22 });
    world.run(4);
    expect(word().deadman_sec).toBeLessThan(160);
  });

  test("the first sample of a return does not disarm", () => {
    const world = begin();
    world.say({ ...lost, soc: 50 });
    world.run(20);
    world.say(onMains);
    world.run(3);
    expect(powerOf(world.rules, world.state, "pc", world.at).on_battery).toBeNull();
    world.run(12);
    expect(powerOf(world.rules, world.state, "pc", world.at).on_battery).toBe(false);
  });
});
