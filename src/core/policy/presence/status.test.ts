/** Stories of machines that are away, slow, deaf or old, on a manual clock. */
import { describe, expect, test } from "vitest";
import { lost, makeRules, onMains } from "../../../../test/properties/policy-samples.ts";
import { begin, commandedOffline, commandedWorld } from "../../../../test/properties/policy-world.ts";

describe("the agent offline at the command and back a minute later", () => {
  test("gets it at once", () => {
    const world = begin();
    world.say({ ...lost, soc: 9 });
    world.run(170);
    world.agent.loseConnection();
    world.run(70);
    const before = world.commands().length;
    expect(before).toBeGreaterThan(0);
    world.agent.connect();
    world.run(1);
    const last = world.commands().at(-1)!;
    expect(world.commands().length).toBe(before + 1);
    expect(last.delaySec).toBeLessThanOrEqual(1);
    expect(new Set(world.commands().map(({ id }) => id)).size).toBe(1);
    expect(world.agent.phase).not.toBe("idle");
  });

  test("absent for its own time without a word: unknown; back: judged anew", () => {
    const world = commandedOffline();
    world.run(700);
    expect(world.machine.phase.is).toBe("unknown");
    expect(world.events("machine-unknown")).toHaveLength(1);
    world.agent.boot();
    expect(world.machine.phase.is).not.toBe("unknown");
    const before = world.commands().length;
    world.run(170);
    expect(world.commands().length).toBe(before);
    world.run(15);
    expect(world.commands().length).toBe(before + 1);
    expect(world.commands().at(-1)!.seq).toBe(2);
  });

  test("absent since long before the outage: asked, without an alarm, and with the full debounce when it appears (S24)", () => {
    const world = begin();
    world.agent.cutPower();
    world.run(400);
    world.say({ ...lost, soc: 9 });
    world.run(900);
    expect(new Set(world.commands().map(({ id }) => id)).size).toBe(1);
    const sent = world.commands().length;
    expect(sent).toBeLessThan(40);
    expect(world.alarms()).toEqual([]);
    expect(world.machine.phase.is).toBe("watching");
    expect(world.events("nobody-answered")).toHaveLength(1);
    world.agent.boot();
    world.run(178);
    expect(world.commands()).toHaveLength(sent);
    world.run(7);
    expect(world.commands().at(-1)!.seq).toBe(2);
    expect(world.agent.phase).toBe("delay");
  });
});

describe("agents of the original (S30)", () => {
  test("get a shutdown once, and again only after the cooldown", () => {
    const world = commandedWorld(makeRules(), "unseen");
    world.run(299);
    expect(world.commands()).toHaveLength(1);
    world.run(2);
    expect(world.commands()).toHaveLength(2);
    expect(world.alarms()).toEqual(["never-seen"]);
  });

  test("an abort at most each 30 s, three times, then they are watched", () => {
    const world = commandedWorld(makeRules(), "unseen");
    world.say(onMains);
    world.run(200);
    const aborts = world.commands().filter(({ action }) => action === "abort");
    expect(aborts.map(({ at }) => (at - aborts[0]!.at) / 1000)).toEqual([0, 30, 60]);
    expect(world.machine.phase.is).toBe("watching");
  });

  test("when its time is over it is unknown, and is told again", () => {
    const world = commandedWorld(makeRules(), "unseen");
    world.run(365);
    expect(world.machine.phase.is).toBe("unknown");
    world.run(300);
    expect(world.commands().at(-1)!.seq).toBe(2);
    world.say(onMains);
    world.run(15);
    expect(world.commands().at(-1)!.action).toBe("abort");
  });
});

