/** `ecoflow-power check`: validates the configuration and shows every mistake at once. */
import { parseArgs } from "node:util";
import type { Config } from "../config/config.ts";
import { describeConfig } from "../config/describe.ts";
import { loadConfig } from "../config/load.ts";
import { describeProblems, type Problem } from "../config/problems.ts";
import type { Probed } from "./probe.ts";

const help = `Usage: ecoflow-power check [--config FILE] [--offline] [--json]

Reads .env, the environment and ecoflow-power.yaml, and shows what they mean, or every mistake in them. Then tries the
broker, and looks there at what the stations say of their own settings.

  --config FILE   the YAML file; otherwise ./ecoflow-power.yaml, then /etc/ecoflow-power/ecoflow-power.yaml
  --offline       do not try to reach the broker, and do not look at the stations
  --json          the result as one JSON object

Exit code: 0 nothing wrong, 1 a mistake or nobody protected, 2 wrong usage.`;

/** What `check` needs of the process. */
export interface CheckIo {
  out(text: string): void;
  err(text: string): void;
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** Tries the broker, and reads what it keeps of the stations. */
export type ProbeBroker = (config: Config) => Promise<Probed>;

interface CheckResult {
  ok: boolean;
  problems: Problem[];
  warnings: readonly string[];
  notes: readonly string[];
  summary: string[];
}

/** Exit code 0, 1 for mistakes, an unusable broker or a configuration that protects nobody, 2 for wrong usage. */
export async function checkCommand(args: string[], io: CheckIo, probeBroker?: ProbeBroker): Promise<number> {
  const options = optionsOf(args);
  if (typeof options === "string") {
    io.err(`${options}\n\n${help}`);
    return 2;
  }
  if (options.help) {
    io.out(help);
    return 0;
  }
  const loaded = loadConfig({ cwd: io.cwd, env: io.env, ...(options.config && { file: options.config }) });
  const result = loaded.ok
    ? await examined(loaded.config, options.offline ? undefined : probeBroker)
    : { ok: false, problems: loaded.problems, warnings: [], notes: [], summary: [] };
  if (options.json) io.out(JSON.stringify(result, null, 2));
  else tell(result, io);
  return result.ok ? 0 : 1;
}

function optionsOf(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        config: { type: "string" },
        offline: { type: "boolean" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A configuration without a machine is no mistake, but nobody may take it for protection (safety.md I14). */
async function examined(config: Config, probeBroker: ProbeBroker | undefined): Promise<CheckResult> {
  const probed = await probeBroker?.(config);
  const warnings = [...config.warnings, ...(probed?.warnings ?? [])];
  const notes = [...config.notes, ...(probed?.notes ?? [])];
  const problems = probed?.problem ? [probed.problem] : [];
  return {
    ok: problems.length === 0 && Object.keys(config.machines).length > 0,
    problems,
    warnings,
    notes,
    summary: describeConfig({ ...config, warnings, notes }).split("\n"),
  };
}

function tell(result: CheckResult, io: CheckIo): void {
  if (result.summary.length > 0) io.out(result.summary.join("\n"));
  if (result.problems.length > 0) io.err(describeProblems(result.problems));
  else if (result.ok)
    io.out(`The configuration is valid${result.warnings.length > 0 ? ", with warnings" : ""}.`);
  else io.err("The configuration is valid, but protects no machine.");
}
