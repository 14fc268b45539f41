/** A scene: stations, their machines, what happens to them, and what each machine's own record must show at the end. Data only. */
import type { Plan } from "../contract/messages/machine.ts";
import type { Behaviour } from "./agent/state.ts";
import type { CloudInfo } from "./cloud/cloud.ts";
import type { CloudAct, CloudScene } from "./cloud/scene.ts";
import type { Deed, MachineRecord } from "./record.ts";

export interface SceneStation {
  /** As the configuration and the app call it. */
  name: string;
  /** Its first four characters choose the model. */
  serial: string;
  /** The API that the server reads it by. */
  api: "ecoflow-app" | "ecoflow-open";
  capacityWh: number;
  /** At the beginning, percent. */
  socPercent: number;
  dischargeLimitPercent: number;
  /** Watts that it feeds besides the machines (router, switch). */
  otherWatts: number;
}

export interface SceneMachine {
  name: string;
  /** Name of the station that feeds it. */
  station: string;
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
  /** The mains of the whole house. */
  | { kind: "grid"; up: boolean }
  /** What a station feeds besides the machines, watts. */
  | { kind: "load"; station: string; watts: number }
  | { kind: "unplug"; machine: string }
  | { kind: "plug-in"; machine: string }
  | { kind: "boot"; machine: string }
  /** Another program sends a shutdown that nobody needs. */
  | { kind: "foreign-shutdown"; machine: string }
  /** Something happens to EcoFlow's cloud. */
  | { kind: "cloud"; act: CloudAct };

/** Happens at a second of the scene, or this many seconds after a machine did something (`nth`: not for the first time). */
export interface Moment {
  when: { sec: number } | { sec: number; after: { machine: string; deed: Deed; nth?: number } };
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
  stations: readonly SceneStation[];
  machines: readonly SceneMachine[];
  /** The machine that is the real script where that can run; its network is never touched. */
  script: string;
  /** Story seconds per second unless another speed is asked for. */
  speed: number;
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
  const { machine, deed, nth = 1 } = when.after;
  const found = records[machine]?.did.filter((entry) => entry.deed === deed)[nth - 1];
  return found ? (found.at - startWall) / 1000 + when.sec : null;
}

/** How the server of a scene reaches the emulated cloud, and where it may write. */
export interface Access {
  cloud: Pick<CloudInfo, "api" | "username" | "password" | "accessKey" | "secretKey">;
  /** File with the certificate of the cloud's authority. */
  caFile: string;
  stateDir: string;
}

/** Returns the `ecoflow-power.yaml` of a scene, as its owner would write it. */
export function configurationOf(scene: Scene, { cloud, caFile, stateDir }: Access): string {
  const { stations, machines, policy } = scene;
  const credentials = {
    "ecoflow-app": `username: ${cloud.username}, password: "${cloud.password}"`,
    "ecoflow-open": `accessKey: ${cloud.accessKey}, secretKey: ${cloud.secretKey}`,
  };
  const sources = stations.map(
    ({ api, serial }) =>
      `  - { kind: ${api}, ${credentials[api]}, devices: [${serial}], apiUrl: "${cloud.api}", ca: "${caFile}" }`,
  );
  const lines = machines.map(({ name, station, socPercent, preShutdownSec, stopSec, key }) => {
    const secret = key === undefined ? "" : `, key: ${key}`;
    const shutdownAt = `shutdownAt: { socPercent: ${socPercent} }`;
    return `  ${name}: { stations: [${station}], ${shutdownAt}, stopSec: ${preShutdownSec + stopSec}${secret} }`;
  });
  return [
    `stateDir: "${stateDir}"`,
    "sources:",
    ...sources,
    "stations:",
    ...stations.map(({ name, serial }) => `  ${name}: { serial: ${serial} }`),
    "machines:",
    ...lines,
    "policy:",
    ...Object.entries(policy).map(([name, seconds]) => `  ${name}: ${seconds}`),
    "",
  ].join("\n");
}

/** Returns the stations of a scene as the emulated cloud has them: all machines run at the beginning. */
export const cloudSceneOf = ({ stations, machines }: Scene): CloudScene => ({
  stations: stations.map(({ serial, name, socPercent, capacityWh, dischargeLimitPercent, otherWatts }) => {
    const fed = machines.filter(({ station }) => station === name);
    const loadWatts = fed.reduce((sum, { watts }) => sum + watts, otherWatts);
    return { serial, name, socPercent, capacityWh, dischargeLimitPercent, loadWatts };
  }),
  timeline: [],
});
