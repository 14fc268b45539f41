/** The stories of the policy by name, on a manual clock: outages, blips, slow telemetry, relapses, the plan for people. */
import { describe, expect, test } from "vitest";
import { calm, lost, makeRules, nothing, onMains } from "../../../test/properties/policy-samples.ts";
import { begin, commandedWorld, World } from "../../../test/properties/policy-world.ts";
import { step } from "./policy.ts";
import { planOf } from "./words/plan.ts";

const since = (world: World, at: number) => (world.at - at) / 1000;

describe("a long outage", () => {
  test("goes down after the debounce, acknowledged, and comes back as it was", () => {
    const world = begin();
    world.say({ ...lost, soc: 60 });
    world.run(600);
    expect(world.commands()).toHaveLength(0);
    world.say({ soc: 10 });
    const crossed = world.at;
    world.run(400);
    const [command, ...more] = world.commands();
    expect(more).toHaveLength(0);
    expect(command?.action).toBe("shutdown");
    expect((command!.at - crossed) / 1000).toBeGreaterThanOrEqual(180);
    expect((command!.at - crossed) / 1000).toBeLessThanOrEqual(183);
    expect(command?.outage).toMatch(/^Study-17000000\d\d$/);
    expect(world.agent.shutdowns).toHaveLength(1);
    expect(world.machine.phase.is).toBe("down");
    const words = world.events().map(({ type }) => type);
    expect(words).toEqual(["outage-began", "timer-start", "shutdown-triggered", "going-down", "down"]);
    world.say({ ...onMains });
    world.run(400);
    expect(world.machine.phase.is).toBe("down");
    expect(world.state.stations.find(({ id }) => id === "Study")?.outage).toBeNull();
    world.agent.boot();
    expect(world.machine.phase.is).toBe("watching");
    world.run(60);
    expect(world.commands()).toHaveLength(1);
    expect(world.machine.aborts).toBe(0);
  });

  test("tells the arithmetic", () => {
    const world = commandedWorld();
    const [start] = world.events("timer-start");
    const [triggered] = world.events("shutdown-triggered");
    expect(start?.text).toMatch(/^TIMER START pc: Study: soc 9 % <= 10 %, on battery 2 s; goes in 178 s/);
    expect(triggered?.text).toMatch(
      /^SHUTDOWN TRIGGERED pc: Study: soc 9 % <= 10 %, on battery 180 s; for 180 s >= 180 s/,
    );
    world.say({ ...onMains });
    world.run(15);
    expect(world.events("abort")[0]?.text).toMatch(
      /^ABORT pc: grid present for 10 s >= 10 s at 1 of 1 stations, 1 needed/,
    );
  });
});

describe("a blip shorter than the debounce", () => {
  test("puts nothing on the wire", () => {
    const world = begin();
    world.say({ ...lost, soc: 9 });
    world.run(100);
    expect(world.machine.phase.is).toBe("pending");
    world.say(onMains);
    world.run(30);
    expect(world.machine.phase.is).toBe("watching");
    expect(world.events("timer-cancelled")).toHaveLength(1);
    world.run(600);
    expect(world.commands()).toHaveLength(0);
  });

  test("three seconds of power in the middle reset no debounce", () => {
    const world = begin();
    world.say({ ...lost, soc: 9 });
    world.run(100);
    world.say(onMains);
    world.run(4);
    world.say(lost);
    world.run(75);
    expect(world.commands()).toHaveLength(0);
    world.run(4);
    expect(world.commands()).toHaveLength(1);
  });

  test("power that comes just when the debounce is over holds the command back", () => {
    const world = begin();
    world.say({ ...lost, soc: 9 });
    world.run(178);
    world.say(onMains);
    world.run(8);
    expect(world.commands()).toHaveLength(0);
    expect(world.machine.phase.is).toBe("pending");
  });
});

