/** One machine under test: the real script with its own settings and folders, a recorder in place of the shutdown. */
import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ack, ackSchema, type Status, statusSchema } from "../../src/contract/messages/machine.ts";
import type { Broker } from "./broker.ts";
import { darwinSysctl, MachineClock } from "./machine-clock.ts";
import type { Platform } from "./platforms.ts";
import { recorderHead, recorderText } from "./recorder.ts";
import { gate, stamp, until } from "./wait.ts";

let count = 0;
export interface Entry {
  /** Milliseconds of `stamp()`. */
  at: number;
  what: string;
}

type Settings = Readonly<Record<string, string | number>>;
type Said<T> = T & { heardAt: number };

/** Settings may name the recorder as `{recorder}`, and this machine's folder as `{folder}`. */
export class Machine {
  readonly id: string;
  readonly folder = mkdtempSync(join(tmpdir(), "ecoflow-power-agent-"));
  readonly broker: Broker;
  readonly platform: Platform;
  /** More environment for the agent. */
  readonly env: Record<string, string> = {};
  log = "";
  /** The logs of all its starts. */
  story = "";
  exitCode: number | null = null;
  process: ChildProcess | null = null;
  #firstHeard = 0;
  #seq = 0;
  #clock: MachineClock | null = null;

  constructor(broker: Broker, platform: Platform, settings: Settings = {}, id?: string) {
    count += 1;
    this.id = id ?? `${platform.name}-${process.pid}-${count}`;
    this.broker = broker;
    this.platform = platform;
    writeFileSync(this.recorder, recorderText(join(this.folder, "record")));
    chmodSync(this.recorder, 0o755);
    this.settings({
      AGENT_ID: this.id,
      MQTT_HOST: "127.0.0.1",
      MQTT_PORT: broker.port,
      SHUTDOWN_CMD: this.recorder,
      ...settings,
    });
  }

  get recorder(): string {
    return join(this.folder, "recorder");
  }

  get settingsFile(): string {
    return join(this.folder, "agent.env");
  }

  settings(settings: Settings): void {
    const fill = (value: string | number) =>
      String(value).replaceAll("{recorder}", this.recorder).replaceAll("{folder}", this.folder);
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${fill(value)}\n`);
    writeFileSync(this.settingsFile, lines.join(""), { mode: 0o600 });
  }

  /** The agent's environment: only what it needs. */
  environment(): Record<string, string> {
    return {
      PATH: `${join(this.folder, "bin")}:${this.platform.path}`,
      LANG: process.env["LANG"] ?? "C",
      ECOFLOW_POWER_DEMO: "1",
      ECOFLOW_POWER_AGENT_ENV: this.settingsFile,
      RUNTIME_DIRECTORY: join(this.folder, "run"),
      STATE_DIRECTORY: join(this.folder, "state"),
      ...this.env,
    };
  }

  /** Starts the script, or another command line; resolves when its live status has arrived. */
  async start(command?: readonly string[]): Promise<void> {
    await gate(() => this.#begin(command));
  }

  async #begin(command?: readonly string[]): Promise<void> {
    const mark = this.broker.heard.length;
    this.spawn([], command);
    await until(
      () => `${this.id} online; its log: ${this.log}`,
      () =>
        this.broker.heard
          .slice(mark)
          .some(({ topic, body, retain }) => !retain && this.#is(topic, "status") && body["online"]),
    );
    await until(
      () => `${this.id} listening; its log: ${this.log}`,
      () => this.log.includes("connected to"),
    );
  }

  spawn(
    args: readonly string[] = [],
    command = [this.platform.shell, this.platform.script] as readonly string[],
  ): void {
    const [shell = "", ...words] = command;
    const child = spawn(shell, [...words, ...args], {
      env: this.environment(),
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.log = "";
    this.story += `--- started ${JSON.stringify(args)} at ${Math.round(stamp())}\n`;
    this.exitCode = null;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.log += text;
        this.story += text;
      });
    }
    child.on("close", (code) => {
      this.exitCode = code ?? 1;
    });
    this.process = child;
  }

  #is(topic: string, kind: string): boolean {
    return topic === `power-manager/${this.id}/${kind}`;
  }

  /** Publishes a command with the next (epoch 1, seq) and the time of now; returns when it was sent. */
  async command(fields: Record<string, unknown>): Promise<number> {
    this.#seq += 1;
    const issued_at = Math.floor(Date.now() / 1000);
    const body = {
      id: `c${this.#seq}`,
      delay_sec: 1,
      ttl_sec: 300,
      reason: "test",
      issued_at,
      outage: "s-1",
      epoch: 1,
      seq: this.#seq,
    };
    return await this.send("cmd", JSON.stringify({ ...body, ...fields }));
  }

