/** The configuration for a command that needs one. */
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { describeProblems } from "../config/problems.ts";
import type { CommandIo } from "./command.ts";

export const configOption = {
  value: "FILE",
  about: "the YAML file; otherwise ./ecoflow-power.yaml, then /etc/ecoflow-power/ecoflow-power.yaml",
} as const;

/** Loads the configuration; null after its mistakes were printed. */
export function configured(
  file: string | undefined,
  io: Pick<CommandIo, "cwd" | "env" | "err">,
): Config | null {
  const loaded = loadConfig({ cwd: io.cwd, env: io.env, ...(file && { file }) });
  if (loaded.ok) return loaded.config;
  io.err(describeProblems(loaded.problems));
  return null;
}
