/** A machine of the demo that is the real Linux script: with a recorder in place of the shutdown command, so that nothing goes down. */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { realTime, within } from "../io/timer.ts";
import type { ManualClock } from "../sim/clock.ts";
import { type Deed, emptyRecord, type MachineRecord } from "../sim/record.ts";
import type { SceneMachine } from "../sim/scene.ts";
import type { WorldMachine } from "../sim/world.ts";

const script = join(dirname(fileURLToPath(import.meta.url)), "../../agents/linux/shutdown-listener.sh");
/** What the script needs. */
const tools = ["bash", "mosquitto_sub", "mosquitto_pub", "awk", "fold", "od"];
/** Longest wait for the script to end by itself, ms of real time. */
const endMs = 5_000;

export interface ScriptOptions {
  machine: SceneMachine;
  clock: ManualClock;
  brokerUrl: string;
  /** A folder of the demo alone. */
  folder: string;
  /** Search path of the script and its tools. */
  path: string;
  /** Called with what the script complains about, for example settings that it refuses. */
  onTrouble: (text: string) => void;
}

/** Whether the script can run here: on Linux, with everything that it needs in `path`. */
export function canRunScript(path: string): boolean {
  const isThere = (tool: string) => path.split(delimiter).some((folder) => isExecutable(join(folder, tool)));
  return process.platform === "linux" && tools.every(isThere);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The script's own log lines that show what it did. What follows SHUTDOWN_CMD, the machine's power, is emulated. */
const deeds: readonly (readonly [line: RegExp, deed: Deed])[] = [
  [/\] TIMER START: /, "delay"],
  [/^recorder: pre-shutdown$/, "pre_shutdown"],
  [/^recorder: shutdown$/, "shutting_down"],
  [/\] ABORT in /, "aborted"],
];

export class ScriptMachine implements WorldMachine {
  readonly name: string;
  readonly record: MachineRecord = emptyRecord();
  readonly #options: ScriptOptions;
  readonly #folder: string;
  #process: ChildProcess | null = null;
  #boots = 0;
  #busy = false;
  /** When its operating system is down, ms of the scene's clock; null while it is not going down. */
  #offAt: number | null = null;
  #ended: Promise<void> = Promise.resolve();

  /** Where this process ends at once, its script must not stay behind. */
  readonly #atExit = () => this.#end("SIGKILL");

  constructor(options: ScriptOptions) {
    this.#options = options;
    process.on("exit", this.#atExit);
    this.name = options.machine.name;
    this.#folder = join(options.folder, this.name);
  }

  get busy(): boolean {
    return this.#busy;
  }

  watts(): number {
    return this.record.up ? this.#options.machine.watts : 0;
  }

  /** Starts the script, as the machine's boot does; resolves when it is connected. */
  async boot(): Promise<void> {
    if (this.record.up) return;
    await this.#ended;
    this.#boots += 1;
    this.#prepare();
    this.#did("booted");
    this.record.up = true;
    this.record.servicesStopped = false;
    await within(endMs, this.#start(), realTime);
  }

  tick() {
    const { clock } = this.#options;
    if (this.#offAt === null || clock.now() < this.#offAt) return;
    this.#offAt = null;
    this.#busy = false;
    this.record.up = false;
    this.#did("off");
    this.#end("SIGTERM");
  }

  cutPower() {
    if (!this.record.up) return;
    this.#did("power-cut");
    this.#offAt = null;
    this.#busy = false;
    this.record.up = false;
    this.#end("SIGKILL");
  }

  plugIn(): Promise<void> {
    throw new Error(`${this.name} is the real script: the scene cannot plug it in`);
  }

  unplug(): void {
    throw new Error(`${this.name} is the real script: the scene cannot unplug it`);
  }

  /** Ends the script and everything that it started. */
  async close(): Promise<void> {
    process.off("exit", this.#atExit);
    this.#end("SIGTERM");
    if (!(await within(endMs, this.#ended, realTime))) this.#end("SIGKILL");
    await within(endMs, this.#ended, realTime);
  }

  #prepare() {
    const { machine, brokerUrl } = this.#options;
    const proc = join(this.#folder, "proc");
    mkdirSync(join(proc, "sys/kernel/random"), { recursive: true });
    if (this.#boots === 1) symlinkSync("/proc/uptime", join(proc, "uptime"));
    writeFileSync(join(proc, "sys/kernel/random/boot_id"), `${this.name}-${this.#boots}\n`);
    const recorder = join(this.#folder, "recorder");
    writeFileSync(recorder, recorderText, { mode: 0o755 });
    const settings = {
      AGENT_ID: this.name,
      MQTT_HOST: "127.0.0.1",
      MQTT_PORT: new URL(brokerUrl).port,
      PRE_SHUTDOWN_CMD_1: `${recorder} pre-shutdown ${machine.preShutdownSec}`,
      PRE_SHUTDOWN_TIMEOUT: String(machine.preShutdownSec + 5),
      SHUTDOWN_CMD: recorder,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(join(this.#folder, "agent.env"), lines.join(""), { mode: 0o600 });
  }

  /** Resolves when the script is connected, or has ended. */
  #start(): Promise<void> {
    const child = spawn("bash", [script], {
      cwd: this.#folder,
      env: {
        PATH: this.#options.path,
        LANG: "C",
        ECOFLOW_POWER_DEMO: "1",
        ECOFLOW_POWER_PROC: join(this.#folder, "proc"),
        ECOFLOW_POWER_AGENT_ENV: join(this.#folder, "agent.env"),
        RUNTIME_DIRECTORY: join(this.#folder, "run"),
        STATE_DIRECTORY: join(this.#folder, "state"),
      },
      stdio: ["ignore", "pipe", "pipe"],
      // A process group of its own, so that its end is the end of its helpers too.
      detached: true,
    });
    this.#process = child;
    this.#ended = new Promise((resolve) => {
      child.once("error", () => resolve());
      child.once("exit", () => resolve());
    });
    createInterface({ input: child.stderr }).on("line", this.#options.onTrouble);
    return new Promise((resolve) => {
      void this.#ended.then(resolve);
      createInterface({ input: child.stdout }).on("line", (line) => {
        if (line.includes("] connected to ")) resolve();
        if (this.#process === child) this.#hear(line);
      });
    });
  }

  /** A line of the script's log, or of its recorder. */
  #hear(line: string) {
    const found = deeds.find(([pattern]) => pattern.test(line));
    if (!found || !this.record.up) return;
    const [, deed] = found;
    const { clock, machine } = this.#options;
    if (deed === "delay" || deed === "aborted")
      this.record.heard.push({
        at: clock.wall(),
        action: deed === "delay" ? "shutdown" : "abort",
        id: "",
        retained: false,
      });
    this.#busy = deed !== "aborted";
    this.record.servicesStopped = deed === "pre_shutdown" || deed === "shutting_down";
    if (deed === "shutting_down") this.#offAt = clock.now() + machine.stopSec * 1_000;
    this.#did(deed);
  }

  #did(deed: Deed) {
    this.record.did.push({ at: this.#options.clock.wall(), deed, id: null });
  }

  #end(signal: NodeJS.Signals) {
    const child = this.#process;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      // SIGTERM goes to the script alone: it says goodbye by its helpers.
      process.kill(signal === "SIGKILL" ? -child.pid : child.pid, signal);
    } catch {
      // It has ended in this moment.
    }
  }
}

/** Writes what it was called for into the script's log, takes its second argument in seconds, and stops nothing. */
const recorderText = `#!/bin/sh
# ecoflow-power recorder
echo "recorder: \${1:-shutdown}"
exec sleep "\${2:-0}"
`;
