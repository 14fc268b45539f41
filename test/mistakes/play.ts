/** Plays a mistake of a person as it happens: the built program or the agent's script, in a folder of its own, and what it prints. */
import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { ExpectStatic, TestContext } from "vitest";
import { linux } from "../agents/platforms.ts";
import { recorderText } from "../agents/recorder.ts";
import { until } from "../agents/wait.ts";

/** A mistake: what was done, the command, and what a stranger must read in one sentence or paragraph of the answer. */
export interface Row {
  did: string;
  /** A shell command; `ecoflow-power` and `agent` are on the PATH. */
  type: string;
  /** Files of the folder; `{name}` stands for a value of the surroundings. */
  files?: Readonly<Record<string, string>>;
  env?: Readonly<Record<string, string>>;
  what: RegExp;
  where: RegExp;
  remedy: RegExp;
  /** The exit code; null for a program that goes on, 1 unless given. */
  code?: number | null;
  /** Runs as an ordinary user, not as root. */
  ordinary?: boolean;
}

/** Values for `{name}` in files, commands and the environment. */
export type Surroundings = Readonly<Record<string, string>>;

/** A user without rights, for rows that root cannot show. */
const nobody = 65_534;
/** Whether an ordinary user can be played here. */
export const hasOrdinary = process.platform === "linux";

/** Runs a row and expects its three parts in one paragraph; two points for each row, as a stranger would give them. */
export async function expectSentence(
  row: Row,
  around: Surroundings,
  { expect, onTestFinished }: Pick<TestContext, "expect" | "onTestFinished">,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "mistake-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const values = { ...around, folder };
  furnish(folder, row, values);
  const { text, code } = await play(folder, row, values, onTestFinished);
  const whole = paragraphs(text).filter((one) => row.what.test(one));
  expect(whole.length, `nothing says ${row.what}:\n${text}`).toBeGreaterThan(0);
  expectPart(expect, whole, row.where, "where");
  expectPart(expect, whole, row.remedy, "what to do");
  expect(code, text).toBe(row.code === undefined ? 1 : row.code);
}

function expectPart(expect: ExpectStatic, whole: string[], part: RegExp, name: string): void {
  const found = whole.some((one) => part.test(one));
  expect(found, `the sentence does not say ${name} (${part}):\n${whole.join("\n")}`).toBe(true);
}

/** A line that is indented by four spaces or more continues the one before it. */
const paragraphs = (text: string) => text.split(/\n(?! {4})/).map((one) => one.replace(/\s+/g, " ").trim());

const filled = (text: string, values: Surroundings) =>
  text.replace(/\{([a-z]\w*)\}/g, (whole, name: string) => values[name] ?? whole);

function furnish(folder: string, row: Row, values: Surroundings): void {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  for (const [name, text] of Object.entries(row.files ?? {})) {
    const mode = name.endsWith("!") ? 0o644 : row.ordinary ? 0o000 : 0o600;
    const path = join(folder, name.replace(/!$/, ""));
    if (text === "<folder>") mkdirSync(path);
    else writeFileSync(path, filled(text, values), { mode });
    chmodSync(path, text === "<folder>" ? 0o755 : mode);
  }
  const server = `exec "${process.execPath}" "${resolve("dist/main.js")}" "$@"`;
  copyFileSync(linux.script, join(folder, "shutdown-listener.sh"));
  const agent = `exec /bin/bash "${join(folder, "shutdown-listener.sh")}" "$@"`;
  for (const [name, line] of [
    ["ecoflow-power", server],
    ["agent", agent],
  ] as const) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${line}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  writeFileSync(join(folder, "recorder"), recorderText(join(folder, "record")));
  chmodSync(join(folder, "recorder"), 0o755);
  if (row.ordinary)
    for (const path of [folder, bin, join(folder, "shutdown-listener.sh")]) chmodSync(path, 0o755);
}

async function play(
  folder: string,
  row: Row,
  values: Surroundings,
  finished: TestContext["onTestFinished"],
): Promise<{ text: string; code: number | null }> {
  const env = {
    PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
    LANG: "C",
    ECOFLOW_POWER_DEMO: "1",
    SHUTDOWN_CMD: join(folder, "recorder"),
    RUNTIME_DIRECTORY: join(folder, "run"),
    STATE_DIRECTORY: join(folder, "state"),
    ...Object.fromEntries(Object.entries(row.env ?? {}).map(([name, text]) => [name, filled(text, values)])),
  };
  const child = spawn("/bin/bash", ["-c", filled(row.type, values)], {
    cwd: folder,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    ...(row.ordinary && process.getuid?.() === 0 && { uid: nobody, gid: nobody }),
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (more: string) => {
      text += more;
    });
  const gone = new Promise<number>((done) => child.once("close", (code) => done(code ?? -1)));
  const end = async () => {
    if (child.exitCode === null && child.signalCode === null && child.pid)
      process.kill(-child.pid, "SIGTERM");
    await gone;
  };
  finished(end);
  if (row.code !== null) return { code: await gone, text };
  const complete = () => paragraphs(text).some((one) => row.what.test(one) && row.remedy.test(one));
  await until(
    () => `a sentence with ${row.what} and ${row.remedy}: ${text}`,
    () => complete() || child.exitCode !== null,
  );
  return { code: child.exitCode, text };
}
