/** Every scene is one that can be played: its configuration loads, its names fit, and its verdict can fail. */
import { describe, expect, it } from "vitest";
import { loadConfig } from "../config/load.ts";
import { createAuthority } from "../io/certs.ts";
import { emptyRecord, type MachineRecord } from "./record.ts";
import { configurationOf, dueSec, type Scene } from "./scene.ts";
import { outage } from "./scenes/outage.ts";
import { scenes } from "./scenes/table.ts";
import { judge } from "./verdict.ts";

const { pem } = await createAuthority("test", Date.now());
const access = {
  cloud: {
    api: "https://127.0.0.1:8443",
    username: "me@example.com",
    password: "secret",
    accessKey: "key",
    secretKey: "secret",
  },
  caFile: "/ca.pem",
  stateDir: "/data",
};
const absent = () => {
  throw Object.assign(new Error("absent"), { code: "ENOENT" });
};

describe.each(scenes.map((scene) => [scene.name, scene] as const))("the scene %s", (_, scene) => {
  it("makes a configuration that loads", () => {
    const text = configurationOf(scene, access);
    const readFile = (path: string) =>
      path.endsWith(".yaml") ? text : path === access.caFile ? pem : absent();
    const loaded = loadConfig({ cwd: "/", env: {}, file: "scene.yaml", readFile });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const { stations, machines, policy } = loaded.config;
    for (const { name, serial, api } of scene.stations) {
      expect(stations[name]?.serial).toBe(serial);
      expect(loaded.config.sources).toContainEqual(
        expect.objectContaining({ kind: api, devices: [serial], apiUrl: access.cloud.api }),
      );
    }
    for (const machine of scene.machines) {
      expect(machines[machine.name]).toMatchObject({
        shutdownAt: { socPercent: machine.socPercent },
        stations: [machine.station],
        delaySec: scene.policy.delaySec,
        stopSec: machine.preShutdownSec + machine.stopSec,
        key: machine.key ?? null,
      });
    }
    expect(policy).toMatchObject(scene.policy);
  });

  it("expects something of each machine, and names no other", () => {
    const names = scene.machines.map(({ name }) => name).sort();
    expect(Object.keys(scene.expect).sort()).toEqual(names);
    expect(names).toContain(scene.script);
    for (const { act, when } of scene.timeline) {
      if (act.kind === "plug-in" || act.kind === "unplug") expect(act.machine).not.toBe(scene.script);
      if ("machine" in act) expect(names).toContain(act.machine);
      if ("after" in when) expect(names).toContain(when.after.machine);
    }
  });
});

it("has one name a scene", () => {
  expect(new Set(scenes.map(({ name }) => name)).size).toBe(scenes.length);
});

describe("a moment", () => {
  const moment = {
    when: { sec: 15, after: { machine: "nas", deed: "delay" as const } },
    act: { kind: "grid" as const, up: true },
    say: "",
  };

  it("waits for the deed that it follows, and counts from the first", () => {
    const record = emptyRecord();
    expect(dueSec(moment, { nas: record }, 1_000)).toBeNull();
    record.did.push({ at: 21_000, deed: "delay", id: "a" }, { at: 91_000, deed: "delay", id: "b" });
    expect(dueSec(moment, { nas: record }, 1_000)).toBe(35);
    const again = { sec: 1, after: { machine: "nas", deed: "delay" as const, nth: 2 } };
    expect(dueSec({ ...moment, when: again }, { nas: record }, 1_000)).toBe(91);
    expect(dueSec({ ...moment, when: { sec: 7 } }, {}, 1_000)).toBe(7);
  });
});

describe("the verdict", () => {
  const record = (up: boolean, ...deeds: MachineRecord["did"][number]["deed"][]): MachineRecord => ({
    ...emptyRecord(),
    up,
    did: ["booted" as const, ...deeds].map((deed, index) => ({ at: index, deed, id: null })),
  });
  const gone = record(false, "delay", "pre_shutdown", "shutting_down", "off");
  const called = record(true, "delay", "aborted");
  const plans = new Map([
    ["pc", "down" as const],
    ["nas", "watching" as const],
  ]);
  const withoutRack = (scene: Scene): Scene => {
    const { rack: _, ...expect } = scene.expect;
    return { ...scene, expect };
  };
  const faults = (
    pc: MachineRecord,
    nas: MachineRecord,
    said: Parameters<typeof judge>[2] = plans,
    scene: Scene = outage,
  ) => judge(withoutRack(scene), { pc, nas }, said).map((judged) => judged.faults.length > 0);

  it("is good when every machine did what the scene expects", () => {
    expect(faults(gone, called)).toEqual([false, false]);
  });

  it.each<[string, MachineRecord, MachineRecord]>([
    ["pc did nothing", record(true), called],
    ["pc is on its way but not off", record(true, "delay", "pre_shutdown", "shutting_down"), called],
    ["pc says off and is up", { ...gone, up: true }, called],
    ["pc crashed", record(false, "delay", "power-cut"), called],
  ])("is bad when %s", (_, pc, nas) => {
    expect(faults(pc, nas)).toEqual([true, false]);
  });

  it.each<[string, MachineRecord]>([
    ["went down", gone],
    ["was never told", record(true)],
    ["was told twice", record(true, "delay", "aborted", "delay", "aborted")],
    ["runs without its services", { ...called, servicesStopped: true }],
  ])("is bad when nas %s", (_, nas) => {
    expect(faults(gone, nas)).toEqual([false, true]);
  });

  it("says so when a machine went down needlessly", () => {
    const [, nas] = judge(withoutRack(outage), { pc: gone, nas: gone }, plans);
    expect(nas?.faults).toContain("it went down needlessly");
    const [pc] = judge(withoutRack(outage), { pc: gone, nas: called }, plans);
    expect(pc?.faults).toEqual([]);
  });

  it("is bad when the server does not know what became of a machine", () => {
    expect(faults(gone, called, new Map([["nas", "watching"]]))).toEqual([true, false]);
    expect(faults(gone, called, new Map([...plans, ["nas", "commanded"]]))).toEqual([false, true]);
  });

  it("is bad when somebody heard a command that was to stay alone", () => {
    const stays: Scene = {
      ...outage,
      expect: { pc: { fate: "stay", up: true, did: [], serverSays: ["watching"] } },
    };
    const heard = {
      ...record(true),
      heard: [{ at: 1, action: "shutdown" as const, id: "a", retained: false }],
    };
    const said = new Map([["pc", "watching" as const]]);
    expect(faults(record(true), called, said, stays)).toEqual([false]);
    expect(faults(heard, called, said, stays)).toEqual([true]);
  });
});
