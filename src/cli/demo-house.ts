/** The house of the demo: the emulated cloud, and the real server with a configuration that an owner could have written. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { App } from "../app.ts";
import { loadConfig } from "../config/load.ts";
import { describeProblems } from "../config/problems.ts";
import type { Log } from "../io/log.ts";
import { realTime } from "../io/timer.ts";
import type { ManualClock } from "../sim/clock.ts";
import { type Cloud, startCloud } from "../sim/cloud/cloud.ts";
import { cloudSceneOf, configurationOf, type Scene } from "../sim/scene.ts";
import type { Wires } from "./demo-wires.ts";
import { serverOf, storeOf } from "./server.ts";

export interface House {
  cloud: Cloud;
  app: App;
  brokerUrl: string;
  /** A folder of the demo alone; removed by `close`. */
  folder: string;
  close(): Promise<void>;
}

/**
 * Starts the cloud and the server on the scene's clock, on free ports and in a temporary folder. Of this machine's environment and
 * configuration nothing is read.
 */
export async function openHouse(scene: Scene, clock: ManualClock, log: Log, wires: Wires): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), "ecoflow-power-demo-"));
  const random = sequence();
  const closing: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const end of closing.reverse()) await end();
  };
  try {
    const cloud = await startCloud({ clock, after: clock.after, random, scene: cloudSceneOf(scene) });
    closing.push(() => cloud.close());
    const config = configOf(scene, cloud, folder);
    const store = await storeOf(config, log);
    closing.push(() => store.close());
    const app = await serverOf(config, {
      clock,
      log,
      store: wires.watchStore(store),
      after: realTime,
      random,
      instance: "demo",
      brokerPort: 0,
      watch: (doors) => wires.watch(doors),
    });
    closing.push(() => app.stop());
    await app.start();
    const brokerUrl = app.brokerUrl();
    if (brokerUrl === null) throw new Error("the embedded broker did not start");
    return { cloud, app, brokerUrl, folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Writes the scene's configuration to the folder and loads it from there, as `run` does. Files beside the folder count as absent. */
function configOf(scene: Scene, cloud: Cloud, folder: string) {
  const caFile = join(folder, "ca.pem");
  writeFileSync(caFile, cloud.info.ca);
  const text = configurationOf(scene, { cloud: cloud.info, caFile, stateDir: join(folder, "data") });
  writeFileSync(join(folder, "ecoflow-power.yaml"), text, { mode: 0o600 });
  const readFile = (path: string) => {
    if (path.startsWith(folder)) return readFileSync(path, "utf8");
    throw Object.assign(new Error(`${path} is not read by the demo`), { code: "ENOENT" });
  };
  const loaded = loadConfig({ cwd: folder, env: {}, readFile });
  if (!loaded.ok) throw new Error(`the scene's configuration is wrong: ${describeProblems(loaded.problems)}`);
  return loaded.config;
}

/** Returns numbers from 0 to below 1, the same ones in each run: a story must not differ by chance. */
function sequence(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
