/** Loads the configuration: `.env` and the environment, `ecoflow-power.yaml`, or both. Never a start on defaults after a bad value. */
import type { Config } from "./config.ts";
import type { Problem } from "./problems.ts";

export interface LoadOptions {
  /** Working directory: `.env` and `ecoflow-power.yaml` are looked for here. */
  cwd: string;
  /** The real environment; it wins over `.env`. */
  env: Readonly<Record<string, string | undefined>>;
  /** `--config F`. */
  file?: string;
  /** Reads a text file; throws an error with code ENOENT where there is none. Default: the file system. */
  readFile?: (path: string) => string;
}

export type LoadResult =
  /** `notes`: warnings first, then what is worth knowing; `describeConfig` shows them too. */
  | { ok: true; config: Config; notes: string[] }
  /** All mistakes at once. */
  | { ok: false; problems: Problem[] };

/** Reads everything that configures, and answers the configuration or every mistake in it. */
export function loadConfig(_options: LoadOptions): LoadResult {
  return { ok: false, problems: [] };
}
