/** `check` at real brokers: what it reads about the stations, and a plain sentence where it cannot. */
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createApp } from "../../src/app.ts";
import { probeBroker } from "../../src/cli/probe.ts";
import { systemClock } from "../../src/io/clock.ts";
import { memoryStore } from "../../src/io/sqlite.ts";
import { encodeFrame } from "../../src/sim/encode.ts";
import { brokerOf, sitePlan } from "../../src/site.ts";
import { chance } from "../chance.ts";
import { check, loaded } from "../config/folder.ts";
import {
  certificate,
  freePort,
  hasMosquitto,
  hasOpenssl,
  type MosquittoOptions,
  startMosquitto,
  until,
  watch,
} from "../world.ts";
import { quiet } from "./grounds.ts";

const serial = "R631EMULATED0001";
const house = `stations: { Study: { serial: ${serial} } }
machines: { pc: { stations: [Study] } }
`;
const serverRuns = ["power-manager/orchestrator/status", '{"online":true}'] as const;
/** A short limit, because nothing will come. */
const patient = { connectMs: 20_000, readMs: 20_000 };
const hasty = { ...patient, readMs: 1 };

async function broker(options: MosquittoOptions = {}) {
  const started = await startMosquitto(options);
  onTestFinished(() => started.end());
  return started;
}

