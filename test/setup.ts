/** Runs once before all tests: installs the programs they need where that is allowed (R28), and builds `dist/`. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Program → the Debian package that contains it. */
const needed: Readonly<Record<string, string>> = {
  mosquitto: "mosquitto",
  mosquitto_sub: "mosquitto-clients",
  openssl: "openssl",
  shellcheck: "shellcheck",
  "systemd-analyze": "systemd",
};

export function setup(): void {
  const missing = Object.keys(needed).filter((program) => !has(program));
  if (missing.length > 0) provide(missing);
  // `npm run check` checks types; here only the build is needed.
  spawnSync("node_modules/.bin/tsc", ["-p", "tsconfig.json"], { stdio: "ignore" });
  if (!existsSync("dist/main.js")) throw new Error("dist/ was not built: see `npx tsc -p tsconfig.json`");
}

function has(program: string): boolean {
  const folders = (process.env["PATH"] ?? "").split(":");
  return [...folders, "/usr/sbin"].some((folder) => existsSync(`${folder}/${program}`));
}

/** Installs as root on Debian under CI or on request; else prints in one line what will be skipped. */
function provide(missing: string[]): void {
  const packages = [...new Set(missing.map((program) => needed[program] as string))];
  const line = `apt-get install -y ${packages.join(" ")}`;
  const welcome = process.env["CI"] || process.env["ECOFLOW_POWER_TEST_INSTALL"];
  if (!welcome || process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) {
    console.warn(`Missing: ${missing.join(", ")}. Tests that drive them are skipped. To run them: ${line}`);
    return;
  }
  console.log(`Installing what the tests drive: ${packages.join(", ")}`);
  // The installation starts no service: the tests start their own on free ports.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  spawnSync("apt-get", ["update", "-qq"], { stdio: "inherit", env });
  const done = spawnSync("apt-get", ["install", "-y", "-qq", ...packages], { stdio: "inherit", env });
  if (done.status !== 0) throw new Error(`the packages that the tests drive could not be installed: ${line}`);
}
