/** The original's own recipe with what ships: `.env`, `run`, then `simulate critical`, in real seconds. */
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { startServer } from "../server.ts";
import { hasMosquitto, startMosquitto } from "../world.ts";

describe.skipIf(!hasMosquitto)("the original's recipe", () => {
  it("SimulatedDevice, test-agent: the log shows TIMER START, SHUTDOWN TRIGGERED, ABORT", async () => {
    const broker = await startMosquitto();
    onTestFinished(() => broker.end());
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
    const args = [resolve("dist/main.js"), "simulate", "critical"];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: server.cwd,
      env: { PATH: process.env["PATH"] },
    });
    expect(stdout).toContain("As it should be: shutdown and abort for test-agent.");
    const words = ["TIMER START test-agent", "SHUTDOWN TRIGGERED test-agent", "ABORT test-agent"];
    const places = words.map((word) => server.output().indexOf(word));
    expect(Math.min(...places)).toBeGreaterThan(0);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    // Each is followed by the arithmetic (R29).
    expect(server.output()).toMatch(/TIMER START test-agent: SimulatedDevice: soc 5 % <= 10 %/);
    expect(server.output()).toMatch(/SHUTDOWN TRIGGERED test-agent: .*for \d+ s >= 2 s; delay 60 s/);
    expect(server.output()).toMatch(/ABORT test-agent: grid present for 1\d s/);
  }, 180_000);
});
