/** Machines that were said to be offline before an outage, truly or falsely: all are commanded, and none is a false alarm (E11). */
import { describe, expect, test } from "vitest";
import { lost, onMains } from "../../../../test/properties/policy-samples.ts";
import { begin } from "../../../../test/properties/policy-world.ts";

describe("a machine that was said to be offline before the outage", () => {
  /** A false `offline` so long before the outage: the agent lives, and its connection stands. */
  function doubted(secondsBefore: number) {
    const world = begin();
    world.input({ kind: "presence", machine: "pc", status: { online: false }, live: true });
    world.run(secondsBefore);
    world.say({ ...lost, soc: 9 });
    return world;
  }

  test.each([1, 60, 290, 299, 300, 301, 320, 600, 7_200])(
    "falsely, %d s before: it goes like any other",
    (before) => {
      const world = doubted(before);
      world.run(190);
      expect(world.agent.phase).toBe("delay");
      expect(world.machine.presence.online).toBe(true);
      world.run(200);
      expect(world.machine.phase.is).toBe("down");
      expect(world.machine.onWakeList).toBe(true);
      expect(world.alarms()).toEqual([]);
    },
  );

  test("and again in the outage, before its command was sent", () => {
    const world = doubted(400);
    world.run(170);
    world.input({ kind: "presence", machine: "pc", status: { online: false }, live: true });
    world.run(20);
    expect(world.agent.phase).toBe("delay");
  });

  /** Off for a week, through an outage. */
  function offThrough(outageSec: number) {
    const world = begin();
    world.agent.cutPower();
    world.run(400);
    world.say({ ...lost, soc: 9 });
    world.run(outageSec);
    world.say({ ...onMains, soc: 9 });
    return world;
  }

  test.each([60, 185, 200, 400, 900])(
    "truly, through an outage of %d s: booted on good mains it is left alone",
    (outageSec) => {
      for (const bootAfter of [12, 60, 320, 2_000]) {
        const world = offThrough(outageSec);
        world.run(bootAfter);
        world.agent.boot();
        const { length } = world.commands();
        world.run(1_200);
        const later = world.commands().slice(length);
        expect(
          later.filter(({ action }) => action === "shutdown"),
          `${bootAfter} s`,
        ).toEqual([]);
        expect(world.agent.shutdowns).toEqual([]);
        expect(world.machine.phase.is).toBe("watching");
        expect(world.alarms()).toEqual([]);
      }
    },
  );

  test("truly, and nobody boots it: no alarm, and the next outage asks it again", () => {
    const world = offThrough(400);
    world.run(2_000);
    expect(world.alarms()).toEqual([]);
    const { length } = world.commands();
    world.say({ ...lost, soc: 9 });
    world.run(200);
    expect(world.commands().length).toBeGreaterThan(length);
    expect(world.commands().at(-1)!.action).toBe("shutdown");
  });

  test("truly, with a server that has just started: booted in the outage it has its full debounce", () => {
    const world = begin();
    world.agent.cutPower();
    world.restart(1_000, false);
    world.say({ ...onMains, soc: 9 });
    world.run(400);
    world.say({ ...lost, soc: 9 });
    world.run(260);
    const { length } = world.commands();
    expect(length).toBeGreaterThan(0);
    world.agent.boot();
    world.run(170);
    expect(world.commands()).toHaveLength(length);
    world.run(20);
    expect(world.commands().length).toBeGreaterThan(length);
  });
});
