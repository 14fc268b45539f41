/** Builds the server from its configuration, in the same way for `run` and for the demo. */
import { type App, type AppParts, createApp } from "../app.ts";
import type { Config } from "../config/config.ts";
import { type CloudDoors, cloudDoors } from "../io/cloud.ts";
import type { Log } from "../io/log.ts";
import { memoryStore, openStateStore, type StateStore, StoreInUse } from "../io/sqlite.ts";
import { brokerOf, siteId, sitePlan } from "../site.ts";
import { stateSentence } from "./check-local.ts";
import { versionText } from "./version.ts";

/** What the process brings besides the configuration. */
export interface ServerParts extends Omit<AppParts, "broker" | "cloud"> {
  /** Listens there instead of at the configured port of the embedded broker; 0 takes a free one. */
  brokerPort?: number;
  /** Wraps the access to EcoFlow's cloud; left out: nothing does. */
  watch?: (doors: CloudDoors) => CloudDoors;
}

/** Returns the server for a configuration; nothing happens before its `start`. Rejects if the store cannot be read. */
export async function serverOf(config: Config, parts: ServerParts): Promise<App> {
  const { brokerPort, watch = (doors) => doors, ...rest } = parts;
  const { store, clock, random, after, log } = rest;
  const broker = brokerOf(config);
  const isMoved = brokerPort !== undefined && "embedded" in broker;
  const doors = cloudDoors({
    stateDir: config.stateDir,
    wall: () => clock.wall(),
    random,
    after,
    onError: (why) => log.warn(why),
  });
  return createApp(sitePlan(config, await siteId(config, store), versionText()), {
    ...rest,
    broker: isMoved ? { embedded: { ...broker.embedded, port: brokerPort } } : broker,
    cloud: watch(doors),
  });
}

/**
 * Opens the state store. If the disk fails, the server still protects, from memory, and logs an error. If another server
 * holds the store, this throws: two would command the same machines.
 */
export async function storeOf(config: Config, log: Log): Promise<StateStore> {
  try {
    const store = await openStateStore(config.stateDir);
    if (store.setAside) log.error(store.setAside);
    return store;
  } catch (error) {
    if (error instanceof StoreInUse) throw error;
    log.error(
      `state-not-durable: ${stateSentence(config.stateDir, error)} Then restart the server: until then it decides from memory, and a restart in an outage would begin again.`,
    );
    return memoryStore();
  }
}
