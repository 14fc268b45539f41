import { describe, expect, it } from "vitest";
import type { Notice } from "../contract/event-types.ts";
import { event, noticeOf } from "../contract/journal.ts";
import { makeTopics } from "../contract/topics.ts";
import { type Bus, createBus } from "./bus.ts";
import { createSupervisor, type RoomView, type Supervised, type Supervisor } from "./supervise.ts";
import { realTime } from "./timer.ts";

const topics = makeTopics("bridge-ecoflow", "home");
const silent = { debug() {}, info() {}, warn() {}, error() {}, room: () => silent };
const notice = (text: string) => noticeOf(0, event("by-hand", { machine: "pc", action: "test", id: text }));
const textOf = ({ params }: Notice) => ("id" in params ? (params.id ?? "") : "");

function aHouse(...services: Supervised[]) {
  let now = 0;
  const clock = { now: () => now, wall: () => now, boot: () => "b", everySecond: () => () => {} };
  let supervisor: Supervisor | undefined;
  const bus: Bus = createBus({ clock, onThrow: (room, error) => supervisor?.onThrow(room, error) });
  supervisor = createSupervisor({
    bus,
    topics,
    clock,
    log: silent,
    origin: "home/1",
    services,
    after: realTime,
    patienceMs: { start: 50, stop: 50, stopAll: 120 },
  });
  const health: Record<string, unknown> = {};
  const heard: (string | null)[] = [];
  const raised: Notice[] = [];
  bus.on("test", topics.room, ({ params, payload }) => (health[params["room"] ?? ""] = payload));
  bus.on("test", topics.notice, ({ payload, from }) => {
    if (from === "supervisor") raised.push(payload);
    else heard.push(textOf(payload));
  });
  return {
    bus,
    supervisor,
    health,
    heard,
    raised,
    say: (text: string) => bus.publish("outside", topics.notice, {}, notice(text)),
    async seconds(count: number) {
      for (let second = 0; second < count; second++) {
        now += 1_000;
        bus.tick();
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

/** A room that throws when it hears `bad`, and writes down its life. */
function fragile(name: string, diary: string[], more: Partial<Supervised> = {}): Supervised {
  return {
    name,
    start(room: RoomView) {
      diary.push(`${name} starts`);
      room.on(topics.notice, ({ payload, from }) => {
        if (textOf(payload) === `bad ${name}`) throw new Error("cannot bear it");
        if (from === "outside") diary.push(`${name} heard ${textOf(payload)}`);
      });
      return () => void diary.push(`${name} stops`);
    },
    ...more,
  };
}

describe("supervision", () => {
  it("raises an alarm about a room that failed", async () => {
    const house = aHouse(fragile("a", []));
    await house.supervisor.start();
    house.say("bad a");
    const params = { room: "a", error: "cannot bear it", restarts: 1, againSec: 1 };
    expect(house.raised).toEqual([{ at: 0, code: "room-restarted", params }]);
  });

  it("starts rooms in order, stops them in reverse, and tells how they fare", async () => {
    const diary: string[] = [];
    const house = aHouse(fragile("a", diary), fragile("b", diary));
    await house.supervisor.start();
    expect(house.health).toEqual({ a: { up: true, restarts: 0 }, b: { up: true, restarts: 0 } });
    expect(await house.supervisor.stop()).toEqual([]);
    expect(diary).toEqual(["a starts", "b starts", "b stops", "a stops"]);
    house.say("late");
    expect(diary).toHaveLength(4);
  });

  it("stops a room whose handler throws, starts it again after a second, and the others go on", async () => {
    const diary: string[] = [];
    const house = aHouse(fragile("a", diary), fragile("b", diary));
    await house.supervisor.start();
    house.say("bad a");
    expect(house.health["a"]).toEqual({ up: false, restarts: 1, error: "cannot bear it" });
    house.say("hello");
    await house.seconds(1);
    expect(house.health["a"]).toEqual({ up: true, restarts: 1 });
    house.say("again");
    expect(diary.slice(2)).toEqual([
      "b heard bad a",
      "b heard hello",
      "a stops",
      "a starts",
      "b heard again",
      "a heard again",
    ]);
  });

  it("waits twice as long after each fault, at most a minute, and forgives after a good minute", async () => {
    let starts = 0;
    const broken = {
      name: "a",
      start() {
        starts++;
        throw new Error("no network");
      },
    };
    const house = aHouse(broken);
    await house.supervisor.start();
    const counts: number[] = [];
    for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
      await house.seconds(seconds - 1);
      counts.push(starts);
      await house.seconds(1);
    }
    expect(counts).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(house.health["a"]).toEqual({ up: false, restarts: 9, error: "no network" });

    const diary: string[] = [];
    const healed = aHouse(fragile("a", diary));
    await healed.supervisor.start();
    for (let time = 0; time < 3; time++) {
      healed.say("bad a");
      await healed.seconds(4);
    }
    expect(diary.at(-1)).toBe("a starts");
    healed.say("bad a");
    await healed.seconds(7);
    expect(diary.at(-1)).toBe("a stops");
    await healed.seconds(1);
    expect(diary.at(-1)).toBe("a starts");
    await healed.seconds(60);
    diary.length = 0;
    healed.say("bad a");
    await healed.seconds(1);
    expect(diary).toEqual(["a stops", "a starts"]);
  });

  it("lets nothing of an earlier life speak or hear", async () => {
    let first: RoomView | undefined;
    const diary: string[] = [];
    const house = aHouse({
      name: "a",
      start(room) {
        first ??= room;
        room.onTick(() => {
          diary.push(room === first ? "first" : "second");
          if (room === first) throw new Error("tick");
        });
        return () => {};
      },
    });
    await house.supervisor.start();
    await house.seconds(3);
    expect(diary).toEqual(["first", "second", "second"].slice(0, diary.length));
    expect(diary.filter((name) => name === "first")).toHaveLength(1);
    first?.publish(topics.notice, {}, notice("from the grave"));
    first?.on(topics.notice, () => diary.push("heard"));
    house.say("hello");
    expect(house.heard).toEqual(["hello"]);
    expect(diary).not.toContain("heard");
  });

  it("starts the others when one never finishes its start, and ends when one never stops", async () => {
    const diary: string[] = [];
    const never = () => new Promise<never>(() => {});
    const house = aHouse(
      { name: "slow", start: never },
      fragile("b", diary),
      { name: "stuck", start: () => never },
      { name: "sour", start: () => () => Promise.reject(new Error("sour end")) },
    );
    await house.supervisor.start();
    expect(Object.keys(house.health)).toEqual(["b", "stuck", "sour"]);
    const errors = await house.supervisor.stop();
    expect(errors.map(({ message }) => message)).toEqual(["sour end", "stuck did not stop within 0.05 s"]);
    expect(diary).toEqual(["b starts", "b stops"]);
  });

  it("counts a fault that comes while the room is starting", async () => {
    const diary: string[] = [];
    const house = aHouse(
      fragile("a", diary, {
        async start(room) {
          diary.push("starts");
          room.on(topics.lease, () => {
            if (diary.length === 1) throw new Error("too early");
          });
          await Promise.resolve();
          room.publish(topics.notice, {}, notice(`life ${diary.length}`));
          return () => void diary.push("stops");
        },
      }),
    );
    house.bus.publish("policy", topics.lease, {}, { epoch: 1 });
    await house.supervisor.start();
    await house.seconds(1);
    expect(diary).toEqual(["starts", "stops", "starts"]);
    expect(house.heard).toEqual(["life 3"]);
    expect(house.health["a"]).toEqual({ up: true, restarts: 1 });
  });
});