  shutdown(fields: Record<string, unknown> = {}): Promise<number> {
    return this.command({ action: "shutdown", ...fields });
  }

  /** Repeats the same command until it is acknowledged, as the server does. */
  async shutdownUntilReceived(fields: Record<string, unknown>): Promise<number> {
    const id = fields["id"] ?? "again-and-again";
    for (let i = 0; i < 20; i++) {
      const sent = await this.shutdown({ id, seq: 50, ...fields });
      const end = stamp() + 2000;
      await until("an answer or 2 s", () => stamp() > end || this.acks.some((ack) => ack.id === id));
      if (this.acks.some((ack) => ack.id === id)) return sent;
    }
    throw new Error(`${id} was never acknowledged; log: ${this.log}`);
  }

  abort(fields: Record<string, unknown> = {}): Promise<number> {
    return this.command({ action: "abort", ...fields });
  }

  async power(fields: Record<string, unknown>): Promise<void> {
    this.#seq += 1;
    const at = Math.floor(Date.now() / 1000);
    const body = { on_battery: true, soc: 40, runtime_sec: 3600, deadman_sec: 600, at, seq: this.#seq };
    await this.send("power", JSON.stringify({ ...body, ...fields }));
  }

  async send(kind: string, payload: string, retain = false): Promise<number> {
    const at = stamp();
    await this.broker.publish(`power-manager/${this.id}/${kind}`, payload, retain);
    return at;
  }

  #said<T>(kind: string): Said<T>[] {
    const mine = this.broker.heard.filter(({ topic, retain }) => !retain && this.#is(topic, kind));
    return mine
      .map(({ at, body }) => ({ ...(body as T), heardAt: at }))
      .filter(({ heardAt }) => heardAt >= this.#firstHeard);
  }

  get acks(): Said<Ack>[] {
    return this.#said<Ack>("ack");
  }

  get statuses(): Said<Status>[] {
    return this.#said<Status>("status");
  }

  get phases(): string[] {
    return this.acks.map(({ phase }) => phase);
  }

  /** Forgets the acknowledgements so far. */
  forget(): void {
    this.#firstHeard = stamp();
  }

  async phase(phase: Ack["phase"], id?: string): Promise<Said<Ack>> {
    const found = () => this.acks.find((ack) => ack.phase === phase && (id === undefined || ack.id === id));
    return (await until(
      () => `${this.id} says ${phase}; acks ${this.phases}; log: ${this.log}`,
      found,
    )) as Said<Ack>;
  }

  async status(test: (status: Status) => boolean): Promise<void> {
    await until(
      () => `a status of ${this.id}; log: ${this.log}`,
      () => this.statuses.some(test),
    );
  }

  /** Returns what the recorder wrote, in order. */
  get record(): Entry[] {
    const text = readIfThere(join(this.folder, "record"));
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [at = "", ...rest] = line.split(" ");
        return { at: Number(at) * 1000, what: rest.join(" ") };
      });
  }

  get recorded(): string[] {
    return this.record.map(({ what }) => what);
  }

