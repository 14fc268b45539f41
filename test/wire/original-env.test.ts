/** The built server in the original's place, with only the original's `.env` and JSON, also after a kill. */
import { describe, it, type TestContext } from "vitest";
import type { Command } from "../../src/contract/messages/machine.ts";
import { type Server, startServer } from "../server.ts";
import {
  hasMosquitto,
  type Mosquitto,
  orders,
  startMosquitto,
  until,
  type Watcher,
  watch,
} from "../world.ts";

/** As the original's README writes one: comments behind values, quotes, a JSON over several lines, empty values. */
const dotEnv = (port: number) => `
ECOFLOW_ACCESS_KEY=
ECOFLOW_BASE=bridge-ecoflow     # topic prefix
MQTT_HOST="127.0.0.1"
MQTT_PORT=${port}               # the house's broker
MQTT_USER=
MQTT_PASS=
POLICY_SOC_MIN=10               # percent
POLICY_DEBOUNCE_SEC=3
POLICY_COOLDOWN_SEC=300
DEVICE_TO_AGENTS_JSON='{
  "SimulatedDevice": ["test-agent"]
}'
`;

type Cleanup = TestContext["onTestFinished"];

async function house(finished: Cleanup) {
  const broker: Mosquitto = await startMosquitto();
  const world: Watcher = await watch(broker.url);
  const server: Server = startServer({ files: { ".env": dotEnv(broker.port) } });
  finished(async () => {
    await server.end();
    await world.end();
    await broker.end();
  });
  const reading = { soc: 8, grid: true };
  const timer = setInterval(() => {
    const { soc, grid } = reading;
    const text = JSON.stringify({ device: "SimulatedDevice", soc, grid_connected: grid, temp_celsius: 24 });
    // QoS 1, not retained, one line: as the original's bridge publishes it.
    void world.say("bridge-ecoflow/SimulatedDevice/json/state", text).catch(() => {});
  }, 500);
  finished(() => clearInterval(timer));
  const commands = (): Command[] => orders(world, "test-agent");
  const distinct = (action: string) =>
    new Set(
      commands()
        .filter((c) => c.action === action)
        .map(({ id }) => id),
    );
  const up = () =>
    until("the server is there", () =>
      world.on("power-manager/orchestrator/status").some((text) => JSON.parse(text).online),
    );
  return { broker, world, server, reading, commands, distinct, up };
}

