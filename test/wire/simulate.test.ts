/** `simulate` against a real broker and the real server: the original's recipe, and who may not be played (S32). */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, it, type TestContext } from "vitest";
import { createApp } from "../../src/app.ts";
import type { CommandIo } from "../../src/cli/command.ts";
import { simulate, simulateCommand } from "../../src/cli/simulate.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Log } from "../../src/io/log.ts";
import { memoryStore } from "../../src/io/sqlite.ts";
import { ManualClock } from "../../src/sim/clock.ts";
import type { ScenarioName } from "../../src/sim/scenario.ts";
import { brokerOf, sitePlan } from "../../src/site.ts";
import { chance } from "../chance.ts";
import { hasMosquitto, startMosquitto, until, watch } from "../world.ts";

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, room: () => quiet };
/** The least duration of one second of the story, ms; a busy computer makes it longer for every part alike. */
const fast = 5;
/** Where the seconds of listening must be long enough for a message to come in. */
const slow = 200;

interface Wish {
  /** What a person types at the terminal; default: nothing. */
  typed?: string;
  real?: boolean;
}

/** A broker, a clock that runs, and a terminal, all of one test; the configuration has the original's names and nothing else. */
async function site({ onTestFinished }: TestContext, secondMs = fast) {
  const broker = await startMosquitto();
  const watcher = await watch(broker.url);
  const clock = new ManualClock({ wall: Date.now() });
  let runs = true;
  const running = (async () => {
    while (runs) {
      clock.second();
      await sleep(secondMs);
      // The next second waits until what was said has gone to the broker, to the server, and back.
      for (let times = 0; times < 3; times++) await watcher.say("test/echo", "");
    }
  })();
  const cwd = mkdtempSync(join(tmpdir(), "simulate-"));
  const [said, faults, stop] = [[] as string[], [] as string[], new AbortController()];
  const env = {
    MQTT_HOST: "127.0.0.1",
    MQTT_PORT: String(broker.port),
    POLICY_SOC_MIN: "10",
    POLICY_DEBOUNCE_SEC: "20",
    DEVICE_TO_AGENTS_JSON: '{"SimulatedDevice":["test-agent"]}',
  };
  const loaded = loadConfig({ cwd, env });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { config } = loaded;
  const io = (typed?: string): CommandIo => {
    const stdin: PassThrough & { isTTY?: boolean } = new PassThrough();
    if (typed !== undefined) stdin.isTTY = true;
    if (typed !== undefined) stdin.write(`${typed}\n`);
    const out = (text: string) => void said.push(text);
    const err = (text: string) => void faults.push(text);
    return { out, err, stdin, cwd, env, isTerminal: false, stop: stop.signal };
  };
  onTestFinished(async () => {
    runs = false;
    await running;
    await watcher.end();
    await broker.end();
    rmSync(cwd, { recursive: true });
  });
  return {
    watcher,
    stop,
    /** The words alone, wherever a line was wrapped. */
    told: () => said.join(" ").replace(/\s+/g, " "),
    faults: () => faults.join(" "),
    /** The real server, on the story's clock. */
    async serve() {
      const parts = { ...chance, clock, log: quiet, store: memoryStore(), broker: brokerOf(config) };
      const app = createApp(sitePlan(config, "test", "test"), parts);
      onTestFinished(async () => void (await app.stop()));
      await app.start();
      await until("the server is there", () => watcher.on("power-manager/orchestrator/status").length > 0);
    },
    play: (name: ScenarioName, { typed, real = false }: Wish = {}) =>
      simulate(config, { name, station: "SimulatedDevice", real }, io(typed), clock),
    command: (args: string[]) => simulateCommand(args, io()),
    states: () =>
      watcher
        .on("bridge-ecoflow/SimulatedDevice/json/state")
        .map((text) => JSON.parse(text) as Record<string, unknown>),
    commands: () =>
      watcher.on("power-manager/test-agent/cmd").map((text) => JSON.parse(text) as Record<string, unknown>),
    arm: () =>
      watcher.say("power-manager/test-agent/status", '{"online":true,"armed":true,"boot":"b"}', {
        retain: true,
      }),
  };
}

