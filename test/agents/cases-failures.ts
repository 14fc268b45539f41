/** Failures: the broker away, restarted, closed or locked; the agent killed; another client on its topics. */
import { execFileSync, spawnSync } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { Aedes } from "aedes";
import { expect } from "vitest";
import { freePort } from "../world.ts";
import { Broker } from "./broker.ts";
import { type Cases, expectNoShutdown, expectShutdown } from "./cases.ts";
import { Machine } from "./machine.ts";
import { seconds, stamp, until } from "./wait.ts";

const twoCommands = { PRE_SHUTDOWN_CMD_1: "sleep 3", PRE_SHUTDOWN_CMD_2: "{recorder} pre2" };

async function restart(broker: Broker): Promise<void> {
  await broker.stop();
  await broker.start();
}

/** Repeats an abort until it is acknowledged, as the server does. */
async function abortUntilAnswered(pc: Machine): Promise<void> {
  const id = "abort";
  const answered = () => pc.acks.some((ack) => ack.id === id);
  for (let i = 0; i < 40 && !answered(); i++) {
    await pc.abort({ id, seq: 500 });
    await seconds(0.5);
  }
  await pc.phase("aborted", id);
}

/** Slow: the status is published every 30 s, and its echo is overdue after 15 s more. */
const nightly: Cases = {
  "connects again when its own status does not come back": async ({ machine }) => {
    const pc = await machine();
    process.kill(pc.listener, "SIGSTOP");
    await until("it misses its echo", () => pc.log.includes("our own status did not come back"), 90_000);
    const sent = await pc.shutdownUntilReceived({ delay_sec: 0 });
    await expectShutdown(pc, sent, 0);
  },
};

