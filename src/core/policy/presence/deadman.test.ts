/** Machines that were cut off on battery: their own dead-man puts them down, and nobody sees it (E23). */
import { describe, expect, test } from "vitest";
import { lost, makeRules, onMains } from "../../../../test/properties/policy-samples.ts";
import { begin, type World } from "../../../../test/properties/policy-world.ts";

/** deadmanSec, rounded up to 15 s, and delaySec + stopSec. */
const deadmanSec = 300;
const ownSec = 360;

/** On battery at 80 % for a minute: `power` has told the agent so. */
function onBattery() {
  const world = begin(makeRules({ deadmanSec }));
  world.say({ ...lost, soc: 80 });
  world.run(60);
  expect(world.machine.lastOnBattery).toBe(true);
  return world;
}

const isAssumed = (world: World) => world.events("deadman-assumed").length > 0;

describe("a machine that was cut off on battery", () => {
  test.each([
    ["the outage goes on", null],
    ["the mains is back at once", 1],
    ["the mains is back in between", 200],
    ["the outage is over before", 400],
  ])("%s: it is taken for down when dead-man and own time are over, not before", (_, backAfterSec) => {
    const world = onBattery();
    world.agent.loseConnection();
    for (let second = 1; second < deadmanSec + ownSec; second++) {
      if (second === backAfterSec) world.say({ ...onMains, soc: 80 });
      world.run(1);
    }
    expect(isAssumed(world)).toBe(false);
    world.run(2);
    expect(world.machine.phase).toMatchObject({ is: "unknown", by: "dead-man" });
    world.say({ ...onMains, soc: 80 });
    world.run(3_600);
    expect(world.machine.phase.is).toBe("unknown");
    expect(world.machine.onWakeList).toBe(true);
    expect(world.events("deadman-assumed")).toHaveLength(1);
    expect(world.alarms()).toEqual([]);
    world.agent.boot();
    world.run(30);
    expect(world.machine.phase.is).toBe("watching");
    expect(world.machine.onWakeList).toBe(false);
  });

  test("one that comes back in time is assumed nothing of, and its next absence counts from there", () => {
    const world = onBattery();
    world.agent.loseConnection();
    world.run(600);
    world.agent.connect();
    world.run(10);
    world.agent.loseConnection();
    world.run(deadmanSec + ownSec - 2);
    expect(isAssumed(world)).toBe(false);
    world.run(4);
    expect(isAssumed(world)).toBe(true);
  });

  test("one that knew of the mains keeps running", () => {
    const world = onBattery();
    world.say({ ...onMains, soc: 80 });
    world.run(20);
    world.agent.loseConnection();
    world.run(7_200);
    expect(isAssumed(world)).toBe(false);
    expect(world.machine.phase.is).toBe("watching");
  });

  test("one in dry run only rehearses it", () => {
    const world = onBattery();
    world.input({
      kind: "presence",
      machine: "pc",
      status: { online: true, boot: "pc-1", state: "idle", armed: false },
      live: true,
    });
    world.run(10);
    world.agent.loseConnection();
    world.run(7_200);
    expect(isAssumed(world)).toBe(false);
  });

  test("with a longer dead-man it is waited for longer", () => {
    const world = begin(makeRules({ deadmanSec: 1_000 }));
    world.say({ ...lost, soc: 80 });
    world.run(60);
    world.agent.loseConnection();
    world.run(1_000 + ownSec);
    expect(isAssumed(world)).toBe(false);
    world.run(16);
    expect(isAssumed(world)).toBe(true);
  });
});

describe("what is assumed keeps no command back", () => {
  test("the trigger is met afterwards: it is commanded, and given up without an alarm", () => {
    const world = onBattery();
    world.agent.cutPower();
    world.run(700);
    expect(isAssumed(world)).toBe(true);
    world.say({ soc: 9 });
    world.run(190);
    expect(world.commands().length).toBeGreaterThan(0);
    world.run(1_200);
    expect(new Set(world.commands().map(({ id }) => id)).size).toBe(1);
    expect(world.machine.phase).toMatchObject({ is: "unknown", by: "dead-man" });
    expect(world.alarms()).toEqual([]);
  });

  test("it lives after all: it shows itself and is commanded like any other", () => {
    const world = onBattery();
    world.agent.loseConnection();
    world.run(700);
    world.say({ soc: 9 });
    world.agent.connect();
    world.run(190);
    expect(world.agent.phase).toBe("delay");
  });
});

test("commanded and unanswered: the alarm lasts until its dead-man is over, and no longer", () => {
  const world = onBattery();
  world.say({ soc: 9 });
  world.run(170);
  world.agent.cutPower();
  world.run(400);
  expect(world.alarms()).toEqual(["machine-unknown"]);
  expect(world.events("alarm-over")).toEqual([]);
  world.run(300);
  expect(world.events("alarm-over").map(({ code }) => code)).toEqual(["machine-unknown"]);
  expect(world.machine.phase).toMatchObject({ is: "unknown", by: "dead-man" });
});

describe("the broker was away", () => {
  function away(sec: number) {
    const world = onBattery();
    world.agent.reachable = false;
    world.input({ kind: "broker", connected: false });
    world.run(sec);
    world.input({ kind: "broker", connected: true });
    return world;
  }

  test("for longer than the dead-man, and its memory says online: the agent is silent, so it is down", () => {
    const world = away(400);
    world.run(deadmanSec + ownSec);
    expect(isAssumed(world)).toBe(true);
    expect(world.machine.onWakeList).toBe(true);
  });

  test("for longer than the dead-man, and the agent is heard: nothing is assumed", () => {
    const world = away(400);
    world.agent.connect();
    world.run(3_600);
    expect(isAssumed(world)).toBe(false);
  });

  test("twice, and the agent is not heard in between: its dead-man counts from the first time", () => {
    const world = away(400);
    world.run(10);
    world.input({ kind: "broker", connected: false });
    world.run(240);
    expect(isAssumed(world)).toBe(false);
    world.input({ kind: "broker", connected: true });
    world.run(20);
    expect(isAssumed(world)).toBe(true);
  });

  test("for less: no agent can have gone", () => {
    const world = away(200);
    world.run(3_600);
    expect(isAssumed(world)).toBe(false);
  });
});

describe("a start", () => {
  test.each([
    ["of another boot", false],
    ["of the same boot", true],
  ])("%s, away for longer than the dead-man, and the agent is not heard: it is down", (_, sameBoot) => {
    const world = onBattery();
    world.agent.reachable = false;
    world.serving = false;
    world.run(500);
    world.serving = true;
    world.restart(500_000, sameBoot);
    world.say({ ...onMains, soc: 80 });
    world.run(deadmanSec + ownSec + 5);
    expect(isAssumed(world)).toBe(true);
    world.run(1_000);
    expect(world.events("deadman-assumed")).toHaveLength(1);
    expect(world.alarms()).not.toContain("machine-unknown");
  });
});
