import { describe, expect, it } from "vitest";
import { until } from "../world.ts";
import {
  aHouse,
  aStage,
  command,
  grounds,
  power,
  sourceRoom,
  status,
  statusTopic,
  topics,
} from "./grounds.ts";

const plan = { state: "watching" as const, hold: null, reason: "", deadline_sec: null, causes: [] };
const event = (text: string) => ({ id: 1, at: 1, type: "by-hand" as const, level: "info" as const, text });

describe.each(grounds)("the mirror on %s", (name, lay) => {
  const stage = aStage(lay);

  it("flags retained messages, and only those", async () => {
    const agent = await stage.outside();
    await agent.say("power-manager/nas/status", '{"online":true}', { retain: true });
    await agent.say(statusTopic, JSON.stringify({ ...status(true), instance: "two" }), { retain: true });
    await stage.start();
    // Both were read before the mirror reported a connection: the epoch is known before the first command (R7). The
    // embedded broker sends retained messages later; only this process was ever its orchestrator.
    if (name === "mosquitto") expect(stage.house.heardBefore()).toBe(2);
    await until("both came", () => stage.house.heard.length === 2);
    expect(stage.house.heard.every(({ retained }) => retained)).toBe(true);
    await agent.say("power-manager/nas/status", '{"online":false}', { retain: true });
    await until("the live word came", () => stage.house.heard.length === 3);
    expect(stage.house.heard[2]).toEqual({
      name: "power-manager/nas/status",
      payload: { online: false },
      retained: false,
    });
  });

  it("publishes messages from before and after the connection, retained as in the table, with QoS 1", async () => {
    stage.house = aHouse(stage.ground);
    stage.house.bus.publish("commander", topics.power, { machine: "early" }, power(50));
    stage.ends.push(() => stage.house.mirror.stop());
    await stage.house.mirror.start();
    stage.house.bus.publish("commander", topics.power, { machine: "nas" }, power(40));
    await until("connected", stage.house.connected);
    const watcher = await stage.outside();
    // The broker hands out retained values one by one: a newer value would take the place of one that waits.
    await until("the retained values came", () => watcher.heard.length >= 2);
    stage.house.bus.publish("commander", topics.power, { machine: "nas" }, power(30));
    stage.house.bus.publish("commander", topics.command, { machine: "nas" }, command("1"));
    await until("the command came", () => watcher.on("power-manager/nas/cmd").length > 0);
    const seen = watcher.heard.map(({ topic, text, retained, qos }) => [
      topic,
      JSON.parse(text).soc,
      retained,
      qos,
    ]);
    expect(seen).toContainEqual(["power-manager/early/power", 50, true, 1]);
    expect(seen).toContainEqual(["power-manager/nas/power", 40, true, 1]);
    expect(seen).toContainEqual(["power-manager/nas/power", 30, false, 1]);
    expect(seen).toContainEqual(["power-manager/nas/cmd", undefined, false, 1]);
    const late = await stage.outside("power-manager/#");
    await until("the retained came", () => late.heard.length > 0);
    expect(late.heard.filter(({ topic }) => topic.endsWith("/cmd"))).toEqual([]);
  });

  it("keeps trying when it is started before the broker, logs that once, and logs when it connects", async () => {
    await stage.ground.end();
    stage.ground = await lay({ stopped: true });
    stage.house = aHouse(stage.ground);
    stage.ends.push(() => stage.house.mirror.stop());
    await stage.house.mirror.start();
    await until("it tried several times", () => stage.house.dialled() > 4);
    expect(stage.house.lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
    expect(stage.house.lines[0]).toMatch(
      /^warn the broker mqtt:\/\/127.0.0.1:\d+ is away: .*tried again for ever/,
    );
    await stage.ground.start();
    await until("connected", stage.house.connected);
    expect(stage.house.lines.at(-1)).toMatch(/^connected to the broker /);
  });

  it("publishes everything retained again after a restart of the broker, and no command from before", async () => {
    await stage.start();
    stage.house.bus.publish("commander", topics.power, { machine: "nas" }, power(50));
    stage.house.bus.publish("policy", topics.plan, { machine: "nas" }, plan);
    stage.house.hold(true);
    await stage.ground.stop();
    await until("the loss was noticed", () => !stage.house.connected());
    stage.house.bus.publish("commander", topics.power, { machine: "nas" }, power(20));
    stage.house.bus.publish("commander", topics.command, { machine: "nas" }, command("lost"));
    stage.house.bus.publish(
      sourceRoom,
      topics.data,
      { serial: "R1" },
      { bytes: Buffer.from([1]), source: "x" },
    );
    for (let index = 0; index < 5; index++)
      stage.house.bus.publish("journal", topics.events, {}, event(`${index}`));
    await stage.ground.start();
    const watcher = await stage.outside();
    stage.house.hold(false);
    await until("connected again", stage.house.connected);
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
    expect(stage.house.mirror.counts()).toMatchObject({ dropped: 2, connects: 2 });
  });

  it("keeps only the newest events while the broker is away", async () => {
    await stage.ground.end();
    stage.ground = await lay({ stopped: true });
    stage.house = aHouse(stage.ground, { limits: { events: 3 } });
    stage.ends.push(() => stage.house.mirror.stop());
    stage.house.hold(true);
    await stage.house.mirror.start();
    for (let index = 0; index < 5; index++)
      stage.house.bus.publish("journal", topics.events, {}, event(`${index}`));
    await stage.ground.start();
    const watcher = await stage.outside("power-manager/events");
    stage.house.hold(false);
    await until("the events came", () => watcher.heard.length >= 3);
    expect(watcher.heard.map(({ text }) => JSON.parse(text).text)).toEqual(["2", "3", "4"]);
    expect(stage.house.mirror.counts().dropped).toBe(2);
  });

  it("leaves the Last Will to the broker when the cable is cut, and overwrites it when it is back", async () => {
    const watcher = await stage.outside(statusTopic);
    await stage.start({ will: { payload: () => status(false) } });
    stage.house.bus.publish("commander", topics.orchestrator, {}, status(true));
    await until("online", () => watcher.heard.length === 1);
    stage.house.cut();
    await until("the will and the return", () => watcher.heard.length >= 3);
    expect(watcher.heard.slice(0, 2).map(({ text }) => JSON.parse(text).online)).toEqual([true, false]);
    await until("online again", () => JSON.parse(watcher.heard.at(-1)?.text ?? "{}").online === true);
    expect(stage.house.heard).toEqual([]);
  });

  it("brings nothing back over the leader of its machines: neither after a reconnect nor at its end", async () => {
    const watcher = await stage.outside("power-manager/#");
    await stage.start({ machines: new Set(["nas"]), will: { payload: () => status(false) } });
    const { bus } = stage.house;
    bus.publish("commander", topics.power, { machine: "nas" }, power(50));
    bus.publish("policy", topics.plan, { machine: "nas" }, plan);
    bus.publish("commander", topics.orchestrator, {}, status(true));
    await until("all of ours came", () => watcher.heard.length === 3);
    bus.publish("policy", topics.lease, {}, { epoch: 1, silent: { nas: "aside" } });
    stage.house.cut();
    await until("it is back", () => stage.house.dialled() > 1 && stage.house.connected());
    bus.publish("commander", topics.command, { machine: "tv" }, command("mark"));
    await until("the mark came", () => watcher.on("power-manager/tv/cmd").length > 0);
    await stage.house.mirror.stop({ lastWords: { ...status(false), epoch: 99 } });
    await watcher.say("power-manager/end", "mark");
    await until("the end came", () => watcher.on("power-manager/end").length > 0);
    const after = watcher.heard.slice(3).map(({ topic, text }) => [topic, text.includes('"epoch":99')]);
    // The broker speaks the Last Will of the connection that was cut.
    const will = [statusTopic, false];
    expect(after).toEqual([will, ["power-manager/tv/cmd", false], ["power-manager/end", false]]);
  });

  it("overwrites its own Last Will that comes late", async () => {
    await stage.start({ will: { payload: () => status(false) } });
    stage.house.bus.publish("commander", topics.orchestrator, {}, status(true));
    const watcher = await stage.outside(statusTopic);
    await watcher.say(statusTopic, JSON.stringify(status(false)), { retain: true });
    await until("contradicted", () => JSON.parse(watcher.heard.at(-1)?.text ?? "{}").online === true);
  });

  it("publishes its goodbye on an orderly end, and the broker adds none", async () => {
    const watcher = await stage.outside(statusTopic);
    await stage.start({ will: { payload: () => ({ ...status(false), epoch: 99 }) } });
    stage.house.bus.publish("commander", topics.orchestrator, {}, status(true));
    await stage.house.mirror.stop({ lastWords: status(false) });
    await watcher.say(statusTopic, "mark");
    await until("the mark came", () => watcher.heard.some(({ text }) => text === "mark"));
    expect(watcher.heard.map(({ text }) => text)).toEqual([
      ...[status(true), status(false)].map((s) => JSON.stringify(s)),
      "mark",
    ]);
  });

  it("logs once that a password is wrong, keeps trying, and connects when it is right", async () => {
    await stage.ground.end();
    stage.ground = await lay({ users: { server: "right" } });
    stage.house = aHouse(stage.ground, {
      connect: { url: stage.ground.url, username: "server", password: "wrong" },
    });
    stage.ends.push(() => stage.house.mirror.stop());
    await stage.house.mirror.start();
    await until("it was said", () => stage.house.lines.length > 0);
    const before = stage.house.lines.length;
    expect(stage.house.lines[0]).toMatch(/refuses the user "server"; check mqtt.username and mqtt.password/);
    let dialled = 0;
    const second = aHouse(stage.ground, {
      connect: {
        url: stage.ground.url,
        username: "server",
        password: "wrong",
        local() {
          dialled++;
          return stage.ground.dial();
        },
      },
    });
    stage.ends.push(() => second.mirror.stop());
    await second.mirror.start();
    await until("it tried again and again", () => dialled > 4);
    expect(second.lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
    expect(stage.house.lines).toHaveLength(before);
    const good = aHouse(stage.ground, {
      instance: "good",
      connect: { url: stage.ground.url, username: "server", password: "right" },
    });
    stage.ends.push(() => good.mirror.stop());
    await good.mirror.start();
    await until("connected", good.connected);
  });
});
