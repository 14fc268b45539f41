/** The built server with the original's names alone in its `.env`: from the emulated cloud's frame to the real agent's acknowledgement. */
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { describe, it, type TestContext } from "vitest";
import { systemClock } from "../../src/io/clock.ts";
import { realTime } from "../../src/io/timer.ts";
import { type Cloud, startCloud } from "../../src/sim/cloud/cloud.ts";
import { Broker, missingTools } from "../agents/broker.ts";
import { Machine } from "../agents/machine.ts";
import { linux } from "../agents/platforms.ts";
import { startServer } from "../server.ts";
import { until, watch } from "../world.ts";

type Finished = TestContext["onTestFinished"];

async function emulated(finished: Finished): Promise<Cloud> {
  const cloud = await startCloud({ clock: systemClock(), after: realTime, random: Math.random });
  const stop = systemClock().everySecond(() => cloud.second());
  finished(async () => {
    stop();
    await cloud.close();
  });
  return cloud;
}

/** A command of the built program; its exit code and what it printed. */
async function command(
  cwd: string,
  args: string[],
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [resolve("dist/main.js"), ...args], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    said.out += String(chunk);
  });
  child.stderr.on("data", (chunk) => {
    said.err += String(chunk);
  });
  const code = await new Promise<number | null>((done) => child.once("exit", done));
  return { code, ...said };
}

describe.skipIf(missingTools() !== null)("ecoflow-power run with an account", () => {
  it("an outage goes from the cloud's frame to the agent's acknowledgement and back, by the station's name in the app", async ({
    expect,
    onTestFinished,
  }) => {
    const cloud = await emulated(onTestFinished);
    const broker = new Broker();
    await broker.start();
    onTestFinished(() => broker.close());
    const world = await watch(`mqtt://127.0.0.1:${broker.port}`);
    const { api, ca, username, password, accessKey, secretKey, stations } = cloud.info;
    const river = stations.find(({ sn }) => sn.startsWith("R655"));
    if (!river) throw new Error("no River 3 in the emulated cloud");
    const dotEnv = [
      `ECOFLOW_USERNAME=${username}`,
      `ECOFLOW_PASSWORD='${password}'`,
      `ECOFLOW_ACCESS_KEY=${accessKey}`,
      `ECOFLOW_SECRET_KEY=${secretKey}`,
      `ECOFLOW_API_URL=${api}`,
      "ECOFLOW_CA_FILE=ca.pem",
      "MQTT_HOST=127.0.0.1",
      `MQTT_PORT=${broker.port}`,
      "POLICY_SOC_MIN=100",
      "POLICY_DEBOUNCE_SEC=3",
      `DEVICE_TO_AGENTS_JSON={"${river.name}": ["pc"]}`,
    ].join("\n");
    const server = startServer({ files: { ".env": dotEnv, "ca.pem": ca } });
    const pc = new Machine(broker, linux, {}, "pc");
    onTestFinished(async () => {
      await pc.close();
      await server.end();
      await world.end();
    });
    await pc.start();
    await server.says(`${river.name} is the station ${river.sn}`);
    const states = () => world.on(`bridge-ecoflow/${river.name}/json/state`).map((text) => JSON.parse(text));
    await until("it is read", () => states().some(({ grid, soc }) => grid === "present" && soc !== null));
    expect(world.on(`bridge-ecoflow/${river.sn}/data`).length).toBeGreaterThan(0);
    expect(pc.phases).not.toContain("received");
    await cloud.act({ do: "grid", station: river.sn, up: false });
    const received = await pc.phase("received");
    await pc.phase("delay", received.id);
    const commands = () => world.on("power-manager/pc/cmd").map((text) => JSON.parse(text));
    const going = commands().find(({ action }) => action === "shutdown");
    expect(going).toMatchObject({ id: received.id, station: river.name });
    await cloud.act({ do: "grid", station: river.sn, up: true });
    // The agent waits 60 s before it touches anything: the abort of a mains that is back comes before.
    await pc.phase("aborted");
    expect(pc.recorded).toEqual([]);
    for (const secret of [password, secretKey]) expect(server.output()).not.toContain(secret);
    const listed = await command(server.cwd, ["devices", "--json"]);
    expect(JSON.parse(listed.out).stations).toContainEqual(
      expect.objectContaining({ serial: river.sn, name: river.name, configured: river.name }),
    );
  }, 180_000);
});

describe("the commands about an account", () => {
  it("stations, mqtt-login and check speak with the cloud over TLS", async ({ expect, onTestFinished }) => {
    const cloud = await emulated(onTestFinished);
    const { api, ca, accessKey, secretKey } = cloud.info;
    const account = [
      `ECOFLOW_ACCESS_KEY=${accessKey}`,
      `ECOFLOW_SECRET_KEY=${secretKey}`,
      `ECOFLOW_API_URL=${api}`,
      'DEVICE_TO_AGENTS_JSON={"Nowhere": ["pc"]}',
    ].join("\n");
    const server = startServer({ files: { ".env": `${account}\nECOFLOW_CA_FILE=ca.pem`, "ca.pem": ca } });
    onTestFinished(() => server.end());
    await server.stop();
    const stations = await command(server.cwd, ["stations"]);
    expect(stations.code, stations.err).toBe(0);
    expect(stations.out).toMatch(/R331\w+ .* DELTA 2 .* yes/);
    expect(stations.out).toMatch(/R655\w+ is closed to the developer API/);
    const bridge = await command(server.cwd, ["mqtt-login", "--bridge-conf"]);
    expect(bridge.out).toMatch(/^topic "" in 1 bridge-ecoflow\/R331\w+\/data \/open\/\S+\/R331\w+\/quota$/m);
    expect(bridge.out).toMatch(/^bridge_cafile .*ca\.pem$/m);
    const check = await command(server.cwd, ["check"]);
    expect(check.out).toMatch(/Nowhere is no station of the account/);
    expect(check.out).toMatch(/does not open R655\w+ to the developer API/);
  }, 120_000);
});
