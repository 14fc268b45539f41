/** `simulate` against a real broker and the real server: the original's recipe, and who may not be played (S32). */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "vitest";
import { accountsFile } from "../../src/io/accounts-file.ts";
import type { ScenarioName } from "../../src/sim/scenario.ts";
import { hasMosquitto, until } from "../world.ts";
import { site, slow, type Wish } from "./simulate-site.ts";

describe.skipIf(!hasMosquitto).concurrent("simulate", () => {
  it("critical: TIMER START, SHUTDOWN TRIGGERED, ABORT, in the original's words and JSON", async (context) => {
    const { expect } = context;
    const { serve, agent, play, told, states, commands } = await site(context);
    await serve();
    await agent();
    expect(await play("critical")).toBe(0);
    const places = [
      "TIMER START test-agent: SimulatedDevice: soc 5 % <= 10 %",
      "SHUTDOWN TRIGGERED test-agent",
      "test-agent is sent: shutdown, delay 60 s",
      "ABORT test-agent",
      "test-agent is sent: abort",
      "As it should be: shutdown and abort for test-agent.",
    ].map((words) => told().indexOf(words));
    expect(Math.min(...places)).toBeGreaterThan(0);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(states()[0]).toEqual({ device: "SimulatedDevice", soc: 90, grid_connected: true });
    expect(states().at(-1)).toEqual({ device: "SimulatedDevice", soc: 5, grid_connected: true });
    // A command that is repeated to a slow agent keeps its id.
    const distinct = new Map(commands().map(({ id, action }) => [id, action]));
    expect([...distinct.values()]).toEqual(["shutdown", "abort"]);
    expect(commands()[0]).toMatchObject({ id: expect.any(String), delay_sec: 60, ttl_sec: 300 });
  });

  it.for<ScenarioName>(["silence", "slow-drain", "flapping"])(
    "%s ends as it should",
    async (name, context) => {
      const { expect } = context;
      const { serve, agent, play, told, commands } = await site(context);
      await serve();
      await agent();
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
    // A command that somebody had the broker keep is not an answer.
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

  it("refuses a station whose raw frames come in", async (context) => {
    const { expect } = context;
    const { play, faults, states, watcher } = await site(context, slow);
    let comes = true;
    const coming = (async () => {
      while (comes) await watcher.say("bridge-ecoflow/SimulatedDevice/data", "frame");
    })();
    expect(await play("critical")).toBe(1);
    comes = false;
    await coming;
    expect(faults()).toMatch(/raw frames of SimulatedDevice come in.*Refused/);
    expect(states()).toEqual([]);
  });

  it("refuses a station that another program reports, from what the broker keeps", async (context) => {
    const { expect } = context;
    const { play, faults, states, watcher } = await site(context, slow);
    const reading = JSON.stringify({ device: "SimulatedDevice", soc: 80, grid_connected: true });
    await watcher.say("bridge-ecoflow/SimulatedDevice/json/state", reading, { retain: true });
    expect(await play("critical")).toBe(1);
    expect(faults()).toMatch(/another program publishes readings of SimulatedDevice.*Refused/);
    expect(states()).toHaveLength(1);
  });

  it("refuses a station with a serial number", async (context) => {
    const { expect } = context;
    const serial = "R631EXAMPLE00001";
    const mapping = { DEVICE_TO_AGENTS_JSON: `{"${serial}":["test-agent"]}` };
    const { play, faults, watcher } = await site(context, slow, mapping);
    expect(await play("critical", { station: serial })).toBe(1);
    expect(faults()).toMatch(/R631EXAMPLE00001.*it exists.*Refused/);
    expect(watcher.on(`bridge-ecoflow/${serial}/json/state`)).toEqual([]);
  });

  it("refuses a station of the account's last list, also while no server runs", async (context) => {
    const { expect } = context;
    const { play, faults, states, cwd } = await site(context, slow);
    const station = { serial: "R631EXAMPLE00001", name: "SimulatedDevice", product: null, online: null };
    const kept = { url: null, clientId: "0123-4567-89ab", stations: [station], listedAt: 1 };
    mkdirSync(join(cwd, "data"));
    writeFileSync(join(cwd, "data", accountsFile), JSON.stringify({ "ecoflow-app:1": kept }));
    expect(await play("critical")).toBe(1);
    expect(faults()).toMatch(
      /SimulatedDevice is the station R631EXAMPLE00001 of your EcoFlow account.*Refused/,
    );
    expect(states()).toEqual([]);
  });

  it("refuses a station that a cloud source is set to read", async (context) => {
    const { expect } = context;
    const account = {
      ECOFLOW_USERNAME: "me@example.com",
      ECOFLOW_PASSWORD: "secret",
      ECOFLOW_DEVICE_LIST: "SimulatedDevice",
    };
    const { play, faults, states } = await site(context, slow, account);
    expect(await play("critical")).toBe(1);
    expect(faults()).toMatch(/the source ecoflow-app of the configuration reads SimulatedDevice.*Refused/);
    expect(states()).toEqual([]);
  });

  it("stops when an armed agent appears in its midst, and leaves no outage behind", async (context) => {
    const { expect } = context;
    const { serve, agent, arm, play, told, states } = await site(context);
    await serve();
    await agent();
    const ended = play("critical");
    await until("the charge is low", () => told().includes("Critical"));
    await arm();
    expect(await ended).toBe(1);
    expect(told()).toMatch(/Stopped: the agent of test-agent is online and armed: it would obey/);
    expect(states().at(-1)).toMatchObject({ grid_connected: true });
    expect(told()).not.toContain("As it should be");
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
