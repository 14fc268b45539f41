/** Access to an external broker: TLS with a private authority, and access lists. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startBroker } from "../../src/io/broker.ts";
import type { ConnectOptions } from "../../src/io/bus-mqtt.ts";
import { realTime } from "../../src/io/timer.ts";
import {
  certificate,
  hasMosquitto,
  hasOpenssl,
  type MosquittoOptions,
  startMosquitto,
  until,
  watch,
} from "../world.ts";
import { aHouse, command, type Ground, quiet, topics } from "./grounds.ts";

describe.skipIf(!hasMosquitto || !hasOpenssl)("the mirror at a broker that looks who comes", () => {
  const ends: (() => unknown)[] = [];
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "ecoflow-power-"));
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    rmSync(dir, { recursive: true, force: true });
  });

  async function house(broker: MosquittoOptions, connect: Omit<ConnectOptions, "url">) {
    const { url, end } = await startMosquitto(broker);
    ends.push(end);
    const built = aHouse({ url } as Ground, { connect: { url, ...connect } });
    ends.push(() => built.mirror.stop());
    return { ...built, url };
  }

  it("speaks TLS and trusts the authority it is given", async () => {
    const paths = certificate(dir);
    const { mirror, connected, bus, url } = await house({ tls: paths }, { caFile: paths.ca });
    expect(url).toMatch(/^mqtts:/);
    const watcher = await watch(url, undefined, { rejectUnauthorized: false });
    ends.push(() => watcher.end());
    await mirror.start();
    await until("connected", connected);
    bus.publish("commander", topics.command, { machine: "nas" }, command("1"));
    await until("the command came", () => watcher.on("power-manager/nas/cmd").length === 1);
  });

  it("trusts no other certificate, says what to check, and goes on trying", async () => {
    const { mirror, lines, connected } = await house({ tls: certificate(dir) }, {});
    await mirror.start();
    await until("it was said", () => lines.length > 0);
    expect(lines[0]).toMatch(/its certificate is not trusted \(\w+\); check mqtt\.ca/);
    expect(connected()).toBe(false);
  });

  it("says at the start that a CA file or an address can never work", async () => {
    const missing = await house({}, { caFile: join(dir, "none.pem") });
    await expect(missing.mirror.start()).resolves.toBeUndefined();
    const gone = aHouse({} as Ground, {
      connect: { url: "mqtts://127.0.0.1:1", caFile: join(dir, "none.pem") },
    });
    await expect(gone.mirror.start()).rejects.toThrow(/CA file of the broker cannot be read: .*none\.pem/);
    for (const url of ["http://x", "nonsense", "mqtt://"]) {
      await expect(aHouse({} as Ground, { connect: { url } }).mirror.start()).rejects.toThrow(
        /is no address of a broker/,
      );
    }
  });

  it("works behind an access list that allows only the public topics of the machines", async () => {
    const acl = join(dir, "acl");
    writeFileSync(acl, "user server\ntopic readwrite power-manager/#\n", { mode: 0o600 });
    const users = { server: "x", other: "y" };
    const login = { username: "server", password: "x" };
    const { mirror, lines, connected, heard, url } = await house(
      { users, lines: [`acl_file ${acl}`] },
      login,
    );
    await mirror.start();
    await until("connected", connected);
    const watcher = await watch(url, [], login);
    ends.push(() => watcher.end());
    await watcher.say("power-manager/nas/ack", '{"id":"1","phase":"pong"}');
    await until("the ack came", () => heard.length === 1);
    expect(lines.filter((line) => line.startsWith("warn"))).toEqual([]);
  });

  it("says which subscription was refused, and works with the rest", async () => {
    const broker = await startBroker({ log: quiet, after: realTime, port: 0 });
    ends.push(() => broker.stop());
    const { mirror, lines, connected, heard } = aHouse({} as Ground, {
      connect: { url: broker.url },
      spread: true,
      reads: ["reading", "ack"],
    });
    ends.push(() => mirror.stop());
    await mirror.start();
    await until("connected", connected);
    expect(lines.filter((line) => line.startsWith("warn"))).toEqual([
      "warn the broker does not let us read ecoflow-power/home/reading/+: allow it in its access list",
    ]);
    const watcher = await watch(broker.url, []);
    ends.push(() => watcher.end());
    await watcher.say("power-manager/nas/ack", '{"id":"1","phase":"pong"}');
    await until("the ack came", () => heard.length === 1);
  });
});
