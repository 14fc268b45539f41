/** Whether a command can be run: what is certainly missing is found, and what may work is never refused. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hasShell } from "./broker.ts";
import { runnable } from "./platforms.ts";

const part = new URL("../../agents/common/runnable.sh", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "ecoflow-power-runnable-"));
const bin = join(folder, "bin");
mkdirSync(bin);
for (const name of ["sudo", "env", "nohup", "poweroff"])
  writeFileSync(join(bin, name), "#!/bin/sh\n", { mode: 0o755 });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A refused SHUTDOWN_CMD stops the agent, so a command that may work has to pass. */
const mayWork = [
  "poweroff",
  `${bin}/poweroff -f`,
  `"${bin}/poweroff" now # off`,
  "sudo -n poweroff",
  "sudo -nu root poweroff",
  "sudo -n -u root -- poweroff",
  "sudo -uroot poweroff",
  "sudo --user root poweroff",
  "sudo --user=root poweroff",
  "sudo -n LANG=C poweroff",
  "env -u LANG poweroff",
  "env -i poweroff",
  "env -S 'poweroff now'",
  "exec -a name poweroff",
  "command -p poweroff",
  "nohup poweroff &",
  "LANG=C exec poweroff",
  "cd / && poweroff",
  "if true; then poweroff; fi",
  "[[ -e /x ]] || poweroff",
  "$HOME/off",
  "(sleep 1; poweroff) &",
  "! poweroff",
  ">/dev/null poweroff",
  "x=$(date) && poweroff",
  'X="a b" poweroff',
];

const missing: [command: string, problem: RegExp][] = [
  ["no-such-tool -h now", /^there is no no-such-tool in PATH$/],
  ["/nowhere/off", /^there is no \/nowhere\/off$/],
  [`${folder} now`, /cannot be run/],
  ["/etc/passwd", /cannot be run/],
  ["sudo -n no-such-tool", /no-such-tool/],
  ["sudo -nu root no-such-tool", /no-such-tool/],
  ["sudo -u root -- no-such-tool", /no-such-tool/],
  ["sudo -n", /nothing behind sudo/],
  ["LANG=C exec no-such-tool", /no-such-tool/],
  ["env -i no-such-tool", /no-such-tool/],
  ["nohup no-such-tool &", /no-such-tool/],
  ["# poweroff", /only a comment/],
];

for (const platform of runnable()) {
  describe.skipIf(!hasShell)(`${platform.name}: a command that cannot be run`, () => {
    const problemOf = (command: string) => {
      const { stdout, stderr } = spawnSync(
        platform.shell,
        ["--norc", "-c", `set -f; . ${part}; find_problem "$1"; printf '%s' "$problem"`, "x", command],
        { encoding: "utf8", env: { PATH: `${bin}:${platform.path}`, HOME: folder } },
      );
      expect(stderr).toBe("");
      return stdout;
    };

    it.each(mayWork)("is not %s", (command) => expect(problemOf(command)).toBe(""));

    it.each(missing)("is %s", (command, problem) => expect(problemOf(command)).toMatch(problem));
  });
}
