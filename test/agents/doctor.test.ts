/** The doctor says "armed" only after a round trip with the server and the running agent; all else is "not armed, because". */
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { powerText } from "../../src/contract/signatures.ts";
import { sign } from "../../src/io/secrets.ts";
import { Broker, missingTools } from "./broker.ts";
import { Machine } from "./machine.ts";
import { type Platform, runnable } from "./platforms.ts";

const key = "a key of this test only";
const missing = missingTools();
const broker = new Broker();
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  if (missing === null) await broker.start();
});

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

afterAll(async () => {
  if (missing === null) await broker.close();
});

function machine(platform: Platform, settings: Record<string, string | number> = {}, id?: string): Machine {
  const made = new Machine(broker, platform, settings, id);
  ends.push(() => made.close());
  return made;
}

const now = () => Math.floor(Date.now() / 1000);
const orchestrator = "power-manager/orchestrator/status";

/** What the server sends to a machine that it knows: a retained plan, and `power` four times a second. */
async function serve(id: string, options: { key?: string; lateSec?: number } = {}): Promise<void> {
  const online = (is: boolean) => JSON.stringify({ site: "s", instance: "i", epoch: 3, at: 1, online: is });
  const plan = { state: "watching", hold: null, reason: "nothing to do", deadline_sec: null, causes: [] };
  await broker.publish(orchestrator, online(true), true);
  await broker.publish(`power-manager/plan/${id}`, JSON.stringify(plan), true);
  let count = 0;
  const say = () => {
    const power = {
      on_battery: false,
      soc: 80,
      runtime_sec: null,
      deadman_sec: 300,
      at: now() - (options.lateSec ?? 0),
      seq: 30_000_000 + ++count,
    };
    const sig = options.key === undefined ? {} : { sig: sign(options.key, powerText(id, power)) };
    return broker.publish(`power-manager/${id}/power`, JSON.stringify({ ...power, ...sig }));
  };
  const timer = setInterval(() => void say(), 250);
  ends.push(async () => {
    clearInterval(timer);
    for (const topic of [orchestrator, `power-manager/plan/${id}`]) await broker.publish(topic, "", true);
  });
}

/** Runs beside the agent, with the settings of `pc` unless others are given. */
async function doctor(pc: Machine, settings?: Record<string, string | number>) {
  const probe = machine(pc.platform, { ...settings }, pc.id);
  if (settings === undefined) cpSync(pc.settingsFile, probe.settingsFile);
  Object.assign(probe.env, pc.env);
  if (existsSync(join(pc.folder, "bin")))
    cpSync(join(pc.folder, "bin"), join(probe.folder, "bin"), { recursive: true });
  probe.spawn(["doctor"]);
  await expect.poll(() => probe.exitCode, { timeout: 120_000 }).not.toBeNull();
  const text = probe.log;
  return { status: probe.exitCode, text, last: text.trim().split("\n").at(-1) };
}

function expectNotArmed(told: Awaited<ReturnType<typeof doctor>>, because: RegExp): void {
  expect(told.text).toMatch(because);
  expect(told.text).toMatch(/^not armed, because:\n {2}- /m);
  expect(told.text).not.toMatch(/^armed$/m);
  expect(told.status).toBe(1);
}