describe.skipIf(!hasMosquitto)("check at the broker of the house", () => {
  async function keeping(messages: readonly (readonly [topic: string, payload: string])[]) {
    const { url } = await broker();
    const watcher = await watch(url);
    for (const [topic, payload] of messages) await watcher.say(topic, payload, { retain: true });
    await watcher.end();
    return { yaml: `${house}mqtt: { url: "${url}" }` };
  }

  it("warns of what the stations have set, and still ends 0", async () => {
    const study = { ac_standby_min: 120, output_memory: true, sampled_at: Date.now() };
    const setup = await keeping([serverRuns, ["bridge-ecoflow/Study/json/state", JSON.stringify(study)]]);
    const { code, out } = await check({ ...setup, probeBroker: (config) => probeBroker(config, patient) });
    expect(code).toBe(0);
    expect(out).toMatch(/^WARNING {2}Study switches its AC output off after 120 min without load/m);
    expect(out).not.toMatch(/not running|Nothing has reported/);
  });

  it("says where no reading exists, and how old the others are", async () => {
    const bare = await keeping([serverRuns, ["bridge-ecoflow/Study/json/state", '{"device":"Study"}']]);
    expect(await probeBroker(loaded(bare), patient)).toMatchObject({
      problem: null,
      warnings: [],
      notes: [expect.stringMatching(/^Nothing has reported the own settings of Study/)],
    });
    const old = { output_memory: true, sampled_at: Date.UTC(2026, 0, 2, 3, 4) };
    const kept = await keeping([serverRuns, ["bridge-ecoflow/Study/json/state", JSON.stringify(old)]]);
    expect((await probeBroker(loaded(kept), patient)).notes).toEqual([
      "The settings of Study are those of 2026-01-02 03:04 UTC.",
    ]);
    expect((await probeBroker(loaded(await keeping([])), hasty)).notes).toEqual([
      "The server is not running: the stations' own settings were not looked at.",
    ]);
  });

  it("shows nothing that a terminal would obey", async () => {
    const evil = { faults: ["\u001b[2Jgone"] };
    const setup = await keeping([
      serverRuns,
      ["bridge-ecoflow/Study/json/state", JSON.stringify({ ...evil, output_memory: true })],
    ]);
    const { warnings } = await probeBroker(loaded(setup), patient);
    expect(warnings.join()).toMatch(/reports faults: \\u001b\[2Jgone/);
  });

  it("names the user that is refused", async () => {
    const { url } = await broker({ users: { right: "secret" } });
    const mqtt = `mqtt: { url: "${url}", username: right, password: wrong-word }`;
    const { code, err } = await check({ yaml: house + mqtt, probeBroker });
    expect(code).toBe(1);
    expect(err).toMatch(
      /mqtt\.url: mqtt:\S+ cannot be used: it refuses the user "right"\.\s+Check mqtt\.user/,
    );
    expect(err).not.toMatch(/wrong-word/);
  });

  it("says that nothing listens, and not ECONNREFUSED", async () => {
    const yaml = `${house}mqtt: { url: "mqtt://127.0.0.1:${await freePort()}" }`;
    const { code, err } = await check({ yaml, probeBroker });
    expect(code).toBe(1);
    expect(err).toMatch(/cannot be used: nobody listens there\.\s+Start the broker, or correct mqtt\.url/);
    expect(err).not.toMatch(/ECONN/);
  });
});

describe.skipIf(!hasMosquitto || !hasOpenssl)("check at a broker with TLS", () => {
  async function problemAt(change: (url: string, ca: string) => string) {
    const dir = mkdtempSync(join(tmpdir(), "check-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const paths = certificate(dir);
    const { url } = await broker({ tls: paths });
    const { problem } = await probeBroker(loaded({ yaml: house + change(url, paths.ca) }), hasty);
    return problem && `${problem.problem}. ${problem.remedy}`;
  }

  it("whose authority is named: no problem", async () => {
    expect(await problemAt((url, ca) => `mqtt: { url: "${url}", ca: "${ca}" }`)).toBeNull();
  });

  it("whose authority is not known", async () => {
    expect(await problemAt((url) => `mqtt: { url: "${url}" }`)).toMatch(
      /certificate is not trusted \(\w+\)\. Check mqtt\.ca/,
    );
  });

  it("whose certificate has another name", async () => {
    const named = (url: string, ca: string) =>
      `mqtt: { url: "${url.replace("127.0.0.1", "localhost")}", ca: "${ca}" }`;
    expect(await problemAt(named)).toMatch(/certificate is for another name than "localhost"\. Write a name/);
  });

  it("to which plain MQTT is spoken, and the other way round", async () => {
    expect(await problemAt((url) => `mqtt: { url: "${url.replace("mqtts", "mqtt")}" }`)).toMatch(
      /closed the connection at once.*does it want TLS/,
    );
    const plain = await broker();
    const yaml = `${house}mqtt: { url: "${plain.url.replace("mqtt", "mqtts")}" }`;
    expect((await probeBroker(loaded({ yaml }), hasty)).problem?.problem).toMatch(
      /TLS|closed the connection/,
    );
  });
});

describe("check with the embedded broker", () => {
  const yamlAt = (port: number, users = "") => `${house}broker: { port: ${port}${users} }`;

  it("reads there when our server runs, as one of its users", async () => {
    const config = loaded({ yaml: yamlAt(await freePort(), ", users: { me: a-long-password }") });
    const parts = {
      ...chance,
      clock: systemClock(),
      log: quiet,
      store: memoryStore(),
      broker: brokerOf(config),
    };
    const app = createApp(sitePlan(config, "site", "test"), parts);
    await app.start();
    onTestFinished(() => app.stop().then(() => {}));
    const url = `mqtt://127.0.0.1:${config.broker?.port}`;
    const watcher = await watch(url, ["#"], { username: "me", password: "a-long-password" });
    onTestFinished(() => watcher.end());
    const fields = { cms_batt_soc: 80, ac_standby_time: 30, output_power_off_memory: false };
    const frame = Buffer.from(encodeFrame("DisplayPropertyUpload", fields, { seq: 7, masked: true }));
    await watcher.say(`bridge-ecoflow/${serial}/data`, frame);
    const readings = () => watcher.on("bridge-ecoflow/Study/json/state");
    await until("the reading is out", () =>
      readings().some((text) => JSON.parse(text).ac_standby_min === 30),
    );
    const { problem, warnings, notes } = await probeBroker(config, patient);
    expect([problem, notes]).toEqual([null, []]);
    expect(warnings).toEqual([
      expect.stringMatching(/^Study switches its AC output off after 30 min/),
      expect.stringMatching(/^Study does not switch its AC output on again after a cut/),
    ]);
  });

  it("says that the settings were not looked at where nothing listens", async () => {
    expect(await probeBroker(loaded({ yaml: yamlAt(await freePort()) }), patient)).toEqual({
      problem: null,
      warnings: [],
      notes: ["The server is not running: the stations' own settings were not looked at."],
    });
  });

  it("says that the port is taken by something that is no broker", async () => {
    const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { code, err } = await check({ yaml: yamlAt(port), probeBroker });
    expect(code).toBe(1);
    expect(err).toMatch(new RegExp(`broker\\.port: ${port} is taken by something that is no broker of ours`));
    expect(err).toMatch(/Set mqtt\.url \(or MQTT_HOST\).*broker\.port for another port/);
  });

  it.skipIf(!hasMosquitto)(
    "says that it is taken by another broker, also by one that refuses us",
    async () => {
      for (const users of [undefined, { somebody: "word" }]) {
        const { port } = await broker(users && { users });
        const { problem } = await probeBroker(loaded({ yaml: yamlAt(port) }), hasty);
        expect(problem).toMatchObject({ path: "broker.port", value: String(port) });
        expect(problem?.problem).toMatch(users ? /no broker of ours: it refuses/ : /taken by another broker/);
      }
    },
  );
});