describe("telemetry every 61 s", () => {
  test("is not silent, and decides like a fast one", () => {
    const world = new World(makeRules(), step);
    world.station.cadence = 61;
    world.say(calm);
    world.run(1200);
    expect(world.alarms()).toEqual([]);
    world.say({ ...lost, soc: 5 });
    world.run(61);
    const began = world.at;
    world.run(200);
    expect(world.commands()).toHaveLength(1);
    expect(since(world, began)).toBeLessThanOrEqual(250);
  });

  test("every five minutes too", () => {
    const world = new World(makeRules(), step);
    world.station.cadence = 305;
    world.say(calm);
    world.run(6000);
    expect(world.alarms().length).toBeLessThanOrEqual(1);
    world.say({ ...lost, soc: 5 });
    world.run(305 + 185);
    expect(world.commands()).toHaveLength(1);
  });
});

describe("10 and 11 % alternating on battery", () => {
  test("reset no debounce (I9)", () => {
    const world = begin();
    let soc = 11;
    world.say({ ...lost, soc });
    world.run(60);
    const armed = world.at;
    for (let i = 0; i < 185; i++) {
      soc = soc === 10 ? 11 : 10;
      world.sample("Study", { soc });
      world.run(1);
    }
    expect(world.commands()).toHaveLength(1);
    expect((world.commands()[0]!.at - armed) / 1000).toBeLessThanOrEqual(181);
  });
});

describe("a relapse after an abort (S11)", () => {
  test("commands at once; after two aborts it completes", () => {
    const world = commandedWorld();
    for (const round of [1, 2]) {
      world.say(onMains);
      world.run(20);
      expect(world.machine.aborts).toBe(round);
      expect(world.machine.phase.is).toBe("watching");
      world.say(lost);
      const fell = world.at;
      world.run(6);
      const last = world.commands().at(-1)!;
      expect(last.action).toBe("shutdown");
      expect((last.at - fell) / 1000).toBeLessThanOrEqual(5);
    }
    world.say(onMains);
    world.run(130);
    expect(world.commands().at(-1)!.action).toBe("shutdown");
    expect(world.agent.shutdowns).toHaveLength(1);
    expect(world.machine.phase.is).toBe("down");
  });

  test("while the abort is not acknowledged yet", () => {
    const world = commandedWorld();
    world.agent.reachable = false;
    world.say(onMains);
    world.run(20);
    expect(world.machine.phase.order?.target).toBe("up");
    world.say(lost);
    world.run(5);
    expect(world.machine.phase.order?.target).toBe("down");
    expect(world.commands().at(-1)!.seq).toBe(3);
  });

  test("the next outage begins with a full debounce", () => {
    const world = commandedWorld();
    world.say({ ...onMains });
    world.run(400);
    expect(world.machine.aborts).toBe(0);
    world.say(lost);
    world.run(170);
    expect(world.commands()).toHaveLength(2);
    world.run(15);
    expect(world.commands()).toHaveLength(3);
  });
});

describe("the plan for people", () => {
  test("shows state, causes and deadline", () => {
    const world = begin();
    expect(planOf(world.rules, world.state, "pc", world.at)).toMatchObject({
      state: "watching",
      deadline_sec: null,
      causes: [],
    });
    world.say({ ...lost, soc: 9 });
    world.run(60);
    const plan = planOf(world.rules, world.state, "pc", world.at);
    expect(plan.state).toBe("pending");
    expect(plan.deadline_sec).toBeGreaterThan(115);
    expect(plan.causes).toMatchObject([{ station: "Study", kind: "soc" }]);
  });
});

describe("the state", () => {
  test("keeps its identity when nothing is to be stored, and is plain JSON", () => {
    const world = begin();
    const before = world.state;
    world.input({ kind: "tick" });
    expect(world.state).toBe(before);
    const out = commandedWorld();
    expect(JSON.parse(JSON.stringify(out.state))).toEqual(out.state);
  });

  test("a reading of no station in the rules is loud, once", () => {
    const world = begin();
    for (let i = 1; i < 4; i++) {
      const reading = { ...nothing, ...lost, soc: 3, samples: i, sample_age_ms: 0 };
      world.input({ kind: "reading", station: "Attic", reading });
    }
    expect(world.alarms()).toEqual(["unmapped-station"]);
  });
});
