/** Machines whose SHUTDOWN_CMD ended with 0 and that stay up: an exit code is no fact (E14). */
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

/** It said that it goes down, and somebody cancels that: its agent reports the shutdown for ever. */
function stillUp(stopSec = Number.POSITIVE_INFINITY) {
  const world = commandedWorld();
  world.agent.stopSec = stopSec;
  world.run(62);
  expect(world.machine.phase.is).toBe("going_down");
  return world;
}

const shutdownSeqs = (world: ReturnType<typeof stillUp>) => [
  ...new Set(world.commands().flatMap(({ action, seq }) => (action === "shutdown" ? [seq] : []))),
];

describe("the next outage", () => {
  const debounceSec = 180;
  const lateSec = 450;

  test.each([15, 60, 200, 299])(
    "%d s after the mains, within the same outage: a new command once it is late",
    (gapSec) => {
      const world = stillUp();
      const saidAt = world.at;
      world.say({ ...onMains, soc: 9 });
      world.run(gapSec);
      world.say({ ...lost, soc: 9 });
      world.run(700);
      const again = world.commands().find(({ seq }) => seq === 2);
      expect(again).toBeDefined();
      expect((again!.at - saidAt) / 1000).toBeLessThanOrEqual(Math.max(lateSec, gapSec + 60) + 5);
    },
  );

  test.each([310, 340, 600, 3_600])(
    "%d s after the mains, another outage: a new command after the debounce",
    (gapSec) => {
      const world = stillUp();
      world.say({ ...onMains, soc: 9 });
      world.run(gapSec);
      const fellAt = world.at;
      world.say({ ...lost, soc: 9 });
      world.run(debounceSec + 10);
      const again = world.commands().find(({ seq }) => seq === 2);
      expect(again).toBeDefined();
      expect(again!.outage).not.toBe(world.commands()[0]!.outage);
      expect((again!.at - fellAt) / 1000).toBeGreaterThanOrEqual(debounceSec);
    },
  );
});

describe("in an outage that goes on", () => {
  test("it gets a new command each time that it is late; the alarm is one, and ends when it is down", () => {
    const world = stillUp();
    world.run(1_500);
    expect(shutdownSeqs(world)).toEqual([1, 2, 3, 4]);
    expect(world.alarms()).toEqual(["late"]);
    expect(world.events("alarm-over")).toEqual([]);
    world.agent.cutPower();
    world.run(30);
    expect(world.machine.phase.is).toBe("down");
    expect(world.events("alarm-over").map(({ code }) => code)).toEqual(["late"]);
  });

  test("it goes down at last without an answer to the newest command: down, and never in doubt", () => {
    const world = stillUp();
    world.agent.reachable = false;
    world.run(460);
    world.agent.cutPower();
    world.agent.loseConnection();
    world.run(60);
    expect(world.machine.phase.is).toBe("down");
    expect(world.alarms()).not.toContain("machine-unknown");
  });

  test("one that is late because it is slow stops once: the agent answers a new command with what it does", () => {
    const world = stillUp(700);
    world.run(1_500);
    expect(world.agent.shutdowns).toHaveLength(1);
    expect(world.machine.phase.is).toBe("down");
  });

  test("at the floor it is not later than late either", () => {
    const world = stillUp();
    world.say({ ...lost, soc: 12, ...full, ac_out_watts: 120, battery_watts: 128 });
    world.run(455);
    expect(shutdownSeqs(world)).toEqual([1, 2]);
  });
});

describe("after the outage", () => {
  test("it is watched once it is late, and its alarm is over", () => {
    const world = stillUp();
    world.say({ ...onMains, soc: 9 });
    world.run(440);
    expect(world.machine.phase.is).toBe("going_down");
    world.run(20);
    expect(world.machine.phase.is).toBe("watching");
    expect(world.events("alarm-over").map(({ code }) => code)).toEqual(["late"]);
    expect(world.machine.onWakeList).toBe(false);
  });

  test("one that completes its shutdown then is down, and to be woken", () => {
    const world = stillUp(320);
    world.say({ ...onMains, soc: 9 });
    world.run(400);
    expect(world.machine.phase.is).toBe("down");
    expect(world.machine.onWakeList).toBe(true);
  });

  test("one whose agent is not heard is not taken for up", () => {
    const world = stillUp();
    world.agent.loseConnection();
    world.say({ ...onMains, soc: 9 });
    world.run(900);
    expect(world.machine.phase.is).toBe("down");
  });
});

test("on two stations, of which only one has an outage: a machine that goes down in it is not commanded again", () => {
  const world = begin(
    makeRules({
      stations: { Study: stationRules, Den: stationRules },
      machines: { pc: { ...machineRules, stations: ["Study", "Den"], minSupplies: 2 } },
    }),
  );
  world.say({ ...lost, soc: 9 }, "Study");
  world.agent.stopSec = 60;
  const phases: string[] = [];
  world.run(400, () => phases.push(world.machine.phase.is));
  const since = phases.indexOf("going_down");
  expect(since).toBeGreaterThan(0);
  expect([...new Set(phases.slice(since))]).toEqual(["going_down", "down"]);
  expect(world.events("timer-start")).toHaveLength(1);
  expect(new Set(world.commands().map(({ id }) => id)).size).toBe(1);
});
