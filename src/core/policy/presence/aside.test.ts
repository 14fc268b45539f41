/** A machine that another server commands: its debounce counts on, and nothing is sent, said or assumed of it. */
import { describe, expect, test } from "vitest";
import { lost, onMains } from "../../../../test/properties/policy-samples.ts";
import { begin, commandedWorld } from "../../../../test/properties/policy-world.ts";

const aside = { kind: "aside", machines: ["pc"] } as const;
const leads = { kind: "aside", machines: [] } as const;
const delaying = { online: true, boot: "pc-1", state: "delay", command: "pc-9-1-1700000000" } as const;

describe("a machine that another server commands", () => {
  test("gets no command; what is due goes out at once when this server leads again", () => {
    const world = begin();
    world.input(aside);
    world.say({ ...lost, soc: 9 });
    world.run(300);
    expect(world.told.filter(({ effect }) => effect.kind === "command")).toEqual([]);
    expect(world.machine.phase.is).toBe("pending");
    world.input(leads);
    expect(world.commands()).toHaveLength(1);
    expect(world.events("shutdown-triggered")).toHaveLength(1);
  });

  test("is not called back from a countdown that the other one began", () => {
    const world = begin();
    world.input(aside);
    world.input({ kind: "presence", machine: "pc", status: delaying, live: true });
    world.run(60);
    expect(world.commands()).toEqual([]);
    world.input(leads);
    expect(world.commands().map(({ action }) => action)).toEqual(["abort"]);
  });

  test("that was commanded has no second debounce when this server leads again a second later", () => {
    const world = commandedWorld();
    world.input(aside);
    world.run(1);
    world.input(leads);
    expect(new Set(world.commands().map(({ seq }) => seq)).size).toBe(2);
  });

  test("counts no time of a command that was given before", () => {
    const world = commandedWorld();
    world.agent.hang();
    world.input(aside);
    expect(world.machine.phase.order).toBeNull();
    world.run(900);
    expect(world.commands()).toHaveLength(1);
    expect(world.alarms()).toEqual([]);
  });

  test("heard of the grid from the other one: what this server would say is not what it knows", () => {
    const world = begin();
    world.say({ ...lost, soc: 60 });
    world.run(30);
    expect(world.machine.lastOnBattery).toBe(true);
    world.input(aside);
    expect(world.machine.lastOnBattery).toBeNull();
    world.run(30);
    expect(world.machine.lastOnBattery).toBeNull();
    world.say(onMains);
    world.input(leads);
    world.run(5);
    expect(world.machine.lastOnBattery).not.toBeNull();
  });

  test("goes down and is followed: it is down when this server leads again", () => {
    const world = commandedWorld();
    world.input(aside);
    world.run(70);
    expect(world.machine.phase.is).toBe("going_down");
    world.run(60);
    expect(world.events("down")).toEqual([]);
    world.input(leads);
    world.run(1);
    expect(world.machine.phase.is).toBe("down");
    expect(world.events("down")).toHaveLength(1);
    expect(world.commands()).toHaveLength(1);
  });
});