describe("acknowledgements", () => {
  const silentAgent = () => {
    const world = commandedWorld();
    return world;
  };

  test("a deaf agent hears it at 0, 1, 3, 7, 15, 30, 45 s, and it is an alarm after 15 s", () => {
    const world = begin();
    world.agent.reachable = false;
    world.say({ ...lost, soc: 9 });
    world.run(230);
    const [first] = world.commands();
    expect(world.commands().map(({ at }) => (at - first!.at) / 1000)).toEqual([0, 1, 3, 7, 15, 30, 45]);
    expect(world.commands().map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(world.commands().map(({ delaySec }) => delaySec)).toEqual([60, 59, 57, 53, 45, 30, 15]);
    expect(world.alarms()).toEqual(["no-acknowledgement"]);
  });

  test("expired: again in 15 s, same id; failed: alarm, in 30 s, a new one; aborted unasked: a new one", () => {
    const world = silentAgent();
    const id = world.commands()[0]!.id;
    world.agent.reachable = false;
    const answer = (
      phase: "expired" | "failed" | "refused" | "aborted",
      to = world.machine.phase.order!.command.id,
    ) => world.input({ kind: "ack", machine: "pc", ack: { id: to, phase } });
    answer("expired");
    world.run(14);
    expect(world.commands()).toHaveLength(1);
    world.run(1);
    expect(world.commands().at(-1)!.id).toBe(id);
    answer("failed");
    world.run(29);
    expect(world.commands()).toHaveLength(2);
    world.run(1);
    expect(world.commands().at(-1)!.id).not.toBe(id);
    expect(world.commands().at(-1)!.seq).toBe(2);
    expect(world.alarms()).toContain("command-failed");
    answer("aborted");
    world.run(15);
    expect(world.commands().at(-1)!.seq).toBe(3);
  });

  test("an acknowledgement of another command changes nothing", () => {
    const world = begin();
    world.say({ ...lost, soc: 9 });
    world.agent.reachable = false;
    world.run(185);
    world.input({ kind: "ack", machine: "pc", ack: { id: "somebody", phase: "received" } });
    expect(world.machine.phase.order?.command.ack).toBeNull();
  });

  test("an agent that lost its countdown hears the command again", () => {
    const world = commandedWorld();
    world.agent.loseCountdown();
    world.run(2);
    world.agent.connect();
    world.run(2);
    expect(world.commands()).toHaveLength(2);
    expect(world.commands()[1]!.id).toBe(world.commands()[0]!.id);
  });

  test("a rehearsal is no shutdown", () => {
    const world = begin();
    world.input({ kind: "ack", machine: "pc", ack: { id: "x", phase: "shutting_down", dry_run: true } });
    expect(world.machine.phase.is).toBe("watching");
  });
});

describe("presence (S33)", () => {
  test("an absence of less than 20 s is not down; late is told and ends", () => {
    const world = commandedWorld();
    world.run(62);
    world.agent.hang();
    world.agent.loseConnection();
    world.run(15);
    expect(world.machine.phase.is).toBe("going_down");
    world.agent.connect();
    world.run(450);
    expect(world.events("late")).toHaveLength(1);
    world.agent.cutPower();
    world.run(21);
    expect(world.machine.phase.is).toBe("down");
  });

  test("while the broker is away nobody becomes absent, and on its return the command goes out at once", () => {
    const world = begin();
    world.say({ ...lost, soc: 9 });
    world.run(170);
    world.input({ kind: "broker", connected: false });
    world.run(60);
    const before = world.commands().length;
    expect(before).toBe(1);
    world.input({ kind: "broker", connected: true });
    expect(world.commands()).toHaveLength(2);
    expect(world.agent.phase).toBe("delay");
  });

  test("an abort that is decided while the broker is away goes out at once on its return", () => {
    const world = commandedWorld();
    world.input({ kind: "broker", connected: false });
    world.say(onMains);
    world.run(20);
    expect(world.agent.phase).toBe("delay");
    const decided = world.commands().at(-1)!;
    expect(decided.action).toBe("abort");
    world.input({ kind: "broker", connected: true });
    expect(world.commands().at(-1)!.id).toBe(decided.id);
    expect(world.commands().at(-1)!.attempt).toBe(2);
    expect(world.agent.phase).toBe("idle");
  });

  test("a machine of the original gets what went out while the broker was away", () => {
    const world = begin(makeRules(), "unseen");
    world.say({ ...lost, soc: 9 });
    world.run(170);
    world.input({ kind: "broker", connected: false });
    world.run(60);
    world.input({ kind: "broker", connected: true });
    expect(world.commands()).toHaveLength(2);
    expect(world.agent.phase).toBe("delay");
  });

  test("rebooted by a person within the outage: a new seq after the full debounce (S29)", () => {
    const world = commandedWorld();
    world.run(110);
    expect(world.machine.phase.is).toBe("going_down");
    world.run(20);
    expect(world.machine.phase.is).toBe("down");
    world.agent.boot();
    world.run(178);
    expect(world.commands()).toHaveLength(1);
    world.run(4);
    expect(world.commands()[1]!.seq).toBe(2);
  });

  test("a countdown that is no longer wanted is aborted (S29)", () => {
    const world = commandedWorld();
    world.restart(1_000, false);
    world.say(onMains);
    world.run(20);
    expect(world.agent.phase).toBe("delay");
    world.agent.connect();
    world.run(1);
    expect(world.commands().at(-1)!.action).toBe("abort");
    expect(world.agent.phase).toBe("idle");
  });
});

describe("what an agent says late", () => {
  test("a shutdown that was started and failed is ordered anew, in 30 s (R9)", () => {
    const world = commandedWorld();
    world.run(62);
    expect(world.machine.phase.is).toBe("going_down");
    world.agent.loseCountdown();
    world.ack("pc", world.machine.phase.order!.command.id, "failed");
    expect(world.machine.phase.is).toBe("commanded");
    world.run(29);
    expect(world.commands()).toHaveLength(1);
    world.run(1);
    expect(world.commands()[1]!.seq).toBe(2);
  });

  test("an answer from one that was given up goes on where it stands", () => {
    const world = commandedOffline();
    world.run(700);
    expect(world.machine.phase.is).toBe("unknown");
    world.ack("pc", world.machine.phase.order!.command.id, "received");
    expect(world.machine.phase.is).toBe("commanded");
  });

  test("nothing after a word: asked again after delay and 1.5 x stopSec", () => {
    const world = commandedWorld();
    world.agent.hang();
    world.run(508);
    expect(world.commands()).toHaveLength(1);
    world.run(5);
    expect(world.commands()).toHaveLength(2);
    expect(world.commands()[1]!.id).toBe(world.commands()[0]!.id);
  });

  test("a countdown that people began is theirs", () => {
    const world = begin();
    const status = { online: true, boot: "pc-1", state: "delay", command: "hand-pc-1700000000000" } as const;
    world.input({ kind: "presence", machine: "pc", status, live: true });
    world.run(30);
    expect(world.commands()).toEqual([]);
  });

  test("one that came back while we were away is not left to the next outage", () => {
    const world = commandedWorld();
    world.run(62);
    world.serving = false;
    world.run(50);
    world.agent.boot();
    world.serving = true;
    world.restart(50_000);
    world.run(185);
    expect(world.commands()).toHaveLength(2);
    expect(world.agent.phase).toBe("delay");
  });
});
