import { describe, expect, it } from "vitest";
import type { Notice } from "../contract/event-types.ts";
import { event, noticeOf } from "../contract/journal.ts";
import { makeTopics } from "../contract/topics.ts";
import { createBus } from "./bus.ts";

const topics = makeTopics("bridge-ecoflow", "home");
const notice = (text: string) => noticeOf(0, event("by-hand", { machine: "pc", action: "test", id: text }));
const textOf = ({ params }: Notice) => ("id" in params ? (params.id ?? "") : "");

function aBus() {
  const thrown: string[] = [];
  let now = 0;
  const clock = { now: () => now++, wall: () => 0, boot: () => "b", everySecond: () => () => {} };
  return { bus: createBus({ clock, onThrow: (room) => thrown.push(room) }), thrown };
}

describe("the bus", () => {
  it("lets only the owner publish a topic", () => {
    const { bus } = aBus();
    expect(() => bus.publish("policy", topics.lease, {}, { epoch: 1 })).not.toThrow();
    expect(() => bus.publish("telemetry", topics.lease, {}, { epoch: 1 })).toThrow(/belongs to policy/);
  });

  it("lets every source publish what the sources own, and no other room", () => {
    const frame = { bytes: new Uint8Array([1]), source: "a" };
    const publish = (room: string, isSource?: (room: string) => boolean) => () => {
      const clock = { now: () => 0, wall: () => 0, boot: () => "b", everySecond: () => () => {} };
      const bus = createBus({ clock, onThrow: () => {}, ...(isSource && { isSource }) });
      bus.publish(room, topics.data, { serial: "R1" }, frame);
    };
    const isSource = (room: string) => room.startsWith("source-");
    expect(publish("source-a", isSource)).not.toThrow();
    expect(publish("source-b", isSource)).not.toThrow();
    expect(publish("policy", isSource)).toThrow(/belongs to sources/);
    expect(publish("source-a")).toThrow(/belongs to sources/);
  });

  it("refuses a name that no topic may hold", () => {
    const { bus } = aBus();
    expect(() => bus.publish("policy", topics.plan, { machine: "a/b" }, {} as never)).toThrow(/a\/b/);
  });

  it("delivers in order and never one message inside another", () => {
    const { bus } = aBus();
    const seen: (string | null)[] = [];
    bus.on("a", topics.notice, ({ payload }) => {
      seen.push(`a:${textOf(payload)}`);
      if (textOf(payload) === "first") bus.publish("a", topics.notice, {}, notice("second"));
    });
    bus.on("b", topics.notice, ({ payload }) => seen.push(`b:${textOf(payload)}`));
    bus.publish("x", topics.notice, {}, notice("first"));
    expect(seen).toEqual(["a:first", "b:first", "a:second", "b:second"]);
  });

  it("counts a handler that throws against its room and serves the others", () => {
    const { bus, thrown } = aBus();
    const seen: (string | null)[] = [];
    bus.on("bad", topics.notice, () => {
      throw new Error("no");
    });
    bus.on("good", topics.notice, ({ payload }) => seen.push(textOf(payload)));
    bus.publish("x", topics.notice, {}, notice("one"));
    expect(thrown).toEqual(["bad"]);
    expect(seen).toEqual(["one"]);
  });

  it("hands a late listener what is retained, flagged, until it is removed", () => {
    const { bus } = aBus();
    bus.publish("policy", topics.lease, {}, { epoch: 4 });
    const seen: unknown[] = [];
    bus.on("late", topics.lease, ({ payload, retained }) => seen.push([payload, retained]));
    expect(seen).toEqual([[{ epoch: 4 }, true]]);
    bus.publish("policy", topics.lease, {}, null as never);
    bus.on("later", topics.lease, (message) => seen.push(message));
    expect(seen).toHaveLength(2);
  });

  it("takes an outsider's removal without handing rooms a null", () => {
    const { bus } = aBus();
    const seen: unknown[] = [];
    bus.inject(topics.status, "power-manager/nas/status", { online: true }, true);
    bus.on("early", topics.status, ({ payload }) => seen.push(payload));
    bus.inject(topics.status, "power-manager/nas/status", null as never, false);
    bus.on("late", topics.status, ({ payload }) => seen.push(payload));
    expect(seen).toEqual([{ online: true }]);
  });

  it("lets a tick enter by the same FIFO", () => {
    const { bus } = aBus();
    const seen: (string | null)[] = [];
    bus.onTick("a", () => {
      bus.publish("a", topics.notice, {}, notice("from the tick"));
      seen.push("tick");
    });
    bus.on("b", topics.notice, ({ payload }) => seen.push(textOf(payload)));
    bus.tick();
    expect(seen).toEqual(["tick", "from the tick"]);
  });
});