describe.skipIf(!hasMosquitto)("the original's .env and JSON", () => {
  it.concurrent("lead to the original's command: shutdown after the debounce, abort on return", async ({
    expect,
    onTestFinished,
  }) => {
    const { server, reading, commands, up } = await house(onTestFinished);
    await up();
    reading.grid = false;
    await until("the shutdown", () => commands().some(({ action }) => action === "shutdown"));
    const [shutdown] = commands();
    expect(shutdown).toMatchObject({ action: "shutdown", delay_sec: expect.any(Number), ttl_sec: 300 });
    expect(shutdown?.id).toMatch(/./);
    expect(shutdown?.reason).toMatch(/soc 8 % <= 10 %, on battery \d+ s/);
    reading.grid = true;
    await until("the abort", () => commands().some(({ action }) => action === "abort"));
    await server.says(/TIMER START[\s\S]*SHUTDOWN TRIGGERED[\s\S]*ABORT/);
  });

  it.concurrent("no shutdown before the debounce, and none when the mains returns within it", async ({
    expect,
    onTestFinished,
  }) => {
    const { server, reading, commands, up } = await house(onTestFinished);
    await up();
    reading.grid = false;
    await server.says("TIMER START");
    reading.grid = true;
    await server.says(/timer-cancelled|returned|TIMER.*(cancel|stop|over)/i);
    expect(commands()).toEqual([]);
  });

  it.concurrent.for([
    ["in the debounce", "TIMER START"],
    ["with the command", "SHUTDOWN TRIGGERED"],
    ["with the abort", "ABORT"],
  ])(
    "killed %s and started again: the same outcome, no second effective shutdown",
    async ([, word], { expect, onTestFinished }) => {
      const { server, reading, commands, distinct, up } = await house(onTestFinished);
      await up();
      reading.grid = false;
      if (word === "ABORT") {
        await until("the shutdown", () => distinct("shutdown").size > 0);
        reading.grid = true;
      }
      await server.says(word ?? "");
      await server.stop("SIGKILL");
      server.start();
      await until("the shutdown", () => distinct("shutdown").size > 0);
      reading.grid = true;
      await until("the abort", () => commands().some(({ action }) => action === "abort"));
      // An original agent knows a repeat by nothing: the command must be one, whatever died in between.
      expect(distinct("shutdown").size).toBe(1);
    },
  );

  it.concurrent("is patient: a server that is there before the broker says so once and works when it comes", async ({
    expect,
    onTestFinished,
  }) => {
    const { broker, world, server, reading, distinct } = await house(onTestFinished);
    await broker.stop();
    await server.stop("SIGKILL");
    server.start();
    await server.says(/cannot be reached|away|trying/i);
    await broker.start();
    const second = await watch(broker.url);
    onTestFinished(() => second.end());
    const feed = setInterval(() => {
      const text = JSON.stringify({ device: "SimulatedDevice", soc: 8, grid_connected: reading.grid });
      void second.say("bridge-ecoflow/SimulatedDevice/json/state", text).catch(() => {});
    }, 500);
    onTestFinished(() => clearInterval(feed));
    await until("the server is there", () =>
      second.on("power-manager/orchestrator/status").some((text) => JSON.parse(text).online),
    );
    reading.grid = false;
    await until("the shutdown", () =>
      second.on("power-manager/test-agent/cmd").some((text) => JSON.parse(text).action === "shutdown"),
    );
    expect(world).toBeDefined();
    expect(distinct("shutdown").size).toBe(0);
  });

  it.concurrent("a broker that restarts in the outage delays nothing that is decided", async ({
    expect,
    onTestFinished,
  }) => {
    const { broker, world, server, reading, up } = await house(onTestFinished);
    await up();
    reading.grid = false;
    await server.says("TIMER START");
    // The loss needs two samples 2 s apart (E2): without a broker no sample would confirm it.
    const heard = () => world.on("bridge-ecoflow/SimulatedDevice/json/state").length;
    const atLoss = heard();
    await until("the loss is confirmed", () => heard() >= atLoss + 5);
    await broker.stop();
    // The debounce runs on, with nobody to tell it.
    await server.says("SHUTDOWN TRIGGERED");
    await broker.start();
    const second = await watch(broker.url);
    onTestFinished(() => second.end());
    const commands = () => orders(second, "test-agent");
    await until("the shutdown", () => commands().length > 0);
    expect(commands()[0]).toMatchObject({ action: "shutdown" });
  });

  it.concurrent("noise on the data topic is counted, logged once, and nothing else", async ({
    expect,
    onTestFinished,
  }) => {
    const { server, world, commands, up } = await house(onTestFinished);
    await up();
    for (let at = 1; at <= 200; at++) {
      const noise = Buffer.from(Array.from({ length: at }, (_, index) => (index * 31 + at * 7) % 256));
      await world.say("bridge-ecoflow/NOISE0000000001/data", noise);
    }
    await server.says("dropped a frame of NOISE0000000001");
    expect(await server.stop("SIGTERM")).toBe(0);
    expect(server.output().match(/"level":"warn".*dropped a frame of NOISE0000000001/g)).toHaveLength(1);
    expect(server.output()).toMatch(/\d+ times in all: dropped a frame of NOISE0000000001/);
    expect(world.on("bridge-ecoflow/NOISE0000000001/json/state")).toEqual([]);
    expect(commands()).toEqual([]);
  });

  it.concurrent("ends on SIGTERM in bounded time with a goodbye and exit code 0", async ({
    expect,
    onTestFinished,
  }) => {
    const { server, world, up } = await house(onTestFinished);
    await up();
    expect(await server.stop("SIGTERM")).toBe(0);
    await until("the goodbye", () =>
      world.on("power-manager/orchestrator/status").some((text) => JSON.parse(text).online === false),
    );
  });
});