for (const platform of runnable()) {
  describe.skipIf(missing !== null)(`${platform.name} doctor`, () => {
    it("says armed after a live power message, a plan and an answered ping; the ping shuts nothing down", async () => {
      const pc = machine(platform, { NETWORK: "battery" });
      await serve(pc.id);
      await pc.start();
      const { status, text, last } = await doctor(pc);
      expect(text).toMatch(/ok {4}the server sends power messages/);
      expect(text).toMatch(/ok {4}the server has a plan for .*: watching, nothing to do/);
      expect(text).toMatch(/ok {4}the running agent answers a ping/);
      expect(text).toMatch(/warn {2}no AGENT_KEY/);
      expect(last).toBe("armed");
      expect(status).toBe(0);
      expect(pc.recorded).toEqual([]);
      expect(pc.phases).toEqual(["pong"]);
    });

    it("with a key everything that it believes is signed", async () => {
      const pc = machine(platform, { AGENT_KEY: key });
      await serve(pc.id, { key });
      await pc.start();
      const { text, last } = await doctor(pc);
      expect(text).toMatch(/ok {4}the server's power message verifies with AGENT_KEY/);
      expect(text).toMatch(/ok {4}the running agent answers a ping/);
      expect(last).toBe("armed");
    });

    it("with another key than the server's is not armed", async () => {
      const pc = machine(platform, { AGENT_KEY: key });
      await serve(pc.id, { key: "another key of this test" });
      await pc.start();
      expectNotArmed(
        await doctor(pc),
        /FAIL {2}the server's power message does not verify: .*machines\.\S+\.key/,
      );
    });

    it("with a key on one side only is not armed", async () => {
      const signing = machine(platform);
      await serve(signing.id, { key });
      const silent = machine(platform, { AGENT_KEY: key });
      await serve(silent.id);
      await Promise.all([signing.start(), silent.start()]);
      expectNotArmed(await doctor(signing), /FAIL {2}the server signs for .*set AGENT_KEY/);
      expectNotArmed(await doctor(silent), /FAIL {2}the server signs nothing for/);
    });

    it("beside a running agent with another key is not armed", async () => {
      const pc = machine(platform, { AGENT_KEY: "the key before the change" });
      await serve(pc.id, { key });
      await pc.start();
      const settings = { AGENT_ID: pc.id, MQTT_HOST: "127.0.0.1", MQTT_PORT: broker.port, AGENT_KEY: key };
      const told = await doctor(pc, { ...settings, SHUTDOWN_CMD: pc.recorder });
      expectNotArmed(told, /FAIL {2}.* answers with another key than AGENT_KEY in these settings: restart/);
    });

    it("with an AGENT_ID that the server does not know is not armed, and names those that it knows", async () => {
      const pc = machine(platform);
      await serve("the-right-name");
      await pc.start();
      const told = await doctor(pc);
      expectNotArmed(told, /FAIL {2}the server has no plan for \S+: .*it knows the-right-name/);
      expect(told.text).toMatch(/FAIL {2}no live power message .*it knows the-right-name/);
    });

    it("without a running agent is not armed", async () => {
      const pc = machine(platform);
      await serve(pc.id);
      expectNotArmed(await doctor(pc), /FAIL {2}no agent answers as \S+ within 10 s: start the service/);
    });

    it("without a server is not armed, though its old messages are there; and reports each other mistake", async () => {
      const pc = machine(platform, {
        DRY_RUN: 1,
        PRE_SHUTDOWN_CMD_1: "no-such-command --now",
        PRE_SHUTDOWN_CMD_2: '"/nowhere/a b" x',
        PRE_SHUTDOWN_CMD_3: "cd / && true",
        POST_ABORT_CMD_1: "X=1 nohup no-such-tool",
        POST_ABORT_CMD_2: "$HOME/what-only-the-shell-knows",
      });
      const old = { on_battery: false, soc: 80, runtime_sec: null, deadman_sec: 300, at: now(), seq: 1 };
      await pc.send("power", JSON.stringify(old), true);
      ends.push(async () => void (await pc.send("power", "", true)));
      const gone = { site: "s", instance: "i", epoch: 3, at: 1, online: false };
      await broker.publish(orchestrator, JSON.stringify(gone), true);
      await pc.start();
      const told = await doctor(pc);
      expectNotArmed(
        told,
        /FAIL {2}no live power message .*: no server is connected to this broker: start it/,
      );
      expect(told.text).toMatch(/ok {4}the running agent answers a ping/);
      expect(told.text).not.toMatch(/the clock/);
      expect(told.text).toMatch(/ {2}- DRY_RUN is on: .*remove it from \S+ and restart the agent/);
      expect(told.text).toMatch(
        /FAIL {2}PRE_SHUTDOWN_CMD_1 cannot be run: there is no no-such-command in PATH/,
      );
      expect(told.text).toMatch(/FAIL {2}PRE_SHUTDOWN_CMD_2 cannot be run: there is no \/nowhere\/a b/);
      expect(told.text).toMatch(
        /FAIL {2}POST_ABORT_CMD_1 cannot be run: there is no (no-such-tool|nohup) in PATH/,
      );
      expect(told.text).not.toMatch(/PRE_SHUTDOWN_CMD_3|POST_ABORT_CMD_2/);
    });

    it("without a broker is not armed", async () => {
      const pc = machine(platform, { MQTT_PORT: 1 });
      expectNotArmed(
        await doctor(pc),
        /FAIL {2}broker 127.0.0.1:1: .*refused.*: start the broker, or correct MQTT_HOST and MQTT_PORT/i,
      );
    });

    it("measures the clock from a live message, never from an old retained one", async () => {
      const pc = machine(platform);
      const old = {
        on_battery: false,
        soc: 80,
        runtime_sec: null,
        deadman_sec: 300,
        at: now() - 3_600,
        seq: 1,
      };
      await pc.send("power", JSON.stringify(old), true);
      ends.push(async () => void (await pc.send("power", "", true)));
      await serve(pc.id);
      await pc.start();
      const { text, last } = await doctor(pc);
      expect(text).toMatch(/ok {4}the clock agrees with the server's \(difference -?[0-5] s\)/);
      expect(last).toBe("armed");
    });

    it("reports a clock that is off", async () => {
      const pc = machine(platform);
      pc.dateOffset(-7200);
      await serve(pc.id);
      await pc.start();
      const { text, last } = await doctor(pc);
      expect(text).toMatch(/warn {2}the clock differs by 7[12]\d\d s/);
      expect(last).toBe("armed");
    });

    // On macOS the stand-in for sysctl has one boot id only.
    if (platform.name === "linux")
      it("beside an agent of another machine with the same AGENT_ID is not armed", async () => {
        const pc = machine(platform);
        pc.ownUptime();
        await serve(pc.id);
        await pc.start();
        pc.env["ECOFLOW_POWER_PROC"] = "/proc";
        expectNotArmed(await doctor(pc), /FAIL {2}the agent that answers as \S+ runs on another machine/);
      });
  });
}
