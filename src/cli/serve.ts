/** The server as a process: its state store, its log, the app, and the signals until it ends. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { App } from "../app.ts";
import type { Config } from "../config/config.ts";
import { describeConfig } from "../config/describe.ts";
import { systemClock } from "../io/clock.ts";
import { type Log, makeLog } from "../io/log.ts";
import { type OtherSignal, signalText } from "../io/signals.ts";
import type { StateStore } from "../io/sqlite.ts";
import { Suspects, watchCrashes } from "../io/suspects.ts";
import { realTime } from "../io/timer.ts";
import type { CommandIo } from "./command.ts";
import { serverOf, storeOf } from "./server.ts";
import { aborted, endingWith } from "./waiting.ts";

/** Reads the configuration again; returns it, or a sentence about its mistakes. */
export type Reread = () => Config | string;

/** Runs the server until `io.stop`, or until SIGQUIT. */
export async function serve(
  config: Config,
  io: CommandIo,
  only: readonly string[] | undefined,
  reread: Reread,
): Promise<void> {
  const log = logOf(config, io);
  describe(config, log);
  const store = await storeOf(config, log);
  const end = endingWith([io.stop]);
  const server = new Server({ config, log, store, io, only, reread });
  const letGo = io.signals?.listen((signal) => server.hear(signal, end.end));
  try {
    await server.start();
    await aborted(end.signal);
    await server.stop();
  } finally {
    letGo?.();
    await store.close();
  }
}

interface Parts {
  config: Config;
  log: Log;
  store: StateStore;
  io: CommandIo;
  only: readonly string[] | undefined;
  reread: Reread;
}

/** What SIGHUP cannot apply: the open database lies in `stateDir`, and `site` is part of the topics that retained messages have. */
const fixed = ["stateDir", "site"] as const;

/** The server of this process: a SIGHUP replaces its app by one with the new configuration. */
class Server {
  readonly #parts: Parts;
  readonly #suspects: Suspects;
  #config: Config;
  #log: Log;
  #app: App | null = null;
  /** Reloads run one after another. */
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#config = parts.config;
    this.#log = parts.log;
    this.#suspects = new Suspects({ file: join(this.#config.stateDir, "suspects.json"), wall: Date.now });
    watchCrashes(this.#suspects);
  }

  async start(): Promise<void> {
    await this.#startApp(this.#config, this.#log);
  }

  hear(signal: OtherSignal, end: () => void): void {
    if (signal === "SIGHUP") {
      this.#turn = this.#turn
        .then(() => this.#reload())
        .catch((error: unknown) => {
          this.#log.error(`the server cannot start again: ${messageOf(error)}; it ends`);
          end();
        });
      return;
    }
    this.#log.warn(signalText(signal));
    if (signal === "SIGQUIT") end();
  }

  async stop(): Promise<void> {
    await this.#turn;
    this.#log.info("stopping");
    await this.#stopApp();
  }

  async #startApp(config: Config, log: Log): Promise<void> {
    const { store, only } = this.#parts;
    const app = await serverOf(config, {
      suspects: this.#suspects,
      clock: systemClock(),
      after: realTime,
      random: Math.random,
      instance: randomUUID().slice(0, 8),
      log,
      store,
      ...(only && { only }),
    });
    this.#app = app;
    await app.start();
  }

  async #stopApp(): Promise<void> {
    const app = this.#app;
    this.#app = null;
    for (const problem of (await app?.stop()) ?? []) this.#log.warn(`while stopping: ${problem.message}`);
  }

  /** Stops the app and starts another one with the new configuration. As at a restart, the state is read from disk, and agents reconnect. */
  async #reload(): Promise<void> {
    const { io, reread } = this.#parts;
    if (io.stop.aborted) return;
    const read = reread();
    if (typeof read === "string")
      return this.#log.error(`SIGHUP: the server goes on with its old configuration. ${read}`);
    const before = this.#config;
    const needsRestart = fixed.filter((name) => read[name] !== before[name]);
    if (needsRestart.length > 0)
      this.#log.warn(`SIGHUP: ${needsRestart.join(" and ")} changed, which needs a restart of the server`);
    const next = { ...read, stateDir: before.stateDir, site: before.site };
    const changed = differences(before, next);
    if (changed.length === 0)
      return this.#log.info("SIGHUP: the configuration was read again, and nothing to apply changed");
    const log = logOf(next, io);
    log.info(`SIGHUP: ${changed.join(", ")} changed; the server starts again with the new configuration`);
    await this.#replace(next, log);
  }

  /** Starts with the new configuration, or with the old one where that fails: a port that is taken, a disk that is full. */
  async #replace(next: Config, log: Log): Promise<void> {
    await this.#stopApp();
    try {
      await this.#startApp(next, log);
      this.#config = next;
      this.#log = log;
      describe(next, log);
    } catch (error) {
      log.error(
        `SIGHUP: the new configuration cannot start: ${messageOf(error)}. Going on with the old one.`,
      );
      await this.#stopApp().catch(() => {});
      await this.#startApp(this.#config, this.#log);
    }
  }
}

/** Returns the top-level names whose values differ, without those that only describe the files. */
function differences(before: Config, after: Config): string[] {
  const names = Object.keys(after) as (keyof Config)[];
  const descriptive = new Set<keyof Config>(["files", "warnings", "notes", "secrets"]);
  return names.filter(
    (name) => !descriptive.has(name) && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function logOf(config: Config, io: CommandIo): Log {
  const { logLevel: level, secrets } = config;
  return makeLog({ level, pretty: io.isTerminal, secrets, wall: Date.now });
}

function describe(config: Config, log: Log): void {
  for (const line of describeConfig(config).split("\n"))
    log[line.startsWith("WARNING") ? "warn" : "info"](line);
}
