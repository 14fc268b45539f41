import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { memoryStore } from "../../src/io/sqlite.ts";
import { until, type Watcher, watch } from "../world.ts";
import { aHouse, type Ground, grounds, type House, topics } from "./grounds.ts";

const power = (soc: number) => ({
  on_battery: true,
  soc,
  runtime_sec: null,
  deadman_sec: 600,
  at: 1,
  seq: 1,
});
const command = (id: string) => ({ id, action: "shutdown" as const, delay_sec: 0, reason: "", ttl_sec: 300 });
const plan = { state: "watching" as const, hold: null, reason: "", deadline_sec: null, causes: [] };
const event = (text: string) => ({ at: 1, type: "test", level: "info" as const, text });
const status = (online: boolean) => ({ site: "home", instance: "one", epoch: 3, at: 1, online });
const statusTopic = "power-manager/orchestrator/status";

describe.each(grounds)("the mirror on %s", (_, lay) => {
  let ground: Ground;
  let house: House;
  const ends: (() => Promise<unknown>)[] = [];
  const outside = async (...filters: string[]): Promise<Watcher> => {
    const watcher = await watch(ground.url, filters.length > 0 ? filters : undefined);
    ends.push(() => watcher.end());
    return watcher;
  };
  const start = async (...more: Parameters<typeof aHouse> extends [unknown, ...infer M] ? M : never) => {
    house = aHouse(ground, ...more);
    ends.push(() => house.mirror.stop());
    await house.mirror.start();
    await until("the mirror is connected", house.connected);
  };

  beforeEach(async () => {
    ground = await lay();
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    await ground.end();
  });

  it("flags what the broker had retained, and only that", async () => {
    const agent = await outside();
    await agent.say("power-manager/nas/status", '{"online":true}', { retain: true });
    await agent.say(statusTopic, JSON.stringify({ ...status(true), instance: "two" }), { retain: true });
    await start();
    // Both were read before the mirror said that it is connected: the epoch is known before the first command (R7).
    expect(house.heard).toHaveLength(2);
    expect(house.heard.every(({ retained }) => retained)).toBe(true);
    await agent.say("power-manager/nas/status", '{"online":false}', { retain: true });
    await until("the live word came", () => house.heard.length === 3);
    expect(house.heard[2]).toEqual({
      name: "power-manager/nas/status",
      payload: { online: false },
      retained: false,
    });
  });

  it("publishes what was said before and after the connection, retained where the table says so, with QoS 1", async () => {
    house = aHouse(ground);
    house.bus.publish("commander", topics.power, { machine: "early" }, power(50));
    ends.push(() => house.mirror.stop());
    await house.mirror.start();
    house.bus.publish("commander", topics.power, { machine: "nas" }, power(40));
    await until("connected", house.connected);
    const watcher = await outside();
    house.bus.publish("commander", topics.power, { machine: "nas" }, power(30));
    house.bus.publish("commander", topics.command, { machine: "nas" }, command("1"));
    await until("the command came", () => watcher.on("power-manager/nas/cmd").length > 0);
    const seen = watcher.heard.map(({ topic, text, retained, qos }) => [
      topic,
      JSON.parse(text).soc,
      retained,
      qos,
    ]);
    expect(seen).toContainEqual(["power-manager/nas/power", 40, true, 1]);
    expect(seen).toContainEqual(["power-manager/nas/power", 30, false, 1]);
    expect(seen).toContainEqual(["power-manager/nas/cmd", undefined, false, 1]);
    const late = await outside("power-manager/#");
    await until("the retained came", () => late.heard.length > 0);
    expect(late.heard.filter(({ topic }) => topic.endsWith("/cmd"))).toEqual([]);
  });

  it("keeps trying when it is started before the broker, says so once, and says when it comes", async () => {
    await ground.end();
    ground = await lay({ stopped: true });
    house = aHouse(ground);
    ends.push(() => house.mirror.stop());
    await house.mirror.start();
    await until("it tried several times", () => house.dialled() > 4);
    expect(house.lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
    expect(house.lines[0]).toMatch(/^warn the broker mqtt:\/\/127.0.0.1:\d+ is away: .*tried again for ever/);
    await ground.start();
    await until("connected", house.connected);
    expect(house.lines.at(-1)).toMatch(/is there$/);
  });

  it("publishes everything retained again after a restart of the broker, and nothing that was meant for then", async () => {
    await start();
    house.bus.publish("commander", topics.power, { machine: "nas" }, power(50));
    house.bus.publish("policy", topics.plan, { machine: "nas" }, plan);
    await ground.stop();
    await until("the loss was noticed", () => !house.connected());
    house.bus.publish("commander", topics.power, { machine: "nas" }, power(20));
    house.bus.publish("commander", topics.command, { machine: "nas" }, command("lost"));
    house.bus.publish("mqtt-raw", topics.data, { serial: "R1" }, { bytes: Buffer.from([1]), source: "x" });
    for (let index = 0; index < 5; index++)
      house.bus.publish("journal", topics.events, {}, event(`${index}`));
    await ground.start();
    const watcher = await outside();
    await until("connected again", house.connected);
    await until("the events came", () => watcher.on("power-manager/events").length === 5);
    expect(watcher.on("power-manager/events").map((text) => JSON.parse(text).text)).toEqual([
      "0",
      "1",
      "2",
      "3",
      "4",
    ]);
    expect(new Set(watcher.on("power-manager/nas/power"))).toEqual(new Set([JSON.stringify(power(20))]));
    expect(watcher.on("power-manager/plan/nas")).not.toEqual([]);
    expect(watcher.on("power-manager/nas/cmd")).toEqual([]);
    expect(watcher.on("bridge-ecoflow/R1/data")).toEqual([]);
    expect(house.mirror.counts()).toMatchObject({ dropped: 2, connects: 2 });
  });

  it("keeps only the newest events while the broker is away", async () => {
    await ground.end();
    ground = await lay({ stopped: true });
    house = aHouse(ground, { limits: { events: 3 } });
    ends.push(() => house.mirror.stop());
    await house.mirror.start();
    for (let index = 0; index < 5; index++)
      house.bus.publish("journal", topics.events, {}, event(`${index}`));
    await ground.start();
    const watcher = await outside("power-manager/events");
    await until("the events came", () => watcher.heard.length >= 3);
    expect(watcher.heard.map(({ text }) => JSON.parse(text).text)).toEqual(["2", "3", "4"]);
    expect(house.mirror.counts().dropped).toBe(2);
  });

  it("lets the broker speak the Last Will when the cable is cut, and overwrites it when it is back", async () => {
    const watcher = await outside(statusTopic);
    await start({ will: { payload: () => status(false) } });
    house.bus.publish("commander", topics.orchestrator, {}, status(true));
    await until("online", () => watcher.heard.length === 1);
    house.cut();
    await until("the will and the return", () => watcher.heard.length >= 3);
    expect(watcher.heard.slice(0, 2).map(({ text }) => JSON.parse(text).online)).toEqual([true, false]);
    await until("online again", () => JSON.parse(watcher.heard.at(-1)?.text ?? "{}").online === true);
    expect(house.heard).toEqual([]);
  });

  it("stands against its own Last Will that comes late", async () => {
    await start({ will: { payload: () => status(false) } });
    house.bus.publish("commander", topics.orchestrator, {}, status(true));
    const watcher = await outside(statusTopic);
    await watcher.say(statusTopic, JSON.stringify(status(false)), { retain: true });
    await until("contradicted", () => JSON.parse(watcher.heard.at(-1)?.text ?? "{}").online === true);
  });

  it("says its last words on an orderly end, and the broker adds none", async () => {
    const watcher = await outside(statusTopic);
    await start({ will: { payload: () => ({ ...status(false), epoch: 99 }) } });
    house.bus.publish("commander", topics.orchestrator, {}, status(true));
    await house.mirror.stop({ lastWords: status(false) });
    await watcher.say(statusTopic, "mark");
    await until("the mark came", () => watcher.heard.some(({ text }) => text === "mark"));
    expect(watcher.heard.map(({ text }) => text)).toEqual([
      ...[status(true), status(false)].map((s) => JSON.stringify(s)),
      "mark",
    ]);
  });

  it("does not take its own words for somebody else's", async () => {
    await start();
    const reading = { device: "river", soc: 50, origin: "home/one" };
    house.bus.publish("telemetry", topics.state, { station: "river" }, reading as never);
    house.bus.publish("commander", topics.command, { machine: "nas" }, command("ours"));
    house.bus.publish("commander", topics.orchestrator, {}, status(true));
    house.bus.publish("mqtt-raw", topics.data, { serial: "R1" }, { bytes: Buffer.from([1, 2]), source: "x" });
    const foreign = await outside("nothing");
    await foreign.say("bridge-ecoflow/river/json/state", JSON.stringify({ ...reading, origin: "home/two" }));
    await foreign.say("power-manager/nas/cmd", JSON.stringify(command("theirs")));
    await foreign.say(statusTopic, JSON.stringify({ ...status(true), instance: "two" }));
    await foreign.say("bridge-ecoflow/R1/data", Buffer.from([3]));
    await until("the foreign ones came", () => house.heard.length >= 4);
    expect(house.heard.map(({ name }) => name)).toEqual([
      "bridge-ecoflow/river/json/state",
      "power-manager/nas/cmd",
      statusTopic,
      "bridge-ecoflow/R1/data",
    ]);
    expect(house.heard[1]?.payload).toMatchObject({ id: "theirs" });
    expect(house.heard[3]?.payload).toEqual({ bytes: new Uint8Array([3]), source: "mqtt-raw" });
  });

  it("refuses what is too large or not as it must be, says each once, and takes what others add", async () => {
    await start({ limits: { payloadBytes: 1_000 } });
    const foreign = await outside("nothing");
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
    await until("the good ones came", () => house.heard.length === 2);
    expect(house.heard.map(({ payload }) => payload)).toEqual([
      { device: "x", soc: "ninety", more: { a: 1 } },
      { id: "1", phase: "received" },
    ]);
    expect(house.mirror.counts().refused).toBe(13);
    expect(house.lines.filter((line) => line.startsWith("warn"))).toHaveLength(4);
    expect(house.lines.join()).not.toContain("dancing");
  });

  it("lets an empty retained payload remove a value without troubling a room", async () => {
    await start();
    const foreign = await outside("nothing");
    await foreign.say("power-manager/nas/status", '{"online":true}', { retain: true });
    await foreign.say("power-manager/nas/status", "", { retain: true });
    await foreign.say("power-manager/other/status", '{"online":true}', { retain: true });
    await until("both came", () => house.heard.length === 2);
    const known: string[] = [];
    house.bus.on("late", topics.status, ({ name }) => known.push(name));
    expect(known).toEqual(["power-manager/other/status"]);
    expect(house.mirror.counts().refused).toBe(0);
  });

  it("takes a burst of 10 000: every acknowledgement, and of each reading at least the newest", async () => {
    await start({ limits: { perTurn: 20 } });
    const foreign = await outside("nothing");
    const all: Promise<void>[] = [];
    for (let index = 0; index < 10_000; index++) {
      const acks = index % 10 === 0;
      const topic = acks ? "power-manager/nas/ack" : `bridge-ecoflow/station${index % 7}/json/state`;
      const text = acks ? { id: `${index}`, phase: "received" } : { device: "x", soc: index };
      all.push(foreign.say(topic, JSON.stringify(text)));
    }
    await Promise.all(all);
    await foreign.say("power-manager/nas/ack", '{"id":"last","phase":"received"}');
    await until("the last one came", () => idsOf(house).at(-1) === "last");
    expect(idsOf(house)).toEqual([...Array.from({ length: 1_000 }, (__, index) => `${index * 10}`), "last"]);
    const newest = new Map(house.heard.map(({ name, payload }) => [name, (payload as { soc?: number }).soc]));
    expect(
      [...newest]
        .filter(([name]) => name.startsWith("bridge"))
        .map(([, soc]) => soc)
        .sort(),
    ).toEqual([9_993, 9_994, 9_995, 9_996, 9_997, 9_998, 9_999]);
    expect(house.mirror.counts().refused).toBe(0);
  });

  it("when it says too much, it drops frames, keeps the newest of each reading, and sends commands first", async () => {
    await start({ limits: { unsentBytes: 10_000 } });
    const watcher = await outside();
    for (let index = 0; index < 500; index++) {
      house.bus.publish(
        "mqtt-raw",
        topics.data,
        { serial: "R1" },
        { bytes: Buffer.alloc(500, index), source: "x" },
      );
      const reading = { device: `s${index % 3}`, soc: index, origin: "home/one" };
      house.bus.publish("telemetry", topics.state, { station: `s${index % 3}` }, reading as never);
    }
    house.bus.publish("commander", topics.command, { machine: "nas" }, command("now"));
    const last = (station: string) =>
      JSON.parse(watcher.on(`bridge-ecoflow/${station}/json/state`).at(-1) ?? "{}").soc;
    await until("the newest came", () => last("s0") === 498 && last("s1") === 499 && last("s2") === 497);
    expect(watcher.on("power-manager/nas/cmd")).toHaveLength(1);
    const order = watcher.heard.map(({ topic, text }) => (topic.endsWith("cmd") ? "cmd" : text.slice(-40)));
    expect(order.indexOf("cmd")).toBeLessThan(order.findIndex((text) => text.includes('"soc":499')));
    expect(house.mirror.counts().dropped).toBeGreaterThan(400);
    expect(watcher.on("bridge-ecoflow/R1/data").length).toBe(500 - house.mirror.counts().dropped);
  });

  it("clears what an earlier configuration had published, but not what is said anew or owned elsewhere", async () => {
    const store = memoryStore({
      "mirror/retained": JSON.stringify([
        "power-manager/old/power",
        "power-manager/nas/power",
        "power-manager/nas/status",
      ]),
    });
    const watcher = await outside();
    for (const name of ["old/power", "nas/power", "nas/status"]) {
      await watcher.say(
        `power-manager/${name}`,
        name.endsWith("status") ? '{"online":true}' : JSON.stringify(power(9)),
        { retain: true },
      );
    }
    watcher.heard.length = 0;
    await start({ store, limits: { clearAfterMs: 0 } });
    house.bus.publish("commander", topics.power, { machine: "nas" }, power(50));
    house.bus.tick();
    await until("the old one is cleared", () => watcher.on("power-manager/old/power").includes(""));
    await until(
      "the list is new",
      async () => (await store.load("mirror/retained")) === '["power-manager/nas/power"]',
    );
    const late = await outside("power-manager/#");
    await until("the retained came", () => late.heard.length >= 2);
    expect(late.heard.map(({ topic }) => topic).sort()).toEqual([
      "power-manager/nas/power",
      "power-manager/nas/status",
    ]);
  });

  it("says once that a password is wrong, goes on trying, and comes in when it is right", async () => {
    await ground.end();
    ground = await lay({ users: { server: "right" } });
    house = aHouse(ground, {
      connect: { url: ground.url, username: "server", password: "wrong" },
    });
    ends.push(() => house.mirror.stop());
    await house.mirror.start();
    await until("it was said", () => house.lines.length > 0);
    const before = house.lines.length;
    expect(house.lines[0]).toMatch(/refuses the user "server"; check mqtt.username and mqtt.password/);
    let dialled = 0;
    const second = aHouse(ground, {
      connect: {
        url: ground.url,
        username: "server",
        password: "wrong",
        local() {
          dialled++;
          return ground.dial();
        },
      },
    });
    ends.push(() => second.mirror.stop());
    await second.mirror.start();
    await until("it tried again and again", () => dialled > 4);
    expect(second.lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
    expect(house.lines).toHaveLength(before);
    const good = aHouse(ground, {
      instance: "good",
      connect: { url: ground.url, username: "server", password: "right" },
    });
    ends.push(() => good.mirror.stop());
    await good.mirror.start();
    await until("connected", good.connected);
  });
});

function idsOf({ heard }: House): unknown[] {
  return heard
    .filter(({ name }) => name.endsWith("/ack"))
    .map(({ payload }) => (payload as { id: string }).id);
}
