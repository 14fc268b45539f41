/** The original's own recipe with what ships, in README's order: `.env`, `run`, the agent in dry run, `send`, `simulate critical`. */
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { Broker, missingTools } from "../agents/broker.ts";
import { Machine } from "../agents/machine.ts";
import { linux } from "../agents/platforms.ts";
import { startServer } from "../server.ts";

describe.skipIf(missingTools() !== null)("the original's recipe", () => {
  it("SimulatedDevice, test-agent: the log shows TIMER START, SHUTDOWN TRIGGERED, ABORT", async () => {
    const broker = new Broker();
    await broker.start();
    onTestFinished(() => broker.close());
    const env = [
      "MQTT_HOST=127.0.0.1",
      `MQTT_PORT=${broker.port}`,
      "ECOFLOW_BASE=bridge-ecoflow",
      "POLICY_SOC_MIN=10   # percent",
      "POLICY_DEBOUNCE_SEC=2",
      `DEVICE_TO_AGENTS_JSON='{"SimulatedDevice": ["test-agent"]}'`,
    ];
    const server = startServer({ files: { ".env": `${env.join("\n")}\n` } });
    onTestFinished(() => server.end());
    await server.says("SimulatedDevice");
    const agent = new Machine(broker, linux, { DRY_RUN: "on" }, "test-agent");
    onTestFinished(() => agent.close());
    await agent.start();
    const run = async (...words: string[]) => {
      const args = [resolve("dist/main.js"), ...words];
      const options = { cwd: server.cwd, env: { PATH: process.env["PATH"] } };
      return (await promisify(execFile)(process.execPath, args, options)).stdout;
    };
    expect(await run("send", "test-agent", "ping")).toContain("test-agent: pong");
    expect(await run("send", "test-agent", "shutdown", "--dry-run", "--delay", "0")).toContain(
      "shutting_down",
    );
    const stdout = await run("simulate", "critical");
    // What was sent by hand made no command of the server old.
    expect(agent.acks.map(({ phase }) => phase)).not.toContain("refused");
    expect(agent.acks.at(-1)?.phase).toBe("aborted");
    expect(stdout).toContain("As it should be: shutdown and abort for test-agent.");
    const words = ["TIMER START test-agent", "SHUTDOWN TRIGGERED test-agent", "ABORT test-agent"];
    const places = words.map((word) => server.output().indexOf(word));
    expect(Math.min(...places)).toBeGreaterThan(0);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    // Each is followed by the arithmetic (R29).
    expect(server.output()).toMatch(/TIMER START test-agent: SimulatedDevice: soc 5 % <= 10 %/);
    expect(server.output()).toMatch(/SHUTDOWN TRIGGERED test-agent: .*for \d+ s >= 2 s; delay 60 s/);
    expect(server.output()).toMatch(/ABORT test-agent: grid present for \d{2} s/);
  }, 180_000);
});
