/** `status` at a running server: "Protected." only where every part of it was heard, else each gap by its name. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, it, type TestContext } from "vitest";
import { createApp } from "../../src/app.ts";
import { main } from "../../src/cli/index.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Status } from "../../src/contract/messages/machine.ts";
import { statusText } from "../../src/contract/signatures.ts";
import { systemClock } from "../../src/io/clock.ts";
import { sign } from "../../src/io/secrets.ts";
import { memoryStore } from "../../src/io/sqlite.ts";
import { encodeFrame } from "../../src/sim/encode.ts";
import { brokerOf, sitePlan } from "../../src/site.ts";
import { chance } from "../chance.ts";
import { freePort, until, type Watcher, watch } from "../world.ts";
import { quiet } from "./grounds.ts";

const serial = "R631EMULATED0001";
const key = "a key of this test only";

type Finished = TestContext["onTestFinished"];

/** A folder with a configuration, and the command line in it. */
async function site(
  onTestFinished: Finished,
  machine = "{ stations: [Study], shutdownAt: { socPercent: 40 } }",
) {
  const port = await freePort();
  const cwd = mkdtempSync(join(tmpdir(), "status-"));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  const yaml = `stations: { Study: { serial: ${serial}, dischargeLimitPercent: 10 } }\nmachines: { pc: ${machine} }\nbroker: { port: ${port} }\n`;
  writeFileSync(join(cwd, "ecoflow-power.yaml"), yaml);
  const loaded = loadConfig({ cwd, env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const stop = new AbortController();
  const lines: string[] = [];
  const io = (isTerminal = false) => ({
    out: (text: string) => void lines.push(text),
    err: (text: string) => void lines.push(text),
    stdin: new PassThrough(),
    cwd,
    env: {},
    isTerminal,
    stop: stop.signal,
  });
  const run = async (...args: string[]) => {
    lines.length = 0;
    const code = await main(["status", ...args], io());
    return { code, out: lines.join("\n") };
  };
  return { config: loaded.config, url: `mqtt://127.0.0.1:${port}`, run, io, lines, stop, onTestFinished };
}

type Site = Awaited<ReturnType<typeof site>>;

/** The real server at its embedded broker. */
async function serve({ config, url, onTestFinished }: Site): Promise<Watcher> {
  const parts = {
    ...chance,
    clock: systemClock(),
    log: quiet,
    store: memoryStore(),
    broker: brokerOf(config),
  };
  const app = createApp(sitePlan(config, "home", "1.2.3"), parts);
  await app.start();
  onTestFinished(() => app.stop().then(() => {}));
  const watcher = await watch(url);
  onTestFinished(() => watcher.end());
  return watcher;
}

/** Frames until the server knows the charge and the mains of the station. */
async function hearStation(watcher: Watcher, fields: Record<string, number>): Promise<void> {
  let seq = 0;
  let saidAt = Number.NEGATIVE_INFINITY;
  const known = () => {
    const text = watcher.on("power-manager/pc/power").at(-1);
    return text !== undefined && JSON.parse(text).soc !== null;
  };
  await until("the server knows the station", async () => {
    // Two samples confirm each other from 2 s apart; a flood of them would push the first one out.
    if (performance.now() - saidAt < 500) return known();
    saidAt = performance.now();
    const frame = encodeFrame("DisplayPropertyUpload", fields, { seq: ++seq, masked: true });
    await watcher.say(`bridge-ecoflow/${serial}/data`, Buffer.from(frame));
    return known();
  });
}

const onMains = { cms_batt_soc: 62, pow_get_ac_in: 230, pow_out_sum_w: 60, pow_in_sum_w: 230 };
const status = (more: Partial<Status> = {}): Status => ({
  online: true,
  armed: true,
  boot: "b",
  state: "idle",
  at: Math.floor(Date.now() / 1000),
  ...more,
});
const agent = (watcher: Watcher, said: Status) =>
  watcher.say("power-manager/pc/status", JSON.stringify(said), { retain: true });

describe.concurrent("ecoflow-power status", () => {
  it("says Protected, exit code 0, where everything was heard, and what would happen when", async ({
    expect,
    onTestFinished,
  }) => {
    const house = await site(onTestFinished);
    const watcher = await serve(house);
    await agent(watcher, status());
    await hearStation(watcher, onMains);
    const { code, out } = await house.run();
    expect(out).toMatch(/^server +home\/under-test, version 1\.2\.3, epoch 1: heard \d+ s ago$/m);
    expect(out).toMatch(/^broker +mqtt:\/\/127\.0\.0\.1:\d+: connected$/m);
    expect(out).toMatch(/^station +Study: 62 %, mains present \(ac-input-watts\), .*reading \d+ s old$/m);
    expect(out).toMatch(/^machine +pc: armed, goes at 40 %; without mains commanded in \d+ min/m);
    expect(out).toMatch(/^alarms +none$/m);
    expect(out.trimEnd().split("\n").at(-1)).toBe("Protected.");
    expect(code).toBe(0);
    const json = JSON.parse((await house.run("--json")).out);
    expect(json).toMatchObject({ protected: true, missing: [], machines: [{ id: "pc", armed: true }] });
  });

  it("does not take the lease of a server with other machines for that of its own", async ({
    expect,
    onTestFinished,
  }) => {
    const at = await site(onTestFinished);
    const watcher = await serve(at);
    const own = "power-manager/orchestrator/status";
    await until("its own lease is there", () => watcher.on(own).length > 0);
    const lease = { site: "s", instance: "elsewhere", epoch: 9, at: 1, online: true, machines: { tv: null } };
    await watcher.say(own, JSON.stringify(lease));
    const speaks = setInterval(() => void watcher.say(own, JSON.stringify(lease)), 300);
    const { out } = await at.run();
    clearInterval(speaks);
    expect(out).not.toContain("elsewhere");
    expect(out).toMatch(/server +home\/[^ ]+, version 1\.2\.3/);
  });

  it("names everything that is missing, exit code 1, where no server runs", async ({
    expect,
    onTestFinished,
  }) => {
    const house = await site(onTestFinished);
    const { code, out } = await house.run();
    expect(out).toMatch(/NOT protected:\n {2}- The broker at .* cannot be reached/);
    expect(out).not.toMatch(/^Protected/m);
    expect(code).toBe(1);
  });

  it("an agent that was never heard, and a station that is silent", async ({ expect, onTestFinished }) => {
    const house = await site(onTestFinished);
    await serve(house);
    const { code, out } = await house.run();
    const words = out.replace(/\s+/g, " ");
    expect(words).toContain("- pc: no agent was ever heard; start it there, with AGENT_ID=pc");
    expect(words).toContain("- pc: whether its stations have mains is not known to the server");
    expect(code).toBe(1);
  });

  it("an agent that signs, where the server has no key for it: it would refuse every command", async ({
    expect,
    onTestFinished,
  }) => {
    const house = await site(onTestFinished);
    const watcher = await serve(house);
    const said = status();
    await agent(watcher, { ...said, sig: sign(key, statusText("pc", said)) });
    await hearStation(watcher, onMains);
    const { code, out } = await house.run();
    const words = out.replace(/\s+/g, " ");
    expect(words).toContain("- pc: its agent has a key and obeys only what is signed with it");
    expect(words).toContain("write its AGENT_KEY at machines.pc.key here");
    expect(code).toBe(1);
  });

  it.for<[string, () => Status, string]>([
    ["in dry run", () => status({ armed: false }), "DRY RUN"],
    ["offline", () => ({ online: false }), "OFFLINE"],
    [
      "with an old status",
      () => status({ at: Math.floor(Date.now() / 1000) - 600 }),
      "its agent's last status is 6",
    ],
    [
      "with another key",
      () => status({ sig: "0".repeat(64) }),
      "its agent signs with another key, or with none",
    ],
  ])("an agent %s is not protection", async ([, said, words], { expect, onTestFinished }) => {
    const house = await site(onTestFinished, `{ stations: [Study], key: ${key} }`);
    const watcher = await serve(house);
    const plain = said();
    const isForged = plain.sig !== undefined;
    await agent(watcher, isForged ? plain : { ...plain, sig: sign(key, statusText("pc", plain)) });
    await hearStation(watcher, onMains);
    const { code, out } = await house.run();
    expect(out.replace(/\s+/g, " ")).toContain(words);
    expect(out).toContain("NOT protected:\n  - pc: its agent");
    expect(code).toBe(1);
  });

  it("--watch shows a change and ends on Ctrl-C with the last verdict", async ({
    expect,
    onTestFinished,
  }) => {
    const house = await site(onTestFinished);
    const watcher = await serve(house);
    await agent(watcher, status());
    await hearStation(watcher, onMains);
    const ended = main(["status", "--watch"], house.io());
    await until("it is protected", () => house.lines.join("\n").includes("Protected."));
    await agent(watcher, status({ armed: false }));
    await until("it says so", () => house.lines.join("\n").includes("in dry run"));
    house.stop.abort();
    expect(await ended).toBe(1);
    // Ages alone are no change: without a terminal they print nothing.
    expect(house.lines.length).toBeLessThan(6);
  });
});
