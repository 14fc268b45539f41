/** Stories of restarts, on a manual clock. */
import { describe, expect, test } from "vitest";
import { full, lost, onMains } from "../../../test/properties/policy-samples.ts";
import { begin, commandedWorld } from "../../../test/properties/policy-world.ts";

describe("the process killed between command and return", () => {
  test("goes on: same id and seq, and the abort comes", () => {
    const world = begin();
    world.agent.reachable = false;
    world.say({ ...lost, soc: 9 });
    world.run(182);
    const [first] = world.commands();
    world.restart(5_000);
    world.run(1);
    const again = world.commands().at(-1)!;
    expect([again.id, again.seq, again.action]).toEqual([first!.id, first!.seq, "shutdown"]);
    expect(again.epoch).toBe(first!.epoch + 1);
    world.agent.reachable = true;
    world.say({ ...onMains });
    world.run(40);
    expect(world.commands().at(-1)?.action).toBe("abort");
    expect(world.machine.phase.is).toBe("watching");
  });

  test("a debounce goes on where it was", () => {
    const world = begin();
    world.say({ ...lost, soc: 9 });
    world.run(100);
    world.clock.move(60_000);
    world.restart(60_000);
    world.run(25);
    expect(world.commands()).toHaveLength(1);
  });

  test("a blind outage goes on too: what is stored is never older than half a minute", () => {
    const world = begin();
    world.say({ ...lost, soc: 90, ...full, ac_out_watts: 120 });
    world.run(60);
    world.station.feed = false;
    world.run(1000);
    expect(world.at - world.state.now).toBeLessThanOrEqual(30_000);
  });

  test("nothing stored is acted on before min(blindAfterSec, half of the time left) (S1)", () => {
    const world = begin();
    world.say({ ...lost, soc: 90, ...full, ac_out_watts: 120 });
    world.run(60);
    world.station.feed = false;
    world.run(1900);
    expect(world.commands()).toEqual([]);
    world.clock.move(300_000);
    world.restart(300_000);
    const started = world.at;
    world.run(200);
    expect((world.commands()[0]!.at - started) / 1000).toBe(60);
  });
});

describe("the boot latch (S1)", () => {
  for (const [name, away, sameBoot] of [
    ["another boot", 120_000, false],
    ["the same boot, away for longer than 600 s", 601_000, true],
  ] as const) {
    test(`${name}: nothing is commanded from what is stored`, () => {
      const world = begin();
      world.say({ ...lost, soc: 9 });
      world.run(100);
      expect(world.machine.phase.is).toBe("pending");
      world.station.feed = false;
      world.clock.move(away);
      world.restart(away, sameBoot);
      world.run(590);
      expect(world.alarms()).toEqual([]);
      world.run(20);
      expect(world.alarms()).toEqual(["no-reading-since-start", "agent-not-heard"]);
      world.run(20_000);
      expect(world.commands()).toEqual([]);
      world.station.feed = true;
      world.say(onMains);
      world.run(60);
      expect(world.commands()).toEqual([]);
      expect(world.machine.onWakeList).toBe(true);
    });
  }

  test("the first live reading decides: an outage that goes on is one", () => {
    const world = begin();
    world.say({ ...lost, soc: 9 });
    world.run(100);
    world.restart(120_000, false);
    world.run(179);
    expect(world.commands()).toEqual([]);
    world.run(5);
    expect(world.commands()).toHaveLength(1);
  });

  test("what was going down is down, what was commanded is watched", () => {
    const world = commandedWorld();
    world.restart(1_000, false);
    expect(world.machine.phase.is).toBe("watching");
    const other = commandedWorld();
    other.run(62);
    other.restart(1_000, false);
    expect(other.machine.phase.is).toBe("down");
    expect(other.machine.seq).toBe(1);
  });
});

describe("a lost database (R7)", () => {
  test("the refusal's epoch is passed, and the command sent again at once", () => {
    const world = begin();
    const abort = { id: "theirs", action: "abort", delay_sec: 0, reason: "", ttl_sec: 300 } as const;
    world.agent.hear({ ...abort, epoch: 40, seq: 7 });
    world.say({ ...lost, soc: 9 });
    world.run(185);
    expect(world.commands().map(({ epoch }) => epoch)).toEqual([1, 41]);
    expect(world.commands()[1]!.at).toBe(world.commands()[0]!.at);
    expect(world.agent.phase).toBe("delay");
  });

  test("another's epoch is passed", () => {
    const world = begin();
    world.input({ kind: "epoch", epoch: 5 });
    expect(world.state.epoch).toBe(6);
    world.input({ kind: "epoch", epoch: 5 });
    expect(world.state.epoch).toBe(6);
  });
});
