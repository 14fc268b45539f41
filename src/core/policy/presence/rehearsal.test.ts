/** What an agent only rehearses puts nobody down, and protects nobody. */
import { describe, expect, test } from "vitest";
import { lost, makeRules } from "../../../../test/properties/policy-samples.ts";
import { begin, type World } from "../../../../test/properties/policy-world.ts";
import { planOf } from "../words/plan.ts";

type State = "idle" | "delay" | "pre_shutdown" | "shutting_down";

const says = (world: World, state: State, command: string | null, armed = true) =>
  world.input({
    kind: "presence",
    machine: "pc",
    status: { online: true, boot: "pc-1", state, command, armed },
    live: true,
  });
const acks = (world: World, id: string, phase: "received" | "shutting_down") =>
  world.input({ kind: "ack", machine: "pc", ack: { id, phase, dry_run: true } });

describe("a rehearsal", () => {
  test("by hand on good mains is no shutdown, and is not called back", () => {
    const world = begin();
    const id = "hand-pc-1700000000000";
    acks(world, id, "received");
    says(world, "delay", id);
    world.run(5);
    acks(world, id, "shutting_down");
    says(world, "shutting_down", id);
    world.run(5);
    says(world, "idle", null);
    expect(world.machine.phase.is).toBe("watching");
    expect(world.commands()).toEqual([]);
    expect(world.events()).toEqual([]);
  });

  test("of our own order, by an agent in dry run: one alarm, no repeats, shown as a hold", () => {
    const world = begin();
    // The world's own agent would obey.
    world.agent.reachable = false;
    says(world, "idle", null, false);
    expect(planOf(world.rules, world.state, "pc", world.at).hold).toEqual({ kind: "dry_run", until: null });
    world.say({ ...lost, soc: 9 });
    for (let second = 0; second < 300 && world.commands().length === 0; second++) world.run(1);
    const id = world.commands()[0]?.id ?? "";
    acks(world, id, "received");
    says(world, "delay", id, false);
    acks(world, id, "shutting_down");
    says(world, "shutting_down", id, false);
    acks(world, id, "shutting_down");
    says(world, "idle", null, false);
    world.run(60);
    expect(world.commands()).toHaveLength(1);
    expect(world.alarms()).toEqual(["command-failed"]);
    expect(world.machine.phase.is).toBe("commanded");
    expect(world.events("going-down")).toEqual([]);
  });

  test("a real order after it is obeyed as ever", () => {
    const world = begin(makeRules());
    acks(world, "hand-pc-1700000000000", "received");
    acks(world, "hand-pc-1700000000000", "shutting_down");
    says(world, "idle", null);
    world.say({ ...lost, soc: 9 });
    world.run(300);
    expect(world.agent.shutdowns).toHaveLength(1);
  });
});
