import { describe, expect, it } from "vitest";
import { memoryStore } from "../../src/io/sqlite.ts";
import { until } from "../world.ts";
import {
  aStage,
  command,
  grounds,
  type House,
  power,
  sourceRoom,
  status,
  statusTopic,
  topics,
} from "./grounds.ts";

describe.each(grounds)("what the mirror takes and gives on %s", (_, lay) => {
  const stage = aStage(lay);

  it("does not take its own messages for those of another client", async () => {
    await stage.start();
    const reading = { device: "river", soc: 50, origin: "home/one" };
    stage.house.bus.publish("telemetry", topics.state, { station: "river" }, reading as never);
    stage.house.bus.publish("commander", topics.command, { machine: "nas" }, command("ours"));
    stage.house.bus.publish("commander", topics.orchestrator, {}, status(true));
    stage.house.bus.publish(
      sourceRoom,
      topics.data,
      { serial: "R1" },
      { bytes: Buffer.from([1, 2]), source: "x" },
    );
    const foreign = await stage.outside("nothing");
    await foreign.say("bridge-ecoflow/river/json/state", JSON.stringify({ ...reading, origin: "home/two" }));
    await foreign.say("power-manager/nas/cmd", JSON.stringify(command("theirs")));
    await foreign.say(statusTopic, JSON.stringify({ ...status(true), instance: "two" }));
    await foreign.say("bridge-ecoflow/R1/data", Buffer.from([3]));
    await until("the foreign ones came", () => stage.house.heard.length >= 4);
    expect(stage.house.heard.map(({ name }) => name)).toEqual([
      "bridge-ecoflow/river/json/state",
      "power-manager/nas/cmd",
      statusTopic,
      "bridge-ecoflow/R1/data",
    ]);
    expect(stage.house.heard[1]?.payload).toMatchObject({ id: "theirs" });
    expect(stage.house.heard[3]?.payload).toEqual({ bytes: new Uint8Array([3]), source: null });
  });

  it("refuses what is too large or invalid, logs each once, and accepts unknown fields", async () => {
    await stage.start({ limits: { payloadBytes: 1_000 } });
    const foreign = await stage.outside("nothing");
    const ack = "power-manager/nas/ack";
    for (let time = 0; time < 3; time++) {
      await foreign.say(ack, `{"id":"${"x".repeat(1_000)}"`);
      await foreign.say(ack, "{not json");
      await foreign.say(ack, '{"id":"1","phase":"dancing"}');
      await foreign.say(ack, "");
    }
    await foreign.say("bridge-ecoflow/x/json/state", "[]");
    await foreign.say("bridge-ecoflow/x/json/state", '{"device":"x","soc":"ninety","more":{"a":1}}');
    await foreign.say(ack, '{"id":"1","phase":"received"}');
    await until("the good ones came", () => stage.house.heard.length === 2);
    expect(stage.house.heard.map(({ payload }) => payload)).toEqual([
      { device: "x", soc: "ninety", more: { a: 1 } },
      { id: "1", phase: "received" },
    ]);
    expect(stage.house.mirror.counts().refused).toBe(13);
    expect(stage.house.lines.filter((line) => line.startsWith("warn"))).toHaveLength(4);
    expect(stage.house.lines.join()).not.toContain("dancing");
  });

  it("lets an empty retained payload remove a value without troubling a room", async () => {
    await stage.start();
    const foreign = await stage.outside("nothing");
    await foreign.say("power-manager/nas/status", '{"online":true}', { retain: true });
    await foreign.say("power-manager/nas/status", "", { retain: true });
    await foreign.say("power-manager/other/status", '{"online":true}', { retain: true });
    await until("both came", () => stage.house.heard.length === 2);
    const known: string[] = [];
    stage.house.bus.on("late", topics.status, ({ name }) => known.push(name));
    expect(known).toEqual(["power-manager/other/status"]);
    expect(stage.house.mirror.counts().refused).toBe(0);
  });

  it("takes a burst of 10 000: every acknowledgement, and of each reading at least the newest", async () => {
    await stage.start({ limits: { perTurn: 20 } });
    const foreign = await stage.outside("nothing");
    const all: Promise<void>[] = [];
    for (let index = 0; index < 10_000; index++) {
      const acks = index % 10 === 0;
      const topic = acks ? "power-manager/nas/ack" : `bridge-ecoflow/station${index % 7}/json/state`;
      const text = acks ? { id: `${index}`, phase: "received" } : { device: "x", soc: index };
      all.push(foreign.say(topic, JSON.stringify(text)));
    }
    await Promise.all(all);
    await foreign.say("power-manager/nas/ack", '{"id":"last","phase":"received"}');
    await until("the last one came", () => idsOf(stage.house).at(-1) === "last");
    expect(idsOf(stage.house)).toEqual([
      ...Array.from({ length: 1_000 }, (__, index) => `${index * 10}`),
      "last",
    ]);
    const newest = new Map(
      stage.house.heard.map(({ name, payload }) => [name, (payload as { soc?: number }).soc]),
    );
    expect(
      [...newest]
        .filter(([name]) => name.startsWith("bridge"))
        .map(([, soc]) => soc)
        .sort(),
    ).toEqual([9_993, 9_994, 9_995, 9_996, 9_997, 9_998, 9_999]);
    expect(stage.house.mirror.counts().refused).toBe(0);
  });

  it("when it has too much to send, it drops frames, keeps the newest of each reading, and sends commands first", async () => {
    await stage.start({ limits: { unsentBytes: 10_000 } });
    const watcher = await stage.outside();
    for (let index = 0; index < 500; index++) {
      stage.house.bus.publish(
        sourceRoom,
        topics.data,
        { serial: "R1" },
        { bytes: Buffer.alloc(500, index), source: "x" },
      );
      const reading = { device: `s${index % 3}`, soc: index, origin: "home/one" };
      stage.house.bus.publish("telemetry", topics.state, { station: `s${index % 3}` }, reading as never);
    }
    stage.house.bus.publish("commander", topics.command, { machine: "nas" }, command("now"));
    const last = (station: string) =>
      JSON.parse(watcher.on(`bridge-ecoflow/${station}/json/state`).at(-1) ?? "{}").soc;
    await until("the newest came", () => last("s0") === 498 && last("s1") === 499 && last("s2") === 497);
    expect(watcher.on("power-manager/nas/cmd")).toHaveLength(1);
    const order = watcher.heard.map(({ topic, text }) => (topic.endsWith("cmd") ? "cmd" : text.slice(-40)));
    expect(order.indexOf("cmd")).toBeLessThan(order.findIndex((text) => text.includes('"soc":499')));
    expect(stage.house.mirror.counts().dropped).toBeGreaterThan(400);
    expect(watcher.on("bridge-ecoflow/R1/data").length).toBe(500 - stage.house.mirror.counts().dropped);
  });

  it("clears what an earlier configuration had published, but not what is published again or owned elsewhere", async () => {
    const store = memoryStore({
      "mirror/retained": JSON.stringify([
        "power-manager/old/power",
        "power-manager/nas/power",
        "power-manager/nas/status",
        "power-manager/led/power",
      ]),
    });
    const watcher = await stage.outside();
    for (const name of ["old/power", "nas/power", "nas/status", "led/power"]) {
      await watcher.say(
        `power-manager/${name}`,
        name.endsWith("status") ? '{"online":true}' : JSON.stringify(power(9)),
        { retain: true },
      );
    }
    watcher.heard.length = 0;
    // While another server leads, this one publishes nothing for a machine of both.
    await stage.start({ store, machines: new Set(["nas", "led"]), limits: { clearAfterMs: 0 } });
    stage.house.bus.publish("commander", topics.power, { machine: "nas" }, power(50));
    stage.house.bus.tick();
    await until("the old one is cleared", () => watcher.on("power-manager/old/power").includes(""));
    await until(
      "the list is new",
      async () => (await store.load("mirror/retained")) === '["power-manager/nas/power"]',
    );
    const late = await stage.outside("power-manager/#");
    await until("the retained came", () => late.heard.length >= 3);
    expect(late.heard.map(({ topic }) => topic).sort()).toEqual([
      "power-manager/led/power",
      "power-manager/nas/power",
      "power-manager/nas/status",
    ]);
  });
});

function idsOf({ heard }: House): unknown[] {
  return heard
    .filter(({ name }) => name.endsWith("/ack"))
    .map(({ payload }) => (payload as { id: string }).id);
}