describe.skipIf(!hasMosquitto).concurrent("simulate", () => {
  it("critical: TIMER START, SHUTDOWN TRIGGERED, ABORT, in the original's words and JSON", async (context) => {
    const { expect } = context;
    const { serve, play, told, states, commands } = await site(context);
    await serve();
    expect(await play("critical")).toBe(0);
    const places = [
      "TIMER START test-agent: SimulatedDevice: soc 5 % <= 10 %",
      "SHUTDOWN TRIGGERED test-agent",
      "test-agent is told: shutdown, delay 60 s",
      "ABORT test-agent",
      "test-agent is told: abort",
      "As it should be: shutdown and abort for test-agent.",
    ].map((words) => told().indexOf(words));
    expect(Math.min(...places)).toBeGreaterThan(0);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(states()[0]).toEqual({ device: "SimulatedDevice", soc: 90, grid_connected: true });
    expect(states().at(-1)).toEqual({ device: "SimulatedDevice", soc: 5, grid_connected: true });
    expect(commands().map(({ action }) => action)).toEqual(["shutdown", "abort"]);
    expect(commands()[0]).toMatchObject({ id: expect.any(String), delay_sec: 60, ttl_sec: 300 });
  });

  it.for<ScenarioName>(["silence", "slow-drain", "flapping"])(
    "%s ends as it should",
    async (name, context) => {
      const { expect } = context;
      const { serve, play, told, commands } = await site(context);
      await serve();
      const code = await play(name);
      expect(told()).toContain("As it should be");
      expect(code).toBe(0);
      expect(commands().map(({ action }) => action)).toEqual(
        name === "flapping" ? [] : ["shutdown", "abort"],
      );
    },
  );

  it("ends 1 when no server answers, and leaves no outage behind", async (context) => {
    const { expect } = context;
    const { play, told, states, watcher } = await site(context);
    // A retained command is not an answer.
    const old = JSON.stringify({ id: "old", action: "shutdown" });
    await watcher.say("power-manager/test-agent/cmd", old, { retain: true });
    expect(await play("critical")).toBe(1);
    expect(told()).toContain("No shutdown for test-agent within");
    const back = { device: "SimulatedDevice", soc: 5, grid_connected: true };
    expect(states().slice(-2)).toEqual([back, back]);
  });

  it("ends in the middle when it is stopped, and leaves no outage behind", async (context) => {
    const { expect } = context;
    const { play, told, states, stop } = await site(context);
    const ended = play("critical");
    await until("the charge is low", () => told().includes("Critical"));
    stop.abort();
    expect(await ended).toBe(1);
    expect(states().at(-1)).toMatchObject({ grid_connected: true });
  });

  it("refuses a machine that would obey, and publishes nothing", async (context) => {
    const { expect } = context;
    const { arm, play, faults, states } = await site(context, slow);
    await arm();
    expect(await play("critical")).toBe(1);
    expect(faults()).toMatch(/agent of test-agent is online and armed.*Refused/);
    expect(states()).toEqual([]);
  });

  it("refuses a station that somebody serves", async (context) => {
    const { expect } = context;
    const { play, faults, states, watcher } = await site(context, slow);
    const topic = "bridge-ecoflow/SimulatedDevice/json/state";
    const reading = JSON.stringify({ device: "SimulatedDevice", soc: 80, origin: "home/1" });
    let served = true;
    const serving = (async () => {
      while (served) await watcher.say(topic, reading);
    })();
    const code = await play("critical");
    served = false;
    await serving;
    expect(code).toBe(1);
    expect(faults()).toMatch(/server home\/1 publishes readings of SimulatedDevice/);
    expect(states().filter(({ soc }) => soc !== 80)).toEqual([]);
  });

  it.for<[string, Wish, RegExp]>([
    ["without a terminal", {}, /no terminal/],
    ["with the wrong name", { typed: "Study" }, /not the station's name/],
  ])("refuses --real %s", async ([, wish, reason], context) => {
    const { expect } = context;
    const { arm, play, faults, states } = await site(context, slow);
    await arm();
    expect(await play("critical", { ...wish, real: true })).toBe(1);
    expect(faults()).toMatch(reason);
    expect(states()).toEqual([]);
  });

  it("does it with --real and the name typed", async (context) => {
    const { expect } = context;
    const { arm, play, states } = await site(context);
    await arm();
    await play("flapping", { real: true, typed: "SimulatedDevice" });
    expect(states().length).toBeGreaterThan(0);
  });

  it.for<[string[], number, RegExp]>([
    [[], 2, /wants one scenario: critical, flapping/],
    [["nightmare"], 2, /wants one scenario/],
    [["critical", "--now"], 2, /--now/],
    [["critical", "--station", "Study"], 1, /knows no station "Study"/],
  ])("refuses %j with a sentence", async ([args, code, sentence], context) => {
    const { expect } = context;
    const { command, faults } = await site(context, slow);
    expect(await command(args)).toBe(code);
    expect(faults()).toMatch(sentence);
  });
});
