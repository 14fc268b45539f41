/** A folder with a configuration, and the results of `check` and `loadConfig` there. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { checkWith, type ProbeBroker } from "../../src/cli/check.ts";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";

export interface Setup {
  env?: Record<string, string>;
  dotenv?: string;
  yaml?: string;
  /** Further files, by their path in the folder. */
  files?: Record<string, string>;
  args?: string[];
  /** `--config`, for `load`. */
  file?: string;
  probeBroker?: ProbeBroker;
}

/** Writes the files into a fresh folder, with a parent of its own, and returns its path. */
export function folderWith({ dotenv, yaml, files }: Setup): string {
  const parent = mkdtempSync(join(tmpdir(), "ecoflow-config-"));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  const cwd = join(parent, "house");
  mkdirSync(cwd);
  const all = {
    ...files,
    ...(dotenv !== undefined && { ".env": dotenv }),
    ...(yaml !== undefined && { "ecoflow-power.yaml": yaml }),
  };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
  }
  return cwd;
}

/** Runs `ecoflow-power check` there. */
export async function check(setup: Setup): Promise<{ code: number; out: string; err: string }> {
  const said = { out: "", err: "" };
  const io = {
    cwd: folderWith(setup),
    env: setup.env ?? {},
    out: (text: string) => {
      said.out += `${text}\n`;
    },
    err: (text: string) => {
      said.err += `${text}\n`;
    },
  };
  const code = await checkWith(setup.probeBroker)(setup.args ?? [], io);
  return { code, ...said };
}

/** Returns what is loaded there. */
export const load = (setup: Setup) =>
  loadConfig({ cwd: folderWith(setup), env: setup.env ?? {}, ...(setup.file && { file: setup.file }) });

/** Returns the configuration that is loaded there; fails with its mistakes. */
export function loaded(setup: Setup): Config {
  const result = load(setup);
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 2));
  return result.config;
}
