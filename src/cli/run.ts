/** `ecoflow-power run`: the server. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createApp } from "../app.ts";
import type { Config } from "../config/config.ts";
import { describeConfig } from "../config/describe.ts";
import { systemClock } from "../io/clock.ts";
import type { Log } from "../io/log.ts";
import { makeLog } from "../io/log.ts";
import { memoryStore, openStateStore, type StateStore, StoreInUse } from "../io/sqlite.ts";
import { Suspects, watchCrashes } from "../io/suspects.ts";
import { realTime } from "../io/timer.ts";
import { brokerOf, siteId, sitePlan } from "../site.ts";
import { type CommandIo, defineCommand, WrongUsage } from "./command.ts";
import { configOption, configured } from "./configured.ts";
import { versionText } from "./version.ts";
import { aborted } from "./waiting.ts";

/** Rooms that only work together in one process. */
const together = ["policy", "commander"];
const rooms = ["telemetry", "policy", "commander", "journal"];

export const runCommand = defineCommand(
  {
    name: "run",
    summary: "start the server: stations in, decisions, commands out",
    about: "Starts the server and runs until SIGINT or SIGTERM.",
    options: {
      config: configOption,
      only: { value: "ROOM,ROOM", about: `only these rooms (${rooms.join(", ")}), against a real broker` },
    },
    examples: ["", "--config /etc/ecoflow-power/site.yaml"],
  },
  async ({ values }, io) => {
    const only = values.only?.split(",").map((name) => name.trim());
    if (only) refuseWrongRooms(only);
    const config = configured(values.config, io);
    if (config === null) return 1;
    if (only && config.mqtt === null) {
      io.err("--only needs a broker that the other rooms reach too: set mqtt.url or MQTT_HOST.");
      return 1;
    }
    if (only && config.site === null) {
      io.err(
        "--only needs the site's name, the same in each process, so that they find each other: set site in ecoflow-power.yaml.",
      );
      return 1;
    }
    await serve(config, io, only);
    return 0;
  },
);

function refuseWrongRooms(only: readonly string[]): void {
  const unknown = only.filter((name) => !rooms.includes(name));
  if (unknown.length > 0)
    throw new WrongUsage(`--only: there is no room "${unknown[0]}"; the rooms are ${rooms.join(", ")}.`);
  const some = together.filter((name) => only.includes(name));
  if (some.length === 1)
    throw new WrongUsage(`--only: ${together.join(" and ")} always run together; name both.`);
}

async function serve(config: Config, io: CommandIo, only: readonly string[] | undefined): Promise<void> {
  const log = makeLog({
    level: config.logLevel,
    pretty: io.isTerminal,
    secrets: config.secrets,
    wall: Date.now,
  });
  for (const line of describeConfig(config).split("\n"))
    log[line.startsWith("WARNING") ? "warn" : "info"](line);
  const store = await stateStore(config, log);
  try {
    const plan = sitePlan(config, await siteId(config, store), versionText());
    const suspects = new Suspects({ file: join(config.stateDir, "suspects.json"), wall: Date.now });
    watchCrashes(suspects);
    const app = createApp(plan, {
      suspects,
      clock: systemClock(),
      after: realTime,
      random: Math.random,
      instance: randomUUID().slice(0, 8),
      log,
      store,
      broker: brokerOf(config),
      ...(only && { only }),
    });
    await app.start();
    await aborted(io.stop);
    log.info("stopping");
    for (const problem of await app.stop()) log.warn(`while stopping: ${problem.message}`);
  } finally {
    await store.close();
  }
}

/**
 * A server whose disk fails protects all the same, from memory, and says so. One whose state belongs to
 * another server must not: two would command the same machines.
 */
async function stateStore(config: Config, log: Log): Promise<StateStore> {
  try {
    const store = await openStateStore(config.stateDir);
    if (store.setAside) log.error(store.setAside);
    return store;
  } catch (error) {
    if (error instanceof StoreInUse) throw error;
    const why = error instanceof Error ? error.message : String(error);
    log.error(`state-not-durable: ${why}. Deciding from memory: a restart in an outage would begin again.`);
    return memoryStore();
  }
}
