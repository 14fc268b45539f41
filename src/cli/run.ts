/** `ecoflow-power run`: the server. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createApp } from "../app.ts";
import type { Config } from "../config/config.ts";
import { describeConfig } from "../config/describe.ts";
import { loadConfig } from "../config/load.ts";
import { describeProblems } from "../config/problems.ts";
import { systemClock } from "../io/clock.ts";
import type { Log } from "../io/log.ts";
import { makeLog } from "../io/log.ts";
import { memoryStore, openStateStore, type StateStore, StoreInUse } from "../io/sqlite.ts";
import { Suspects, watchCrashes } from "../io/suspects.ts";
import { realTime } from "../io/timer.ts";
import { brokerOf, siteId, sitePlan } from "../site.ts";
import type { Command, CommandIo } from "./command.ts";
import { versionText } from "./version.ts";

const help = `Usage: ecoflow-power run [--config FILE] [--only ROOM,ROOM]

Starts the server and runs until SIGINT or SIGTERM.

  --config FILE   the YAML file; otherwise ./ecoflow-power.yaml, /etc/ecoflow-power/, .env and the environment
  --only ROOMS    only these rooms (telemetry, policy, commander, journal), against a real broker`;

/** Rooms that only work together in one process (rulings R16). */
const together = ["policy", "commander"];
const rooms = ["telemetry", "policy", "commander", "journal"];

export const runCommand: Command = async (args, io) => {
  const { values } = parseArgs({
    args,
    options: { config: { type: "string" }, only: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) {
    io.out(help);
    return 0;
  }
  const only = values.only?.split(",").map((name) => name.trim());
  const wrong = only && wrongRooms(only);
  if (wrong) {
    io.err(wrong);
    return 2;
  }
  const loaded = loadConfig({ cwd: io.cwd, env: io.env, ...(values.config && { file: values.config }) });
  if (!loaded.ok) {
    io.err(describeProblems(loaded.problems));
    return 1;
  }
  if (only && loaded.config.mqtt === null) {
    io.err("--only needs a broker that the other rooms reach too: set mqtt.url or MQTT_HOST.");
    return 1;
  }
  if (only && loaded.config.site === null) {
    io.err(
      "--only needs the site's name, the same in each process, so that they find each other: set site in ecoflow-power.yaml.",
    );
    return 1;
  }
  await serve(loaded.config, io, only);
  return 0;
};

function wrongRooms(only: readonly string[]): string | null {
  const unknown = only.filter((name) => !rooms.includes(name));
  if (unknown.length > 0)
    return `--only: there is no room "${unknown[0]}"; the rooms are ${rooms.join(", ")}.`;
  const some = together.filter((name) => only.includes(name));
  if (some.length === 1) return `--only: ${together.join(" and ")} always run together; name both.`;
  return null;
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
    await stopped(io.stop);
    log.info("stopping");
    for (const problem of await app.stop()) log.warn(`while stopping: ${problem.message}`);
  } finally {
    await store.close();
  }
}

/**
 * A server whose disk fails protects all the same, from memory, and says so (rulings R5). One whose state belongs to
 * somebody else must not: two would command the same machines.
 */
async function stateStore(config: Config, log: Log): Promise<StateStore> {
  try {
    const store = await openStateStore(config.stateDir);
    if (store.setAside) log.error(store.setAside);
    return store;
  } catch (error) {
    if (error instanceof StoreInUse) throw error;
    const why = error instanceof Error ? error.message : String(error);
    log.error(`state-not-durable: ${why}. Deciding from memory: a restart in an outage would begin anew.`);
    return memoryStore();
  }
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
