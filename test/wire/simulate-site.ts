/** A broker, a clock that runs, a terminal, an emulated agent and the real server, for the tests of `simulate`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestContext } from "vitest";
import { createApp } from "../../src/app.ts";
import type { CommandIo } from "../../src/cli/command.ts";
import { simulate, simulateCommand } from "../../src/cli/simulate.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Ack, Command } from "../../src/contract/messages/machine.ts";
import type { Log } from "../../src/io/log.ts";
import { memoryStore } from "../../src/io/sqlite.ts";
import { ManualClock } from "../../src/sim/clock.ts";
import type { ScenarioName } from "../../src/sim/scenario.ts";
import { brokerOf, sitePlan } from "../../src/site.ts";
import { chance } from "../chance.ts";
import { orders, startMosquitto, until, watch } from "../world.ts";

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, room: () => quiet };
/** The least duration of one second of the story, ms; a busy computer makes it longer for every part alike. */
export const fast = 5;
/** Where the seconds of listening must be long enough for a message to come in. */
export const slow = 200;

export type Answers = (command: Command) => Partial<Ack>[];

/** What an agent in dry run acknowledges. */
export const obedient: Answers = ({ id, action }) =>
  action === "shutdown"
    ? [
        { id, phase: "received", dry_run: true },
        { id, phase: "delay", dry_run: true },
      ]
    : [{ id, phase: "aborted" }];

export interface Wish {
  /** What a person types at the terminal; default: nothing. */
  typed?: string;
  real?: boolean;
  station?: string;
}

/** A broker, a clock that runs, and a terminal, all of one test; the configuration has the original's names and nothing else. */
export async function site(
  { onTestFinished }: TestContext,
  secondMs = fast,
  more: Readonly<Record<string, string>> = {},
) {
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
    ...more,
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
    cwd,
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
    /** An agent that answers each command; as it should unless `answers` says otherwise. */
    async agent(answers: Answers = obedient) {
      await watcher.say("power-manager/test-agent/status", '{"online":true,"armed":false,"boot":"b"}', {
        retain: true,
      });
      watcher.client.on("message", (topic, payload) => {
        if (topic !== "power-manager/test-agent/cmd") return;
        const command = JSON.parse(payload.toString()) as Command;
        const pong: Partial<Ack>[] = [{ id: command.id, phase: "pong" }];
        for (const ack of command.action === "ping" ? pong : answers(command))
          void watcher.say("power-manager/test-agent/ack", JSON.stringify(ack));
      });
    },
    play: (name: ScenarioName, { typed, real = false, station = "SimulatedDevice" }: Wish = {}) =>
      simulate(config, { name, station, real }, io(typed), clock),
    command: (args: string[]) => simulateCommand(args, io()),
    states: () =>
      watcher
        .on("bridge-ecoflow/SimulatedDevice/json/state")
        .map((text) => JSON.parse(text) as Record<string, unknown>),
    commands: () => orders(watcher, "test-agent") as unknown as Record<string, unknown>[],
    arm: () =>
      watcher.say("power-manager/test-agent/status", '{"online":true,"armed":true,"boot":"b"}', {
        retain: true,
      }),
  };
}
