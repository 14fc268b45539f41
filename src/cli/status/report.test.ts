/** What `status` makes of what was heard: each gap takes "Protected." away, by its name. */
import { describe, expect, it } from "vitest";
import { defaultConfig } from "../../config/defaults.ts";
import { loadConfig } from "../../config/load.ts";
import { makeTopics } from "../../contract/topics.ts";
import type { Folder } from "../../io/folder.ts";
import type { Told } from "./ear.ts";
import { type Report, reportOf } from "./report.ts";
import { statusLines } from "./show.ts";

const now = Date.UTC(2026, 10, 28, 9);
const sec = now / 1_000;
const folder: Folder = {
  path: "/data",
  exists: true,
  isFile: false,
  isWritable: true,
  owner: 0,
  self: 0,
  freeBytes: 5e9,
};
const lease = { site: "home", instance: "i", epoch: 3, at: sec, online: true };
const reading = {
  device: "Study",
  soc: 62,
  grid: "present",
  grid_basis: "ac-input-watts",
  received_at: now - 3_000,
  quality: "live",
  origin: "home/i",
  ac_out_watts: 300,
  capacity_wh: 1_000,
  discharge_limit_percent: 10,
};
const agent = { online: true, armed: true, at: sec - 10 };
const power = { on_battery: false, soc: 62, runtime_sec: null, deadman_sec: 300, at: sec - 5, seq: 1 };
const plan = { state: "watching", hold: null, reason: "nothing to do", deadline_sec: null, causes: [] };
const messages = {
  "power-manager/orchestrator/status": lease,
  "power-manager/alarms": { at: sec, alarms: [] },
  "bridge-ecoflow/Study/json/state": reading,
  "power-manager/pc/status": agent,
  "power-manager/pc/power": power,
  "power-manager/plan/pc": plan,
} as const;

function configuration(
  machine = "{ stations: [Study], shutdownAt: { socPercent: 40 } }",
  stations = "{ Study: {} }",
) {
  const yaml = `stations: ${stations}\nmachines: { pc: ${machine} }\n`;
  const readFile = (path: string) => {
    if (path.endsWith("ecoflow-power.yaml")) return yaml;
    throw Object.assign(new Error("no such file"), { code: "ENOENT" });
  };
  const loaded = loadConfig({ cwd: "/", env: {}, readFile, file: "/ecoflow-power.yaml" });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

type Change = Partial<Record<keyof typeof messages, unknown>>;

/** The report of a site where all is well, but for `change`; a topic of `retained` was not heard live. */
function report(change: Change = {}, retained: string[] = [], config = configuration()): Report {
  const told = new Map<string, Told>();
  for (const [topic, payload] of Object.entries({ ...messages, ...change }))
    if (payload !== undefined)
      told.set(topic, { payload, retained: retained.includes(topic), heardAt: now - 1_000 });
  const heard = { topics: makeTopics(config.base, "x"), told, problem: null };
  return reportOf(config, heard, "mqtt://localhost:1883", folder, now);
}

describe("the report of status", () => {
  it("is protected where all is well, with threshold and time at the present load", () => {
    const good = report();
    expect(good.missing).toEqual([]);
    // (62 - 42) % of 1 000 Wh x 0.9 at 300 W + 10 % + 8 W, x 1.25; the debounce on top.
    expect(good.machines[0]).toMatchObject({ threshold: 40, configured: 40, armed: true });
    expect(Math.round(good.machines[0]?.inSec ?? 0)).toBe(Math.round((0.22 * 900 * 3_600) / 422.5 + 180));
    expect(statusLines(good).at(-1)).toBe("Protected.");
  });

  it("shows a raised threshold as one", () => {
    const { machines } = report({ "bridge-ecoflow/Study/json/state": { ...reading, ac_out_watts: 3_000 } });
    expect(machines[0]).toMatchObject({ configured: 40 });
    expect(machines[0]?.threshold).toBeGreaterThan(40);
  });

  it.each<[string, Change, string[], RegExp]>([
    [
      "a retained lease alone",
      {},
      ["power-manager/orchestrator/status"],
      /last message says that it runs, but it is silent/,
    ],
    [
      "a server that said goodbye",
      { "power-manager/orchestrator/status": { ...lease, online: false } },
      ["power-manager/orchestrator/status"],
      /server does not run: start it/,
    ],
    ["no server", { "power-manager/orchestrator/status": undefined }, [], /No server was ever heard/],
    [
      "a room that is down",
      {
        "power-manager/orchestrator/status": { ...lease, rooms: { policy: { up: false, restarts: 2 } } },
      },
      [],
      /room policy .* does not run/,
    ],
    [
      "a station of an earlier process",
      { "bridge-ecoflow/Study/json/state": { ...reading, origin: "home/earlier" } },
      [],
      /Study was not heard since the server's start/,
    ],
    [
      "a silent station",
      { "bridge-ecoflow/Study/json/state": { ...reading, quality: "held" } },
      [],
      /Study is silent/,
    ],
    [
      "a station that tells nothing of the mains",
      { "bridge-ecoflow/Study/json/state": { ...reading, grid: "unknown" } },
      [],
      /does not tell whether it has mains/,
    ],
    [
      "a charge that is not known",
      { "bridge-ecoflow/Study/json/state": { ...reading, soc: null } },
      [],
      /does not report its charge/,
    ],
    ["no plan", { "power-manager/plan/pc": undefined }, [], /no plan for it/],
    [
      "a policy that does not publish any more",
      { "power-manager/pc/power": { ...power, at: sec - 90 } },
      [],
      /last power message is 9\d s old/,
    ],
    [
      "a grid that the server does not know",
      { "power-manager/pc/power": { ...power, on_battery: null } },
      [],
      /not known to the server/,
    ],
    [
      "an alarm",
      {
        "power-manager/alarms": {
          at: sec,
          alarms: [{ code: "late", level: "alarm", machine: "pc", since: sec, count: 1, text: "pc is late" }],
        },
      },
      [],
      /Alarm: pc is late/,
    ],
  ])("%s is missing", (_, change, retained, words) => {
    const bad = report(change, retained);
    expect(bad.missing.join("\n")).toMatch(words);
    expect(bad.protected).toBe(false);
    expect(statusLines(bad)).not.toContain("Protected.");
  });

  it("no machine is no protection, and neither is a full disk", () => {
    const config = { ...defaultConfig(), machines: {} };
    expect(report({}, [], config).missing).toEqual(["No machine is configured: nothing will be shut down."]);
    const heard = { topics: makeTopics("bridge-ecoflow", "x"), told: new Map(), problem: null };
    const full = reportOf(configuration(), heard, "", { ...folder, freeBytes: 10e6 }, now);
    expect(full.missing.join()).toMatch(/has 10 MB left/);
  });

  it("a machine on two stations of which it needs one goes with the second", () => {
    const machine = "{ stations: [Study, Attic], minSupplies: 1, shutdownAt: { socPercent: 40 } }";
    const config = configuration(machine, "{ Study: {}, Attic: {} }");
    const attic = (soc: number) => ({ ...reading, device: "Attic", soc });
    const inSec = (soc: number) =>
      report({ "bridge-ecoflow/Attic/json/state": attic(soc) } as Change, [], config).machines[0]?.inSec ?? 0;
    expect(inSec(41)).toBe(report().machines[0]?.inSec);
    expect(inSec(90)).toBeGreaterThan(inSec(41));
    expect(report({}, [], config).machines[0]?.inSec).toBeNull();
  });
});
