/** The thin client against a real broker: orderly ends, Last Wills, and brokers that refuse. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBroker } from "../../src/io/broker.ts";
import { type Client, type ClientOptions, connectClient } from "../../src/io/client.ts";
import { realTime } from "../../src/io/timer.ts";
import {
  freePort,
  hasMosquitto,
  type Mosquitto,
  startMosquitto,
  until,
  type Watcher,
  watch,
} from "../world.ts";
import { quiet } from "./grounds.ts";

describe.skipIf(!hasMosquitto)("the thin client", () => {
  let broker: Mosquitto;
  let watcher: Watcher;
  const open = (more: Partial<ClientOptions> = {}): Promise<Client> =>
    connectClient({ url: broker.url, clientId: "under-test", ...more });
  const will = (topic: string) => ({ will: { topic, payload: '{"online":false}' } });

  beforeAll(async () => {
    broker = await startMosquitto();
    watcher = await watch(broker.url);
  });
  afterAll(async () => {
    await watcher.end();
    await broker.end();
  });

  it("publishes with QoS 1, retained or not, and receives the flag", async () => {
    const client = await open();
    await client.publish("a/kept", "1", true);
    await client.publish("a/said", new Uint8Array([0, 255]));
    await client.close();
    const heard: [string, Uint8Array, boolean][] = [];
    const second = await open({ heard: (...message) => void heard.push(message) });
    await second.subscribe(["a/#"]);
    await second.publish("a/said", new Uint8Array([7, 200]));
    await until("both are heard", () => heard.length === 2);
    expect(heard.map(([topic, payload, retained]) => [topic, [...payload], retained])).toEqual([
      ["a/kept", [49], true],
      ["a/said", [7, 200], false],
    ]);
    const seen = () => watcher.heard.filter(({ topic }) => topic.startsWith("a/"));
    await until("the watcher heard all", () => seen().length === 3);
    expect(seen().map(({ qos }) => qos)).toEqual([1, 1, 1]);
    await second.close();
  });

  it("vanishes with a Last Will, and closes without", async () => {
    const vanishing = await open(will("b/vanished"));
    vanishing.drop();
    await until("the will is heard", () => watcher.on("b/vanished").length > 0);
    const closing = await open(will("b/closed"));
    await closing.close();
    const after = await open();
    await after.publish("b/after", "1");
    await until("what came after is heard", () => watcher.on("b/after").length > 0);
    expect(watcher.on("b/closed")).toEqual([]);
    await after.close();
  });

  it("reports once that the broker went, and does not publish afterwards", async () => {
    const own = await startMosquitto();
    let lost = 0;
    const client = await connectClient({ url: own.url, clientId: "x", onLost: () => (lost += 1) });
    await own.stop();
    await until("the loss is told", () => lost > 0);
    await expect(client.publish("c", "1")).rejects.toThrow(/not connected/);
    client.drop();
    expect(lost).toBe(1);
    await own.end();
  });

  it("names the broker that cannot be reached, and the one that refuses", async () => {
    const url = `mqtt://127.0.0.1:${await freePort()}`;
    await expect(connectClient({ url, clientId: "x" })).rejects.toThrow(
      `the broker at ${url} cannot be reached`,
    );
    const guarded = await startMosquitto({ users: { right: "secret" } });
    const enter = (password: string) =>
      connectClient({ url: guarded.url, clientId: "x", username: "right", password });
    await expect(enter("wrong")).rejects.toThrow(/cannot be reached: .*(authori|password)/i);
    await (await enter("secret")).close();
    await guarded.end();
  });

  it("names the topic whose subscription was refused", async () => {
    const reserved = await startBroker({ log: quiet, after: realTime, port: 0 });
    const client = await connectClient({ url: reserved.url, clientId: "x" });
    await client.subscribe(["a/b"]);
    await expect(client.subscribe(["a/b", "ecoflow-power/x"])).rejects.toThrow(
      `the broker at ${reserved.url} refuses to tell ecoflow-power/x`,
    );
    client.drop();
    await reserved.stop();
  });
});
