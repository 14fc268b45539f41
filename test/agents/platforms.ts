/** The scripts under test, each with the shell and PATH of its platform. */
import { existsSync } from "node:fs";
import { makeMacosShims } from "./macos-shims.ts";

export interface Platform {
  name: "linux" | "macos";
  shell: string;
  script: string;
  path: string;
  /** Seconds that it may be later than elsewhere: bash 3.2 has neither fractions of a second nor a monotonic clock. */
  grainSec: number;
}

/** The platforms whose agent can run here: on a Mac only its own. */
export const runnable = (): Platform[] => (process.platform === "linux" ? [linux, macos()] : [macos()]);

const root = new URL("../../agents", import.meta.url).pathname;
const bash32 = process.env["BASH32"];

export const linux: Platform = {
  name: "linux",
  shell: "/bin/bash",
  script: `${root}/linux/shutdown-listener.sh`,
  path: `${process.env["PATH"]}`,
  grainSec: 0,
};

/** On a Mac the real tools; elsewhere a PATH with only the tools of macOS. BASH32 may name a bash 3.2. */
export function macos(): Platform {
  const script = `${root}/macos/shutdown-listener.sh`;
  if (process.platform === "darwin")
    return { name: "macos", shell: "/bin/bash", script, path: `${process.env["PATH"]}`, grainSec: 0.5 };
  const shell = bash32 !== undefined && existsSync(bash32) ? bash32 : "/bin/bash";
  return { name: "macos", shell, script, path: makeMacosShims(), grainSec: 0.5 };
}
