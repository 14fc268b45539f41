/** The demo prints its story and ends as its machines ended, whatever the environment says (S32). */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { describe, it, type TestContext } from "vitest";
import type { CommandIo } from "../../src/cli/command.ts";
import { demoCommand } from "../../src/cli/demo.ts";
import { canRunScript } from "../../src/cli/demo-agent.ts";
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
  const code = await demoCommand(["--once", "--speed", "200", "--emulated", ...args], io);
  return { code, text: text(), plain: plain() };
}

/** The entries of `story` that are not in the text; then those that are there in another order. */
function missing(plain: string, story: readonly string[]): string[] {
  const places = story.map((line) => plain.indexOf(line));
  const absent = story.filter((_, index) => (places[index] ?? -1) < 0);
  return absent.length > 0
    ? absent
    : story.filter((_, index) => (places[index] ?? 0) < (places[index - 1] ?? 0));
}

describe.concurrent("the demo", () => {
  it("tells an outage: one machine goes, one is called back, and it ends 0", async ({ expect }) => {
    const { code, text, plain } = await play();
    const story = [
      "ecoflow-app: 127.0.0.1:",
      "knows Study (RIVER 3 Plus): 62 %, mains present by ac-input-watts, 330 W out; from ecoflow-app",
      "knows Office (DELTA 2): 80 %, mains present by flow, 160 W out; from ecoflow-open",
      "world The mains fail",
      "TIMER START pc: Study: soc 60 % <= 60 %",
      "SHUTDOWN TRIGGERED pc",
      "pc acknowledges the command",
      "pc waits out its delay",
      "pc stops its services",
      "pc shuts its operating system down",
      "pc is gone",
      "SHUTDOWN TRIGGERED nas",
      "nas waits out its delay",
      "world The mains are back",
      "ABORT nas",
      "nas acknowledges the abort",
      "The charge of Study:",
      "Study would have lasted until the mains came back. Had they stayed away: empty 26 min after they failed, and pc and nas would have lost power without warning.",
      "All 3 machines did what they should. No machine was real.",
    ];
    expect(missing(plain, story)).toEqual([]);
    expect(text).toMatch(/^ {4}pc {2}=+$/m);
    expect(code).toBe(0);
  });

  it("goes on without the cloud: the charge is projected, and both machines go", async ({ expect }) => {
    const { code, plain } = await play("--scenario", "router-dies");
    const story = [
      "Study has no grid",
      "world The router of the provider dies",
      "ecoflow-app: 127.0.0.1 cannot be reached (ECONNREFUSED)",
      "TIMER START pc: Study: soc projected",
      "SHUTDOWN TRIGGERED pc",
      "the charge is projected at the worst load",
      "SHUTDOWN TRIGGERED nas",
      "Study would have been empty 26 min after the mains failed, and pc and nas would have lost power",
      "All 3 machines did what they should.",
    ];
    expect(missing(plain, story)).toEqual([]);
    expect(code).toBe(0);
  });

  it("does not believe a cloud that repeats old values", async ({ expect }) => {
    const { code, plain } = await play("--scenario", "frozen-cloud");
    const story = [
      "world Study loses the cloud.",
      "SHUTDOWN TRIGGERED pc: Study: soc projected",
      "SHUTDOWN TRIGGERED nas: Study: soc projected",
      "All 3 machines did what they should.",
    ];
    expect(missing(plain, story)).toEqual([]);
    expect(code).toBe(0);
  });

  it("tells two outages: what went in the first one goes again in the second", async ({ expect }) => {
    const { code, plain } = await play("--scenario", "two-outages");
    const story = [
      "ABORT nas",
      "the grid of Study has held for 60 s: the outage is over",
      "world pc is switched on again.",
      "world The mains fail again.",
      "All 3 machines did what they should.",
    ];
    expect(missing(plain, story)).toEqual([]);
    expect(plain.match(/SHUTDOWN TRIGGERED pc/g)).toHaveLength(2);
    expect(plain.match(/SHUTDOWN TRIGGERED nas/g)).toHaveLength(2);
    expect(code).toBe(0);
  });

  it("ends 1 when a machine is deaf, and names it", async ({ expect }) => {
    const { code, text } = await play("--scenario", "deaf");
    expect(text).toMatch(/pc +go down +did nothing, stays up .*WRONG/);
    expect(text).toContain("1 of 3 machines did not do what they should: pc.");
    expect(code).toBe(1);
  });

  it("ends 1 when a machine goes down needlessly, and names it", async ({ expect }) => {
    const { code, text } = await play("--scenario", "needless");
    expect(text).toContain("rack: it went down needlessly.");
    expect(text).toContain("1 of 3 machines did not do what they should: rack.");
    expect(code).toBe(1);
  });

  it.for(["slow-drain", "long", "slow", "offline", "deadman"])(
    "ends 0 after the scenario %s",
    async (scene, { expect }) => {
      const { code, text } = await play("--scenario", scene);
      expect(text).toContain("All 3 machines did what they should.");
      expect(code).toBe(0);
    },
  );

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
    const ended = demoCommand(["--speed", "200", "--emulated", "--scenario", "blip"], io);
    await until("it says that it goes on", () => plain().includes("Ctrl-C ends it"));
    stop.abort();
    expect(await ended).toBe(0);
  });

  it("gives no verdict when it is stopped before the end", async ({ expect }) => {
    const { io, text, stop } = terminal();
    const ended = demoCommand(["--once", "--speed", "200", "--emulated"], io);
    await until("the mains fail", () => text().includes("The mains fail."));
    stop.abort();
    expect(await ended).toBe(1);
    expect(text()).toContain("no verdict");
  });

  it.for<[string[], string]>([
    [
      ["--scenario", "nightmare"],
      "the scenarios are outage, blip, router-dies, frozen-cloud, slow-drain, two-outages",
    ],
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
    const args = [resolve("dist/main.js"), "demo", "--once", "--speed", "200", "--emulated"];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, env });
    expect(stdout).toContain("All 3 machines did what they should.");
    expect(readdirSync(cwd)).toEqual([]);
    rmSync(cwd, { recursive: true });
  });
});

describe
  .skipIf(!canRunScript(process.env["PATH"] ?? ""))
  .concurrent("the demo with the real Linux script", () => {
    const withPath = async ({ onTestFinished }: TestContext, ...args: string[]) => {
      const { io, text, plain, stop } = terminal();
      // Also after a failure no script is left behind.
      onTestFinished(() => stop.abort());
      const env = { ...hostile, PATH: process.env["PATH"] };
      const code = await demoCommand(["--once", "--speed", "100", ...args], { ...io, env });
      return { code, text: text(), plain: plain() };
    };

    it("calls it back", { timeout: 180_000 }, async (context) => {
      const { expect } = context;
      const { code, plain } = await withPath(context);
      const story = [
        "nas is here (linux, armed)",
        "nas acknowledges the command",
        "nas waits out its delay",
        "nas acknowledges the abort",
        "All 3 machines did what they should. nas was the real Linux script",
      ];
      expect(missing(plain, story)).toEqual([]);
      expect(code, plain).toBe(0);
    });

    it("sees it run its shutdown command, and go", { timeout: 180_000 }, async (context) => {
      const { expect } = context;
      const { code, text, plain } = await withPath(context, "--scenario", "long");
      expect(plain).toContain("nas is gone: it said goodbye");
      expect(text).toMatch(/nas +go down +delay \d\d:\d\d +down +ok/);
      expect(text).toMatch(/All 3 machines .* nas was the real Linux script/s);
      expect(code, plain).toBe(0);
    });
  });
