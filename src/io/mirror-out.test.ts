import { describe, expect, it } from "vitest";
import type { Topic } from "../contract/topics/topic.ts";
import { makeTopics, type Params, topicFor } from "../contract/topics.ts";
import { Outbound } from "./mirror-out.ts";

const topics = makeTopics("bridge-ecoflow", "home");

/** A way out whose broker acknowledges when the test says so. */
function byHand(unsentBytes = 1_000) {
  const sent: { name: string; text: string; retain: boolean; ack: () => void }[] = [];
  const names: string[][] = [];
  let now = 0;
  const out: Outbound = new Outbound({
    now: () => now,
    origin: "home/one",
    instance: "one",
    unsentBytes,
    events: 3,
    onNames: () => names.push(out.names()),
  });
  const session = {
    subscribe: () => Promise.resolve([]),
    drop() {},
    publish: (name: string, bytes: Buffer, retain: boolean) =>
      new Promise<void>((resolve) => {
        sent.push({ name, text: bytes.toString(), retain, ack: resolve });
      }),
  };
  const say = (topic: Topic<never>, params: Params, payload: unknown) =>
    out.say({
      topic,
      name: topicFor(topic, params),
      params,
      payload,
      retained: false,
      from: "x",
      at: now,
      wall: 0,
    });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return {
    out,
    sent,
    names,
    session,
    say,
    turn,
    wait: (ms: number) => (now += ms),
    async ack(count = sent.length) {
      for (const { ack } of sent.splice(0, count)) ack();
      await turn();
    },
    async connect() {
      const synced = out.sync({ ...session });
      while (sent.length > 0) await this.ack();
      await synced;
      out.open();
    },
  };
}

const power = topics.power as Topic<never>;
const plan = topics.plan as Topic<never>;
const command = topics.command as Topic<never>;
const data = topics.data as Topic<never>;
const frame = (size: number) => ({ bytes: new Uint8Array(size), source: "x" });

describe("the way out", () => {
  it("is in step only when the broker has acknowledged every retained value, the powers first", async () => {
    const hand = byHand();
    hand.say(plan, { machine: "nas" }, { state: "watching" });
    hand.say(power, { machine: "nas" }, { soc: 1 });
    hand.say(power, { machine: "nas" }, { soc: 2 });
    let inStep = false;
    const synced = hand.out.sync(hand.session).then(() => {
      inStep = true;
    });
    await hand.turn();
    expect(hand.sent.map(({ name, text }) => [name, text])).toEqual([
      ["power-manager/nas/power", '{"soc":2}'],
      ["power-manager/plan/nas", '{"state":"watching"}'],
    ]);
    hand.say(command, { machine: "nas" }, { id: "too early" });
    await hand.ack(1);
    expect(inStep).toBe(false);
    await hand.ack();
    await synced;
    expect([hand.sent.length, hand.out.dropped]).toEqual([0, 1]);
  });

  it("coalesces readings while the broker is slow, and lets power and commands pass", async () => {
    const hand = byHand(100);
    await hand.connect();
    hand.say(plan, { machine: "big" }, "x".repeat(100));
    for (const state of ["a", "b", "c"]) hand.say(plan, { machine: "nas" }, { state });
    hand.say(power, { machine: "nas" }, { soc: 3 });
    hand.say(command, { machine: "nas" }, { id: "1" });
    hand.say(data, { serial: "R1" }, frame(5));
    expect(hand.sent.map(({ name }) => name)).toEqual([
      "power-manager/plan/big",
      "power-manager/nas/power",
      "power-manager/nas/cmd",
    ]);
    await hand.ack();
    expect(hand.sent.map(({ text }) => text)).toEqual(['{"state":"c"}']);
    expect(hand.out.dropped).toBe(1);
  });

  it("knows its own commands and frames for a minute, and its readings by their origin", async () => {
    const hand = byHand();
    await hand.connect();
    hand.say(command, { machine: "nas" }, { id: "1" });
    const bytes = Buffer.from('{"id":"1"}');
    expect(hand.out.isEcho(command, "power-manager/nas/cmd", bytes)).toBe(true);
    expect(hand.out.isEcho(command, "power-manager/other/cmd", bytes)).toBe(false);
    expect(hand.out.isEcho(command, "power-manager/nas/cmd", Buffer.from('{"id":"2"}'))).toBe(false);
    hand.wait(60_001);
    expect(hand.out.isEcho(command, "power-manager/nas/cmd", bytes)).toBe(false);
    const reading = (origin: string) => Buffer.from(JSON.stringify({ device: "x", origin }));
    const state = topics.state as Topic<never>;
    expect(hand.out.isEcho(state, "bridge-ecoflow/x/json/state", reading("home/one"))).toBe(true);
    expect(hand.out.isEcho(state, "bridge-ecoflow/x/json/state", reading("home/two"))).toBe(false);
  });

  it("forgets a name when the broker has removed its value, and tells each change of the list", async () => {
    const hand = byHand();
    await hand.connect();
    hand.say(plan, { machine: "nas" }, { state: "a" });
    hand.say(plan, { machine: "nas" }, { state: "b" });
    hand.say(plan, { machine: "nas" }, null);
    expect(hand.sent.at(-1)).toMatchObject({ text: "", retain: true });
    expect(hand.names).toEqual([["power-manager/plan/nas"]]);
    await hand.ack();
    expect(hand.names.at(-1)).toEqual([]);
  });

  it("forgets a value that another server publishes now: the next connection does not bring it", async () => {
    const hand = byHand();
    await hand.connect();
    hand.say(plan, { machine: "nas" }, { state: "a" });
    hand.say(power, { machine: "nas" }, { soc: 1 });
    await hand.ack();
    hand.out.release("power-manager/plan/nas");
    hand.out.close();
    const synced = hand.out.sync({ ...hand.session });
    await hand.turn();
    expect(hand.sent.map(({ name }) => name)).toEqual(["power-manager/nas/power"]);
    await hand.ack();
    await synced;
    expect(hand.names.at(-1)).toEqual(["power-manager/nas/power"]);
  });

  it("sends an event again over the next connection that the last one did not acknowledge, and no other", async () => {
    const hand = byHand();
    const event = (id: number) => hand.say(topics.events as Topic<never>, {}, { id });
    event(1);
    await hand.connect();
    expect(hand.sent.map(({ text }) => text)).toEqual(['{"id":1}']);
    await hand.ack();
    event(2);
    hand.out.close();
    hand.sent.splice(0);
    event(3);
    const synced = hand.out.sync({ ...hand.session });
    await hand.ack();
    await synced;
    hand.out.open();
    expect(hand.sent.map(({ text }) => text)).toEqual(['{"id":2}', '{"id":3}']);
  });

  it("keeps for the next connection what the last one did not acknowledge", async () => {
    const hand = byHand();
    await hand.connect();
    hand.say(plan, { machine: "nas" }, { state: "a" });
    hand.out.close();
    const late = hand.sent.splice(0);
    hand.say(plan, { machine: "nas" }, { state: "b" });
    await hand.connect();
    for (const { ack } of late) ack();
    await hand.turn();
    hand.say(plan, { machine: "nas" }, { state: "c" });
    expect(hand.sent.map(({ text }) => text)).toEqual(['{"state":"c"}']);
    let done = false;
    void hand.out.settled().then(() => {
      done = true;
    });
    await hand.turn();
    expect(done).toBe(false);
    await hand.ack();
    expect(done).toBe(true);
  });
});
