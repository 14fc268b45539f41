import { connect as connectTcp, type Socket } from "node:net";
import { Readable } from "node:stream";
import { connect, MqttClient } from "mqtt";
import { afterEach, describe, expect, it } from "vitest";
import { type BrokerOptions, type EmbeddedBroker, startBroker } from "../../src/io/broker.ts";
import { allBelts } from "../../src/io/broker-belts.ts";
import { hashPassword } from "../../src/io/broker-users.ts";
import { realTime } from "../../src/io/timer.ts";
import { freePort, until, watch } from "../world.ts";
import { quiet } from "./grounds.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function aBroker(options: Partial<BrokerOptions> = {}): Promise<EmbeddedBroker> {
  const broker = await startBroker({ log: quiet, after: realTime, port: 0, ...options });
  ends.push(() => broker.stop());
  return broker;
}

async function outside(...given: Parameters<typeof watch>) {
  const watcher = await watch(...given);
  ends.push(() => watcher.end());
  return watcher;
}

const without = (belt: keyof typeof allBelts) => ({ belts: { ...allBelts, [belt]: false } });
/** A wait for something that must not happen; a slow machine cannot make it fail. */
const shortMs = 1_000;

describe("the embedded broker", () => {
  it("names the options when the port is taken", async () => {
    const port = await freePort();
    await aBroker({ port });
    await expect(aBroker({ port })).rejects.toThrow(
      new RegExp(`port ${port} on 127.0.0.1 is taken.*mqtt.url \\(or MQTT_HOST\\).*broker.port`),
    );
  });

  it("accepts no client from the network without users, and says so", async () => {
    await expect(aBroker({ host: "0.0.0.0" })).rejects.toThrow(
      /broker\.host is 0\.0\.0\.0.*set broker\.users/,
    );
    await expect(aBroker({ host: "127.0.0.2" })).resolves.toBeDefined();
    await expect(aBroker({ users: [{ name: "a", password: "scrypt:no" }] })).rejects.toThrow(/broker\.users/);
  });

  it("accepts clients with the password, plain or hashed, no others, and always our own process", async () => {
    const hashed = await hashPassword("secret two");
    expect(hashed).toMatch(/^scrypt:/);
    const broker = await aBroker({
      users: [
        { name: "one", password: "secret one" },
        { name: "two", password: hashed },
      ],
    });
    const enter = (username?: string, password?: string) =>
      outside(broker.url, [], { ...(username && { username }), ...(password && { password }) });
    await expect(enter("one", "secret one")).resolves.toBeDefined();
    await expect(enter("two", "secret two")).resolves.toBeDefined();
    for (const [name, word] of [["one", "secret two"], ["two", hashed], ["three", "x"], ["one"], []]) {
      await expect(enter(name, word)).rejects.toThrow(/no connection/);
    }
    const own = new MqttClient(() => broker.connectLocal(), { reconnectPeriod: 0 });
    ends.push(() => own.endAsync(true));
    await until("our own process is in", () => own.connected);
  });

  it("drops and counts what is denied, refuses a denied subscription with 128, and closes neither", async () => {
    const broker = await aBroker();
    const own = new MqttClient(() => broker.connectLocal(), { reconnectPeriod: 0 });
    ends.push(() => own.endAsync(true));
    const heard: string[] = [];
    own.on("message", (topic) => heard.push(topic));
    await own.subscribeAsync(["ecoflow-power/#", "open"], { qos: 1 });
    const other = await outside(broker.url, ["#"]);
    for (const topic of ["ecoflow-power/home/lease", "$SYS/x"])
      await other.say(topic, "{}", { retain: true });
    await other.say("ecoflow-power/home/lease", "{}", { qos: 0 });
    const granted = await new Promise((resolve) =>
      other.client.subscribe(["ecoflow-power/#", "$SYS/#", "open"], { qos: 1 }, (_, __, packet) =>
        resolve(packet?.granted),
      ),
    );
    expect(granted).toEqual([128, 128, 1]);
    await other.say("open", "still here");
    await until("the open one came", () => heard.includes("open"));
    expect(heard).toEqual(["open"]);
    expect(broker.denied()).toBe(3);
    await own.publishAsync("ecoflow-power/home/lease", "{}", { qos: 1, retain: true });
    await until("our own word came", () => heard.length === 2);
    expect((await outside(broker.url)).heard).toEqual([]);
    expect(other.heard.map(({ topic }) => topic).filter((topic) => topic !== "open")).toEqual([
      "ecoflow-power/home/lease",
    ]);
  });

  it("disconnects a client that breaks the protocol, and goes on", async () => {
    const broker = await aBroker();
    const good = await outside(broker.url);
    const wild = connect(broker.url, {
      reconnectPeriod: 0,
      will: { topic: "a/#", payload: Buffer.from("x"), qos: 1, retain: true },
    });
    ends.push(() => wild.endAsync(true));
    wild.on("error", () => {});
    await new Promise<void>((resolve) => wild.once("close", () => resolve()));
    for (const bytes of ["GET / HTTP/1.1\r\n\r\n", "\x10\x00", "\x30\xff\xff\xff\xff\xff"]) {
      const socket = connectTcp(broker.port, "127.0.0.1");
      socket.on("error", () => {});
      socket.end(Buffer.from(bytes, "latin1"));
      await new Promise((resolve) => socket.once("close", resolve));
    }
    await good.say("x", "fine");
    await until("it goes on", () => good.on("x").length === 1);
  });

  it("ends although clients are connected", async () => {
    const broker = await aBroker();
    const watcher = await outside(broker.url);
    const raw = connectTcp(broker.port, "127.0.0.1");
    ends.push(() => raw.destroy());
    await new Promise((resolve) => raw.once("connect", resolve));
    const dropped = new Promise((resolve) => raw.once("close", resolve));
    const closed = new Promise<void>((resolve) => watcher.client.once("close", () => resolve()));
    await broker.stop();
    await closed;
    await dropped;
    expect(() => broker.connectLocal()).toThrow(/stopped/);
    await aBroker({ port: broker.port });
  });
});

