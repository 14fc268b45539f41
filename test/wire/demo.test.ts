/** The demo prints its story and ends as its machines ended, whatever the environment says (S32). */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { describe, it } from "vitest";
import type { CommandIo } from "../../src/cli/command.ts";
import { demoCommand } from "../../src/cli/demo.ts";
import { until } from "../world.ts";

/** Another site, which the demo must not touch. */
const hostile = {
  MQTT_HOST: "192.0.2.1",
  MQTT_PORT: "1",
  ECOFLOW_BASE: "real-house",
  POLICY_DEBOUNCE_SEC: "never",
  DEVICE_TO_AGENTS_JSON: "{",
};

function terminal() {
  const said: string[] = [];
  const faults: string[] = [];
  const stop = new AbortController();
  const io: CommandIo = {
    out: (text) => void said.push(text),
    err: (text) => void faults.push(text),
    stdin: Readable.from([]),
    cwd: "/",
    env: hostile,
    isTerminal: false,
    stop: stop.signal,
  };
  /** `plain`: the text without line breaks. */
  const plain = () => said.join(" ").replace(/\s+/g, " ");
  return { io, text: () => said.join("\n"), plain, faults, stop };
}

async function play(...args: string[]) {
  const { io, text, plain } = terminal();
  const code = await demoCommand(["--once", "--speed", "200", ...args], io);
  return { code, text: text(), plain: plain() };
}

describe.concurrent("the demo", () => {
  it("tells an outage: one machine goes, one is called back, and it ends 0", async ({ expect }) => {
    const { code, plain } = await play();
    const story = [
      "world The mains fail",
      "TIMER START pc: Study: soc 60 % <= 60 %",
      "SHUTDOWN TRIGGERED pc",
      "pc acknowledges the command",
      "pc waits out its delay",
      "pc stops its services",
      "pc shuts its operating system down",
      "pc is gone",
      "TIMER START nas: Study: soc 54 % <= 54 %",
      "SHUTDOWN TRIGGERED nas",
      "nas waits out its delay",
      "world The mains are back",
      "ABORT nas",
      "nas acknowledges the abort",
      "All 2 machines did what they should.",
    ];
    const places = story.map((line) => plain.indexOf(line));
    expect(places.map((place, index) => (place < 0 ? story[index] : "told"))).toEqual(
      story.map(() => "told"),
    );
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(code).toBe(0);
  });

  it("ends 1 when a machine is deaf, and says which", async ({ expect }) => {
    const { code, text } = await play("--scenario", "deaf");
    expect(text).toMatch(/pc +go down +did nothing, stays up .*WRONG/);
    expect(text).toContain("1 of 2 machines did not do what they should.");
    expect(code).toBe(1);
  });

  it.for(["long", "slow", "offline", "deadman"])("ends 0 after the scene %s", async (scene, { expect }) => {
    const { code, text } = await play("--scenario", scene);
    expect(text).toContain("All 2 machines did what they should.");
    expect(code).toBe(0);
  });

  it("shuts no machine down in a blip, in lines for 80 columns and without control characters", async ({
    expect,
  }) => {
    const { code, text } = await play("--scenario", "blip");
    expect(text).toContain("TIMER START pc");
    expect(text).not.toContain("SHUTDOWN TRIGGERED");
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(text).not.toContain("\x1b");
    expect(code).toBe(0);
  });

  it("runs until it is stopped", async ({ expect }) => {
    const { io, plain, stop } = terminal();
    const ended = demoCommand(["--speed", "200", "--scenario", "blip"], io);
    await until("it says that it goes on", () => plain().includes("Ctrl-C ends it"));
    stop.abort();
    expect(await ended).toBe(0);
  });

  it("gives no verdict when it is stopped before the end", async ({ expect }) => {
    const { io, text, stop } = terminal();
    const ended = demoCommand(["--once", "--speed", "200"], io);
    await until("the mains fail", () => text().includes("The mains fail."));
    stop.abort();
    expect(await ended).toBe(1);
    expect(text()).toContain("no verdict");
  });

  it.for<[string[], string]>([
    [["--scenario", "nightmare"], "the scenes are outage, blip"],
    [["--speed", "0"], "1 to 200"],
    [["--speed", "fast"], "1 to 200"],
    [["--twice"], "--twice"],
  ])("refuses %j with a sentence", async ([args, sentence], { expect }) => {
    const { io, faults } = terminal();
    expect(await demoCommand(args, io)).toBe(2);
    expect(faults.join()).toContain(sentence);
  });

  it("as it ships: ends 0 in an empty folder and leaves it empty", async ({ expect }) => {
    const cwd = mkdtempSync(join(tmpdir(), "demo-"));
    const env = { PATH: process.env["PATH"], ...hostile };
    const args = [resolve("dist/main.js"), "demo", "--once", "--speed", "200"];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, env });
    expect(stdout).toContain("All 2 machines did what they should.");
    expect(readdirSync(cwd)).toEqual([]);
    rmSync(cwd, { recursive: true });
  });
});
