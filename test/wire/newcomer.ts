/** A newcomer's machine: a shell with `ecoflow-power` on its PATH, folders for server and agent, a recorder for the shutdown. */
import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { TestContext } from "vitest";
import { linux } from "../agents/platforms.ts";
import { recorderText } from "../agents/recorder.ts";
import { until } from "../agents/wait.ts";

type Variables = Readonly<Record<string, string>>;

export interface Typed {
  /** Both streams, in order of arrival. */
  text(): string;
  /** The exit code; -1 for a signal. */
  readonly code: Promise<number>;
  says(text: string): Promise<void>;
}

export class Newcomer {
  readonly folder = mkdtempSync(join(tmpdir(), "newcomer-"));
  readonly #running = new Set<ChildProcess>();

  constructor(finished: TestContext["onTestFinished"]) {
    const bin = join(this.folder, "bin");
    mkdirSync(bin);
    const command = join(bin, "ecoflow-power");
    writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${resolve("dist/main.js")}" "$@"\n`);
    chmodSync(command, 0o755);
    finished(async () => {
      await Promise.all([...this.#running].map(ended));
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /** Makes a folder with these files, each readable by its owner alone; returns its path. */
  place(name: string, files: Variables): string {
    const folder = join(this.folder, name);
    mkdirSync(folder, { recursive: true });
    for (const [file, text] of Object.entries(files))
      writeFileSync(join(folder, file), text, { mode: 0o600 });
    return folder;
  }

  /** Makes the folder of an agent: the script with `.env` beside it, and a recorder that the environment names as SHUTDOWN_CMD. */
  agent(name: string, settings: string, more: Variables = {}) {
    const folder = this.place(name, { ".env": settings });
    copyFileSync(linux.script, join(folder, "shutdown-listener.sh"));
    const [recorder, record] = [join(folder, "recorder"), join(folder, "record")];
    writeFileSync(recorder, recorderText(record));
    chmodSync(recorder, 0o755);
    writeFileSync(record, "");
    const env = {
      ECOFLOW_POWER_DEMO: "1",
      SHUTDOWN_CMD: recorder,
      RUNTIME_DIRECTORY: join(folder, "run"),
      STATE_DIRECTORY: join(folder, "state"),
      ...more,
    };
    return {
      type: (command: string) => this.type(command, folder, env),
      recorded: () => readFileSync(record, "utf8"),
    };
  }

  /** Starts a command line in a shell, in this folder. */
  type(command: string, cwd: string, env: Variables = {}): Typed {
    const PATH = `${join(this.folder, "bin")}:${process.env["PATH"] ?? ""}`;
    const child = spawn("/bin/bash", ["-c", `exec ${command}`], {
      cwd,
      env: { PATH, LANG: "C", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#running.add(child);
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
    const code = new Promise<number>((done) => child.once("close", (status) => done(status ?? -1)));
    void code.then(() => this.#running.delete(child));
    return {
      code,
      text: () => said,
      says: async (text) => {
        const there = () => said.includes(text);
        await until(() => `"${text}" of \`${command}\`, which said: ${said}`, there, 90_000);
      },
    };
  }

  /** Runs a command line to its end. */
  async run(command: string, cwd: string, env: Variables = {}): Promise<{ code: number; text: string }> {
    const typed = this.type(command, cwd, env);
    return { code: await typed.code, text: typed.text() };
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once("close", done));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await gone;
  clearTimeout(timer);
}