/** What Node 20.19 to 24 keep in a stream. */
interface Buffered {
  buffer: readonly (Buffer | undefined)[];
  bufferIndex?: number;
}

describe("its workarounds", () => {
  const mixed = async (options: Partial<BrokerOptions>) => {
    const broker = await aBroker(options);
    const watcher = await outside(broker.url);
    const sender = await outside(broker.url, []);
    for (let round = 0; round < 20; round++) {
      // Sent in one piece: while the first is stored, the second overtakes it.
      sender.client.stream.cork();
      const said = [
        sender.say("kept", "x", { qos: 0, retain: true }),
        sender.say("passing", "x", { qos: 0 }),
      ];
      sender.client.stream.uncork();
      await Promise.all([...said, sender.say("sure", "x")]);
    }
    await sender.say("end", "");
    await until("the end came", () => watcher.on("end").length === 1);
    return watcher.heard.length - 1;
  };
  it("no message is lost when QoS 0 and 1 are mixed", async () => expect(await mixed({})).toBe(60));
  it("(without that workaround some are)", async () =>
    expect(await mixed(without("duplicates"))).toBeLessThan(60));

  /** From Node 26 on, a read without a size returns only the first buffered piece; older versions are made to do so. */
  const asNode26 = () => {
    const original = Readable.prototype.read;
    ends.push(() => {
      Readable.prototype.read = original;
    });
    Readable.prototype.read = function (this: Readable & { _readableState: Buffered }, size) {
      const { buffer, bufferIndex } = this._readableState;
      return original.call(this, size === null ? buffer[bufferIndex ?? 0]?.length : size);
    };
  };
  const pieces = async (options: Partial<BrokerOptions>) => {
    const broker = await aBroker(options);
    asNode26();
    const stream = broker.connectLocal();
    ends.push(() => stream.destroy());
    const answers: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => answers.push(chunk));
    const connectPacket = Buffer.from("100d00044d51545404020000000161", "hex");
    // Like a client over a stream in memory: many small writes before the other side runs.
    for (const byte of connectPacket) stream.write(Buffer.from([byte]));
    return () => Buffer.concat(answers).toString("hex").startsWith("20020000");
  };
  it("all that is buffered is read, over a stream in memory too", async () => {
    const answered = await pieces({});
    await until("the broker answers", answered);
  });
  it("(without that workaround it receives nothing)", async () => {
    const answered = await pieces(without("wholeReads"));
    await expect(until("the broker answers", answered, shortMs)).rejects.toThrow(/in vain/);
  });

  /** Returns milliseconds of a round trip on one connection: the acknowledgement, and the message behind it. */
  const roundTrip = async (options: Partial<BrokerOptions>) => {
    const broker = await aBroker(options);
    const watcher = await outside(broker.url);
    (watcher.client.stream as Socket).setNoDelay(true);
    const times: number[] = [];
    for (let time = 0; time < 60; time++) {
      const begin = performance.now();
      const came = new Promise((resolve) => watcher.client.once("message", resolve));
      watcher.client.publish("x", "y", { qos: 1 });
      await came;
      times.push(performance.now() - begin);
    }
    return times.slice(30).sort((a, b) => a - b)[15] as number;
  };
  it("a small message does not wait for the acknowledgement of the one before", async () => {
    const [belted, bare] = [await roundTrip({}), await roundTrip(without("noDelay"))];
    expect(belted).toBeLessThan(bare / 3);
  });

  const frozen = async (options: Partial<BrokerOptions>) => {
    const broker = await aBroker(options);
    const stuck = await outside(broker.url);
    stuck.client.stream.pause();
    (stuck.client.stream as Socket).unpipe();
    const good = await outside(broker.url, ["end", "big"]);
    const sender = await outside(broker.url, []);
    for (let index = 0; index < 800; index++) void sender.say("big", Buffer.alloc(65_536)).catch(() => {});
    void sender.say("end", "now").catch(() => {});
    return () => good.on("end").length === 1;
  };
  it("a subscriber that does not read delays no other", async () => {
    const came = await frozen({});
    await until("the other one has all", came);
  });
  it("(without that workaround all others wait for it)", async () => {
    const came = await frozen(without("slowReader"));
    await expect(until("the other one has all", came, shortMs)).rejects.toThrow(/in vain/);
  });
});