export const failures: Cases = {
  "the broker comes later than the agent": async ({ prepare, ownBroker }) => {
    const broker = await ownBroker();
    const pc = prepare({}, broker);
    await broker.stop();
    pc.spawn();
    await pc.logs("the connection to");
    await broker.start();
    await pc.status(({ online }) => online);
    const sent = await pc.shutdown({ delay_sec: 0 });
    await expectShutdown(pc, sent, 0);
  },

  "a broker that lost its memory gets the status again": async ({ prepare, ownBroker }) => {
    const broker = await ownBroker();
    const pc = prepare({}, broker);
    await pc.start();
    pc.forget();
    await restart(broker);
    await pc.status(({ online, state }) => online && state === "idle");
  },

  "broker restart in the delay: the shutdown comes in time, an abort is heard": async ({
    prepare,
    ownBroker,
  }) => {
    const broker = await ownBroker();
    const [goes, stays] = [prepare({}, broker), prepare({}, broker)];
    await Promise.all([goes.start(), stays.start()]);
    const sent = await goes.shutdown({ delay_sec: 4 });
    await stays.shutdown({ delay_sec: 12 });
    await goes.phase("delay");
    await stays.phase("delay");
    await restart(broker);
    await expectShutdown(goes, sent, 4);
    await abortUntilAnswered(stays);
    await expectNoShutdown(stays, stamp(), -3);
  },

  "broker restart while pre-commands run: the same": async ({ prepare, ownBroker }) => {
    const broker = await ownBroker();
    const [goes, stays] = [
      prepare(twoCommands, broker),
      prepare({ ...twoCommands, PRE_SHUTDOWN_CMD_1: "sleep 30" }, broker),
    ];
    await Promise.all([goes.start(), stays.start()]);
    const sent = await goes.shutdown({ delay_sec: 0 });
    await stays.shutdown({ delay_sec: 0 });
    await goes.phase("pre_shutdown");
    await stays.phase("pre_shutdown");
    await restart(broker);
    await expectShutdown(goes, sent, 0, 4);
    await abortUntilAnswered(stays);
    await expectNoShutdown(stays, stamp(), -3);
  },

  "broker away for good in the countdown: the shutdown comes all the same": async ({
    prepare,
    ownBroker,
  }) => {
    const broker = await ownBroker();
    const pc = prepare(twoCommands, broker);
    await pc.start();
    const sent = await pc.shutdown({ delay_sec: 1 });
    await pc.phase("delay");
    await broker.stop();
    await expectShutdown(pc, sent, 1, 4);
  },

  "broker restart after SHUTDOWN_CMD: no second one": async ({ prepare, ownBroker }) => {
    const broker = await ownBroker();
    const pc = prepare({}, broker);
    await pc.start();
    await pc.shutdown({ id: "same", seq: 3, delay_sec: 0 });
    await pc.entry();
    await restart(broker);
    await pc.status(({ state }) => state === "shutting_down");
    for (let i = 0; i < 6; i++) {
      await pc.shutdown({ id: "same", seq: 3, delay_sec: 0 });
      await seconds(0.5);
    }
    expect(pc.recorded).toEqual(["shutdown"]);
  },

  "killed in the countdown and started again: the rest of the delay, once": async ({ machine }) => {
    const pc = await machine({ PRE_SHUTDOWN_CMD_1: "{recorder} pre1" });
    const sent = await pc.shutdown({ id: "same", seq: 3, delay_sec: 6 });
    await pc.phase("delay");
    await seconds(1);
    await pc.crash();
    await pc.start();
    await pc.shutdown({ id: "same", seq: 3, delay_sec: 4 });
    const { at } = await pc.entry();
    expect((at - sent) / 1000).toBeGreaterThanOrEqual(4.98);
    expect((at - sent) / 1000).toBeLessThanOrEqual(25);
    await seconds(2);
    expect(pc.recorded).toEqual(["pre1", "shutdown"]);
  },

  "killed in the countdown and started again: an abort still counts": async ({ machine }) => {
    const pc = await machine();
    const sent = await pc.shutdown({ delay_sec: 3 });
    await pc.phase("delay");
    await pc.crash();
    await pc.start();
    await pc.status(({ state, command }) => state === "delay" && command === "c1");
    await pc.abort();
    await pc.phase("aborted");
    await expectNoShutdown(pc, sent, 5);
  },

  "killed while a pre-command ran: that one again, then the rest, once": async ({ machine }) => {
    const pc = await machine({
      PRE_SHUTDOWN_CMD_1: "{recorder} pre1",
      PRE_SHUTDOWN_CMD_2: "{recorder} pre2; sleep 3; {recorder} end2",
    });
    await pc.shutdown({ delay_sec: 0 });
    await pc.entry("pre2");
    await seconds(1);
    await pc.crash();
    await pc.start();
    await pc.entry();
    await seconds(3);
    expect(pc.recorded).toEqual(["pre1", "pre2", "pre2", "end2", "shutdown"]);
  },

  "killed after SHUTDOWN_CMD: not again in this boot": async ({ machine }) => {
    const pc = await machine();
    await pc.shutdown({ id: "same", seq: 3, delay_sec: 0 });
    await pc.entry();
    await pc.logs("SHUTDOWN_CMD ended with 0");
    await pc.crash();
    await pc.start();
    await pc.shutdown({ id: "same", seq: 3, delay_sec: 0 });
    await pc.status(({ state }) => state === "shutting_down");
    await seconds(5);
    expect(pc.recorded).toEqual(["shutdown"]);
  },

  "back after a restart of the machine: idle, and a new command is obeyed": async ({ machine }) => {
    const pc = await machine();
    await pc.shutdown({ delay_sec: 2 });
    await pc.phase("delay");
    await pc.crash();
    pc.forgetBoot();
    pc.forget();
    await pc.start();
    await pc.status(({ state, command }) => state === "idle" && command === null);
    await expectNoShutdown(pc, stamp(), 0);
    const sent = await pc.shutdown({ delay_sec: 1 });
    await expectShutdown(pc, sent, 1);
  },

  "another client's offline does not stay on its status": async ({ machine }) => {
    const pc = await machine();
    await seconds(2);
    pc.forget();
    const sent = await pc.send("status", '{"online":false}', true);
    await pc.status(({ online }) => online);
    // Sooner than the regular status every 30 s.
    expect((stamp() - sent) / 1000).toBeLessThan(20);
  },

  "publishes its status again every 30 s": async ({ machine }) => {
    const pc = await machine();
    await seconds(2);
    pc.forget();
    const since = stamp();
    await pc.status(({ online }) => online);
    expect((stamp() - since) / 1000).toBeGreaterThan(20);
  },

  ...(process.env["NIGHTLY"] ? nightly : {}),

  "a second agent on the same machine does not start": async ({ machine, prepare }) => {
    const first = await machine();
    const second = prepare();
    second.env["RUNTIME_DIRECTORY"] = join(first.folder, "run");
    second.spawn();
    await until("its end", () => second.exitCode !== null);
    expect(second.log).toContain("another agent");
  },

  "a login with spaces and signs works, and is on no command line": async ({ prepare, ownBroker }) => {
    const password = ["secret", "0815%\\$x"].join("");
    const broker = await ownBroker({ login: { username: "power user", password } });
    const pc = prepare({ MQTT_USER: "power user", MQTT_PASS: password }, broker);
    await pc.start();
    const sent = await pc.shutdown({ delay_sec: 2 });
    await pc.phase("delay");
    expect(execFileSync("ps", ["axww", "-o", "args="]).toString()).not.toContain(password);
    await expectShutdown(pc, sent, 2);
    expect(pc.log).not.toContain(password);
  },

  "a wrong login is logged and tried again": async ({ prepare, ownBroker }) => {
    const broker = await ownBroker({ login: { username: "power", password: "right" } });
    const pc = prepare({ MQTT_USER: "power", MQTT_PASS: "wrong" }, broker);
    pc.spawn();
    await pc.logs(/\(mosquitto_sub: .*(not authorised|refused).*\)/i);
    await pc.logs("again in 2 s");
  },

  "speaks TLS to a broker whose CA it was given, and to no other": async ({
    prepare,
    ownBroker,
    platform,
  }) => {
    const files = new Machine(new Broker(), platform);
    const [tls, other] = [await tlsBeside(files.folder), await tlsBeside(files.folder)];
    const broker = await ownBroker({ lines: tls.lines });
    const pc = prepare({ MQTT_HOST: "localhost", MQTT_PORT: tls.port, MQTT_CA: tls.ca }, broker);
    await pc.start();
    await pc.command({ action: "ping" });
    await pc.phase("pong");
    const wary = prepare({ MQTT_HOST: "localhost", MQTT_PORT: tls.port, MQTT_CA: other.ca }, broker);
    wary.spawn();
    await wary.logs("again in 2 s");
    expect(wary.statuses).toEqual([]);
    await files.close();
  },

  "denied subscriptions are an error, though mosquitto_sub calls them success": async ({ prepare }) => {
    const strict = await Aedes.createBroker({
      authorizeSubscribe: (_client, _what, answer) => answer(null, null),
    });
    const server = createServer((socket) => strict.handle(socket)).listen(0, "127.0.0.1");
    await until("the strict broker", () => server.listening);
    const pc = prepare({ MQTT_PORT: (server.address() as AddressInfo).port });
    pc.spawn();
    await pc.logs("All subscription requests were denied");
    await pc.logs("again in 2 s");
    await pc.stop();
    server.close();
    strict.close();
  },
};

/** A TLS listener beside the plain one, with a self-signed certificate. */
async function tlsBeside(folder: string): Promise<{ port: number; ca: string; lines: string[] }> {
  const port = await freePort();
  const [key, ca] = [join(folder, `${port}.key`), join(folder, `${port}.crt`)];
  const kind =
    "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost";
  const made = spawnSync("openssl", [...kind.split(" "), "-keyout", key, "-out", ca]);
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`);
  return { port, ca, lines: [`listener ${port} 127.0.0.1`, `certfile ${ca}`, `keyfile ${key}`] };
}