  async entry(what = "shutdown", nth = 1): Promise<Entry> {
    const found = () => this.record.filter((entry) => entry.what === what)[nth - 1];
    return (await until(() => `${what} of ${this.id} in the record; log: ${this.log}`, found)) as Entry;
  }

  async logs(text: string | RegExp): Promise<void> {
    const there = () => (typeof text === "string" ? this.log.includes(text) : text.test(this.log));
    await until(() => `"${text}" in the log of ${this.id}: ${this.log}`, there);
  }

  /** kill -9 of the script alone, like a crash. */
  async crash(): Promise<void> {
    const child = this.process;
    child?.kill("SIGKILL");
    await until("the crash", () => child?.signalCode !== null);
  }

  /** kill -9 of the agent's mosquitto_sub: the broker sends the Last Will. */
  killListener(): void {
    process.kill(this.listener, "SIGKILL");
  }

  get listener(): number {
    return Number(readIfThere(join(this.folder, "run", "listener")));
  }

  async stop(): Promise<void> {
    const child = this.process;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    await until(
      () => `${this.id} to stop; log: ${this.log}`,
      () => child.exitCode !== null || child.signalCode !== null,
    );
  }

  /** Expects that all its messages fit the contract's schemas. */
  checkShapes(): void {
    for (const { topic, body } of this.broker.heard) {
      if (this.#is(topic, "ack")) ackSchema.parse(body);
      if (this.#is(topic, "status") && "online" in body) statusSchema.parse(body);
    }
  }

  async close(): Promise<void> {
    this.process?.kill("SIGCONT");
    await this.stop();
    this.#clock?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Returns the names of the files in the agent's working folder. */
  files(): string[] {
    return readdirSync(this.folder);
  }

  /** Returns a file there, empty if it is missing. */
  text(name: string): string {
    return readIfThere(join(this.folder, name));
  }

  /** Puts a tool into the agent's PATH before all others. */
  tool(name: string, text: string): void {
    mkdirSync(join(this.folder, "bin"), { recursive: true });
    writeFileSync(join(this.folder, "bin", name), text);
    chmodSync(join(this.folder, "bin", name), 0o755);
  }

  /** Puts a recorder in place of a tool: it writes its name and arguments. */
  recordTool(name: string, then = "exit 0"): void {
    this.tool(name, `${recorderHead}echo "$now ${name} $*" >>${join(this.folder, "record")}\n${then}\n`);
  }

  async recordMatches(pattern: RegExp): Promise<void> {
    await until(
      () => `${pattern} in the record: ${this.recorded}`,
      () => this.recorded.some((what) => pattern.test(what)),
    );
  }

  /** Sets this machine's wall clock wrong, before it starts. */
  dateOffset(offsetSec: number): void {
    const real = existsSync("/bin/date") ? "/bin/date" : "/usr/bin/date";
    const by = process.platform === "darwin" ? `-v "+${offsetSec}S"` : `-d "${offsetSec} seconds"`;
    if (this.platform.name === "macos" && process.platform !== "darwin")
      this.env["SHIM_DATE_OFFSET"] = String(offsetSec);
    else this.tool("date", `#!/bin/sh\nexec ${real} ${by.replace("+-", "-")} "$@"\n`);
  }

  /** Marks the run folder as of another boot, as after a restart of the machine. */
  forgetBoot(): void {
    const file = join(this.folder, "run", "state");
    if (!existsSync(file)) return;
    writeFileSync(file, readFileSync(file, "utf8").replace(/^boot .*/, "boot another"));
  }

  /** Gives the machine a separate uptime, before it starts; `sleep` advances it like that of a suspended machine, `stop` holds it. */
  ownUptime(): Pick<MachineClock, "sleep" | "stop"> {
    const clock = new MachineClock(this.folder);
    this.#clock = clock;
    this.env["ECOFLOW_POWER_PROC"] = clock.folder;
    this.env["SHIM_CLOCK"] = clock.folder;
    if (process.platform === "darwin") this.tool("sysctl", darwinSysctl);
    return clock;
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
