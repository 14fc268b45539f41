/** A scene: a station, its machines, what happens to them, and what each machine's own record must show at the end. Data only. */
import type { Plan } from "../contract/messages/machine.ts";
import type { Behaviour } from "./agent/state.ts";
import type { Deed, MachineRecord } from "./record.ts";

export interface SceneStation {
  name: string;
  /** Begins like that of a River 3 Plus, which gives the family. */
  serial: string;
  capacityWh: number;
  /** At the beginning, percent. */
  socPercent: number;
  dischargeLimitPercent: number;
  /** Watts that it feeds besides the machines (router, switch). */
  otherWatts: number;
}

export interface SceneMachine {
  name: string;
  behaviour: Behaviour;
  watts: number;
  /** Goes down at this charge, percent. */
  socPercent: number;
  preShutdownSec: number;
  stopSec: number;
  /** Signs the messages between it and the server. */
  key?: string;
}

/** An event of the emulated world. */
export type Act =
  | { kind: "grid"; up: boolean }
  | { kind: "load"; watts: number }
  | { kind: "unplug"; machine: string }
  | { kind: "plug-in"; machine: string }
  | { kind: "boot"; machine: string };

/** Happens at a second of the scene, or this many seconds after a machine did something for the first time. */
export interface Moment {
  when: { sec: number } | { sec: number; after: { machine: string; deed: Deed } };
  act: Act;
  /** One sentence for people. */
  say: string;
}

export interface Expectation {
  /** In words: "go down", "be called back". */
  fate: string;
  up: boolean;
  /** Everything it does after its boot, in this order and nothing else. */
  did: readonly Deed[];
  /** The states that the server may report at the end: it must know what became of the machine. */
  serverSays: readonly Plan["state"][];
}

export interface Scene {
  name: string;
  /** One sentence. */
  about: string;
  station: SceneStation;
  machines: readonly SceneMachine[];
  policy: { debounceSec: number; delaySec: number; abortAfterSec: number; wakeAfterSec: number };
  timeline: readonly Moment[];
  /** The scene ends this many seconds after its last moment, once no machine is busy. */
  restSec: number;
  /** The scene ends after this many seconds at the latest. */
  limitSec: number;
  expect: Readonly<Record<string, Expectation>>;
}

/** Returns the second of the scene at which a moment is due, or null while the event it waits for has not happened. */
export function dueSec(
  moment: Moment,
  records: Readonly<Record<string, MachineRecord>>,
  startWall: number,
): number | null {
  const { when } = moment;
  if (!("after" in when)) return when.sec;
  const { machine, deed } = when.after;
  const first = records[machine]?.did.find((entry) => entry.deed === deed);
  return first ? (first.at - startWall) / 1000 + when.sec : null;
}

/** Returns the `ecoflow-power.yaml` of a scene, as its owner would write it. */
export function configurationOf(scene: Scene): string {
  const { station, machines, policy } = scene;
  const lines = machines.map(({ name, socPercent, preShutdownSec, stopSec, key }) => {
    const secret = key === undefined ? "" : `, key: ${key}`;
    const shutdownAt = `shutdownAt: { socPercent: ${socPercent} }`;
    return `  ${name}: { stations: [${station.name}], ${shutdownAt}, stopSec: ${preShutdownSec + stopSec}${secret} }`;
  });
  return [
    "sources:",
    "  - { kind: mqtt-raw }",
    "stations:",
    `  ${station.name}: { serial: ${station.serial} }`,
    "machines:",
    ...lines,
    "policy:",
    ...Object.entries(policy).map(([name, seconds]) => `  ${name}: ${seconds}`),
    "",
  ].join("\n");
}
