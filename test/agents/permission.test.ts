/** The dry run of the permission to shut down: root, sudo, the login manager, a container without systemd. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hasShell } from "./broker.ts";
import { linux, type Platform, runnable } from "./platforms.ts";

const agents = new URL("../../agents", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "ecoflow-power-permission-"));
const bin = join(folder, "bin");
mkdirSync(bin);
const tool = (name: string, body: string) =>
  writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
tool("systemctl", "exit 9");
symlinkSync(join(bin, "systemctl"), join(bin, "shutdown"));
tool("halt-now", "exit 9");
// Allows one command, as a line in sudoers does; it is only asked, never told to run.
tool("sudo", '[ "$*" = "-n -l -- halt-now -f" ]');
tool("busctl", 'case "$*" in *CanPowerOff) echo "s \\"$LOGIND\\"" ;; esac');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Situation {
  root?: boolean;
  systemd?: boolean;
  logind?: "yes" | "challenge";
  /** Files of the agent's run folder. */
  runFolder?: string;
}

function ask(platform: Platform, command: string, situation: Situation = {}): string {
  const { root = false, systemd = true, logind, runFolder = join(folder, "nowhere") } = situation;
  const program = [
    "set -f",
    `. ${agents}/common/runnable.sh`,
    `. ${agents}/common/doctor.sh`,
    `. ${agents}/${platform.name}/service.sh`,
    `is_root() { ${root}; }`,
    `SYSTEMD=${systemd ? folder : join(folder, "no-systemd")}`,
    "NUMBERED= DEFAULT_SHUTDOWN_CMD=x ABORT_CMD= SHUTDOWN_CMD=$1",
    "has_commands() { return 1; }",
    "check_permission",
  ].join("\n");
  const { stdout, stderr } = spawnSync(platform.shell, ["--norc", "-c", program, "x", command], {
    encoding: "utf8",
    env: { PATH: `${bin}:${platform.path}`, RUNTIME_DIRECTORY: runFolder, ...(logind && { LOGIND: logind }) },
  });
  expect(stderr).toBe("");
  return stdout;
}

for (const platform of runnable()) {
  describe.skipIf(!hasShell)(`${platform.name}: the permission to shut down`, () => {
    it("root has it", () => {
      expect(ask(platform, "halt-now -f", { root: true })).toMatch(/^ok {4}we are root/);
    });

    it("others have it for what sudo allows without a password, and for nothing else", () => {
      expect(ask(platform, "sudo -n halt-now -f")).toMatch(/^ok {4}sudo works without a password/);
      expect(ask(platform, "sudo halt-now")).toMatch(/^FAIL {2}sudo refuses or asks for a password/);
      expect(ask(platform, "halt-now -f")).toMatch(/^FAIL {2}not root/);
    });

    it("is that of the agent's user", () => {
      const runFolder = mkdtempSync(join(folder, "run-"));
      writeFileSync(join(runFolder, "pid"), "1\n");
      expect(ask(platform, "halt-now -f", { root: true, runFolder })).not.toMatch(/FAIL/);
      // A user of its own for the file needs root; another way to the same difference is another EUID.
      if (process.getuid?.() !== 0) return;
      spawnSync("chown", ["12345", join(runFolder, "pid")]);
      expect(ask(platform, "halt-now -f", { root: true, runFolder })).toMatch(
        /FAIL {2}the agent runs as user 12345 and this doctor as user 0/,
      );
    });
  });
}

describe.skipIf(process.platform !== "linux" || !hasShell)("a command of systemd", () => {
  it.each(["shutdown -h now", "systemctl poweroff", "sudo -n shutdown -h now"])(
    "switches nothing off where systemd does not run: %s",
    (command) => {
      expect(ask(linux, command, { root: true, systemd: false })).toMatch(
        /^FAIL {2}SHUTDOWN_CMD would not switch this machine off: \w+ is a command of systemd, and systemd does not run/,
      );
      expect(ask(linux, command, { root: true })).toMatch(/^ok/);
    },
  );

  it("is allowed where the login manager says yes, and not where it would ask", () => {
    expect(ask(linux, "shutdown -h now", { logind: "yes" })).toMatch(/^ok {4}the login manager lets/);
    expect(ask(linux, "shutdown -h now", { logind: "challenge" })).toMatch(/^FAIL {2}not root/);
  });

  it("asks about the program behind a link, and about no other", () => {
    expect(ask(linux, "halt-now", { root: true, systemd: false })).toMatch(/^ok {4}we are root/);
  });
});
