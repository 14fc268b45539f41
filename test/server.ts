/** Starts the built server as a user would: a separate process in a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { until } from "./world.ts";

export interface ServerOptions {
  /** The environment, besides PATH. */
  env?: Readonly<Record<string, string>>;
  /** Files in the working directory: `.env`, `ecoflow-power.yaml`. */
  files?: Readonly<Record<string, string>>;
  args?: readonly string[];
}

export interface Server {
  /** Everything it printed since its first start. */
  output(): string;
  says(text: string | RegExp): Promise<void>;
  start(): void;
  /** Process id of the present process. */
  pid(): number;
  /** Ends it and returns its exit code; after SIGKILL it publishes nothing more. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Its exit code, once it ended by itself. */
  ended(): Promise<number | null>;
  end(): Promise<void>;
  readonly cwd: string;
}

const main = resolve("dist/main.js");

/** Starts `ecoflow-power run` from `dist/`. */
export function startServer({ env = {}, files = {}, args = [] }: ServerOptions): Server {
  const cwd = mkdtempSync(join(tmpdir(), "ecoflow-power-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  let output = "";
  let child: ChildProcess | null = null;
  const start = () => {
    const own = spawn(process.execPath, [main, "run", ...args], {
      cwd,
      env: { PATH: process.env["PATH"] ?? "", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const collect = (chunk: Buffer) => {
      output += chunk.toString();
    };
    own.stdout.on("data", collect);
    own.stderr.on("data", collect);
    child = own;
  };
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    const own = child;
    child = null;
    if (!own) return null;
    if (own.exitCode !== null) return own.exitCode;
    const gone = new Promise<number | null>((done) => own.once("exit", done));
    own.kill(signal);
    return await gone;
  };
  start();
  return {
    cwd,
    start,
    stop,
    output: () => output,
    pid() {
      if (child?.pid === undefined) throw new Error("the server does not run");
      return child.pid;
    },
    async says(text) {
      const known = typeof text === "string" ? () => output.includes(text) : () => text.test(output);
      await until(`the server says ${String(text)}; it said: ${output.slice(-2_000)}`, known).catch(
        (error) => {
          throw new Error(`${error.message}\n${output.slice(-4_000)}`);
        },
      );
    },
    async ended() {
      await until("the server ended", () => child?.exitCode !== null);
      return child?.exitCode ?? null;
    },
    async end() {
      await stop("SIGKILL");
      rmSync(cwd, { recursive: true, force: true });
    },
  };
}
