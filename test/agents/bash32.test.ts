/** Static checks of the scripts: what bash 3.2 and macOS lack, what shellcheck finds, and whether they are up to date. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hasShell } from "./broker.ts";
import { makeMacosShims } from "./macos-shims.ts";

const agents = new URL("../../agents", import.meta.url).pathname;
const read = (path: string) => readFileSync(path, "utf8");
const code = (text: string) => text.split("\n").filter((line) => !/^\s*#/.test(line));
const macos = code(read(`${agents}/macos/shutdown-listener.sh`));

interface Rule {
  pattern: RegExp;
  example: string;
}

/** Returns the rows of the table in bash32.md. */
function rules(): Rule[] {
  const text = read(new URL("./bash32.md", import.meta.url).pathname);
  const rows = [...text.matchAll(/^\| `(?<pattern>.+?)` \| `(?<example>.+?)` \|/gm)];
  const plain = (cell = "") => cell.replaceAll("\\|", "|");
  return rows.map(({ groups }) => ({
    pattern: new RegExp(plain(groups?.["pattern"])),
    example: plain(groups?.["example"]),
  }));
}

describe("the macOS script keeps to bash 3.2", () => {
  it("the list is there", () => expect(rules().length).toBeGreaterThan(20));

  for (const { pattern, example } of rules()) {
    it(`nothing like ${example}`, () => {
      expect(example).toMatch(pattern);
      expect(macos.filter((line) => pattern.test(line))).toEqual([]);
    });
  }
});

describe("the macOS script keeps to macOS", () => {
  for (const missing of [
    "/proc",
    "setsid",
    "flock",
    "timeout ",
    "sha256sum",
    "systemctl",
    "rtcwake",
    "pkill",
    "getent",
  ]) {
    it(`does not need ${missing}`, () => expect(macos.filter((line) => line.includes(missing))).toEqual([]));
  }
});

it.skipIf(process.platform === "darwin")(
  "the PATH of shims refuses what macOS does not know, and hides what it lacks",
  () => {
    const run = (command: string) =>
      spawnSync("/bin/sh", ["-c", command], { env: { PATH: makeMacosShims() } }).status;
    for (const command of [
      "date -d now",
      "date --iso-8601",
      "stat -c %a /",
      "ps --no-headers",
      "sysctl -a",
      "mktemp --suffix x",
    ]) {
      expect(run(command), command).toBe(64);
    }
    for (const command of [
      "date -v +5S +%s",
      "date +%s",
      "printf ab | fold -w 2",
      "ls -ldnL /",
      "ps -o args= -p 1",
    ]) {
      expect(run(command), command).toBe(0);
    }
    for (const tool of ["setsid", "flock", "timeout", "sha256sum", "ip", "stdbuf"])
      expect(run(`command -v ${tool}`), tool).not.toBe(0);
  },
);

it.skipIf(!hasShell)("both scripts are what agents/assemble.sh makes of the parts", () => {
  const folder = mkdtempSync(join(tmpdir(), "ecoflow-power-assemble-"));
  expect(spawnSync(`${agents}/assemble.sh`, [folder]).status).toBe(0);
  for (const platform of ["linux", "macos"]) {
    const name = `${platform}/shutdown-listener.sh`;
    expect(read(join(folder, name)), `${name} is stale: run agents/assemble.sh`).toBe(
      read(join(agents, name)),
    );
    expect(read(join(agents, name)).split("\n")[1]).toMatch(/^# Generated: .*assemble\.sh/);
  }
  rmSync(folder, { recursive: true });
});

it("the agents carry the package's version", () => {
  const { version } = JSON.parse(read(`${agents}/../package.json`)) as { version: string };
  expect(read(`${agents}/common/start.sh`)).toContain(`VERSION=${version}\n`);
});

const shellcheck = spawnSync("shellcheck", ["--version"]).status === 0;
it.skipIf(!shellcheck)("shellcheck has nothing to say", () => {
  const scripts = ["linux/shutdown-listener.sh", "macos/shutdown-listener.sh", "assemble.sh"];
  const { stdout } = spawnSync("shellcheck", scripts, { cwd: agents, encoding: "utf8" });
  expect(stdout).toBe("");
});

it("no part is too long to read in one go", () => {
  const parts = [
    ...[
      "start",
      "lines",
      "runnable",
      "settings",
      "json",
      "sign",
      "wire",
      "state",
      "shutdown",
      "commands",
      "main",
      "doctor",
      "install",
    ].map((part) => `common/${part}.sh`),
    "linux/platform.sh",
    "linux/service.sh",
    "macos/platform.sh",
    "macos/service.sh",
  ];
  for (const part of parts)
    expect(read(join(agents, part)).split("\n").length, part).toBeLessThanOrEqual(300);
});
