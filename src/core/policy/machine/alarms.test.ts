/** Alarms end when what they say is over, and what ended is said once. */
import { describe, expect, test } from "vitest";
import {
  lost,
  makeRules,
  nothing,
  onMains,
  stationRules,
} from "../../../../test/properties/policy-samples.ts";
import {
  begin,
  commandedOffline,
  commandedWorld,
  type World,
} from "../../../../test/properties/policy-world.ts";

const answer = (world: World, id: string, phase: "received" | "delay") =>
  world.input({ kind: "ack", machine: "pc", ack: { id, phase } });
const appear = (world: World, state: "idle") =>
  world.input({ kind: "presence", machine: "pc", status: { online: true, state }, live: true });
const overs = (world: World) => world.events("alarm-over").map(({ code }) => code);

/** A world whose agent does not answer, with the alarm about it. */
function deafWorld() {
  const world = begin();
  world.agent.reachable = false;
  world.say({ ...lost, soc: 9 });
  world.run(200);
  expect(world.alarms()).toEqual(["no-acknowledgement"]);
  return world;
}

describe("no-acknowledgement", () => {
  test("is over when the agent acknowledges, once, also when it is asked again", () => {
    const world = deafWorld();
    world.run(20);
    expect(overs(world)).toEqual([]);
    const { id } = world.machine.phase.order!.command;
    answer(world, id, "received");
    expect(world.events("alarm-over")).toMatchObject([{ code: "no-acknowledgement", machine: "pc" }]);
    expect(world.events("alarm-over")[0]!.text).toContain("has acknowledged");
    appear(world, "idle");
    world.run(2);
    answer(world, id, "delay");
    expect(overs(world)).toHaveLength(1);
    expect(world.alarms()).toHaveLength(1);
  });

  test("is over when the command is", () => {
    const world = deafWorld();
    world.restart(1_000, false);
    expect(world.events("alarm-over")[0]!.text).toMatch(/is over/);
  });
});

describe("machine-unknown and late", () => {
  test("a machine that comes back is unknown no longer", () => {
    const world = commandedOffline();
    world.run(500);
    expect(world.alarms()).toContain("machine-unknown");
    expect(overs(world)).not.toContain("machine-unknown");
    world.agent.boot();
    expect(overs(world).filter((code) => code === "machine-unknown")).toHaveLength(1);
  });

  test("a late machine that is gone is late no longer", () => {
    const world = commandedWorld();
    world.input({
      kind: "ack",
      machine: "pc",
      ack: { id: world.machine.phase.order!.command.id, phase: "shutting_down" },
    });
    world.agent.reachable = false;
    world.agent.hang();
    world.run(460);
    expect(world.alarms()).toContain("late");
    expect(overs(world)).toEqual([]);
    world.input({ kind: "presence", machine: "pc", status: { online: false }, live: true });
    world.run(60);
    expect(overs(world)).toEqual(["late"]);
  });
});

test("a machine that was offline when the server died is not late in the seconds after the start", () => {
  const world = commandedWorld();
  const { id } = world.machine.phase.order!.command;
  world.input({ kind: "ack", machine: "pc", ack: { id, phase: "shutting_down" } });
  world.agent.hang();
  world.run(440);
  world.agent.loseConnection();
  world.run(5);
  world.restart(30_000);
  world.run(60);
  expect(world.alarms()).not.toContain("late");
  expect(world.machine.phase.is).toBe("down");
});

test("never-seen is over when the agent is heard", () => {
  const world = commandedWorld(makeRules(), "unseen");
  expect(overs(world)).toEqual([]);
  appear(world, "idle");
  expect(world.events("alarm-over")).toMatchObject([{ code: "never-seen", machine: "pc" }]);
});

describe("a start that takes the state for history", () => {
  const on = { ac_out_on: true, ac_out_watts: 60 } as const;
  const off = { ac_out_on: false, ac_out_watts: 0 } as const;
  const quiet = () => {
    const world = begin();
    for (const station of Object.values(world.stations)) station.feed = false;
    return world;
  };

  test("keeps output-off until the output is on", () => {
    const world = quiet();
    world.sample("Study", on);
    for (let n = 0; n < 2; n++) world.sample("Study", off);
    expect(world.alarms()).toEqual(["output-off"]);
    world.restart(1_000, false);
    world.run(5);
    world.sample("Study", off);
    expect(overs(world)).toEqual([]);
    world.sample("Study", on);
    expect(overs(world)).toEqual(["output-off"]);
  });

  test("keeps station-fault until the station is heard on mains", () => {
    const world = quiet();
    world.sample("Study", { ...lost, faults: ["a 1"] });
    world.restart(1_000, false);
    world.run(5);
    expect(overs(world)).toEqual([]);
    world.say({ ...onMains, faults: [] });
    world.sample();
    expect(overs(world)).toEqual(["station-fault"]);
  });
});

test("a stranger that is configured is a stranger no longer", () => {
  const world = begin();
  world.input({ kind: "reading", station: "Den", reading: { ...nothing, samples: 1, sample_age_ms: 0 } });
  expect(world.state.unmapped).toEqual(["Den"]);
  const rules = makeRules({ stations: { Study: stationRules, Den: stationRules } });
  const { state, effects } = world.step(rules, world.state, {
    kind: "start",
    boot: "b1",
    sameBoot: true,
    awayMs: 1,
    at: world.at,
    wall: 0,
  });
  expect(state.unmapped).toEqual([]);
  expect(effects).toContainEqual({
    kind: "event",
    code: "unmapped-station",
    params: { station: "Den", outage: null },
    over: true,
  });
});
