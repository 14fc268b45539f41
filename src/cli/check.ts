/** `ecoflow-power check`: validates the configuration and shows every mistake at once. */
import type { Config } from "../config/config.ts";
import { describeConfig } from "../config/describe.ts";
import { loadConfig } from "../config/load.ts";
import { describeProblems, type Problem } from "../config/problems.ts";
import { localFindings, portProblem } from "./check-local.ts";
import { defineCommand, jsonOption } from "./command.ts";
import { configOption } from "./configured.ts";
import { type Probed, probeBroker } from "./probe.ts";

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

/** Makes the command with a way to try the broker; without one the broker is left alone. */
export const checkWith = (probe: ProbeBroker | undefined) =>
  defineCommand(
    {
      name: "check",
      summary: "validate the configuration and show every mistake at once",
      about:
        "Reads .env, the environment and ecoflow-power.yaml, and shows what they mean, or every mistake in them. Looks at the state folder and the port of the embedded broker. Then tries the broker, and looks there at what the stations say of their own settings.",
      options: {
        config: configOption,
        offline: { about: "do not try to reach the broker, and do not look at the stations" },
        json: jsonOption,
      },
      examples: ["", "--offline --json"],
      more: "Exit code: 0 nothing wrong, 1 a mistake or nobody protected, 2 wrong usage.",
    },
    async ({ values: { config, offline, json } }, io: CheckIo) => {
      const loaded = loadConfig({ cwd: io.cwd, env: io.env, ...(config && { file: config }) });
      const result = loaded.ok
        ? await examined(loaded.config, io.cwd, offline ? undefined : probe)
        : { ok: false, problems: loaded.problems, warnings: [], notes: [], summary: [] };
      if (json) io.out(JSON.stringify(result, null, 2));
      else print(result, io);
      return result.ok ? 0 : 1;
    },
  );

export const checkCommand = checkWith(probeBroker);

/** A configuration without a machine is no mistake, but it must not pass for protection. */
async function examined(
  config: Config,
  cwd: string,
  probeBroker: ProbeBroker | undefined,
): Promise<CheckResult> {
  const local = localFindings(config, cwd);
  const port = await portProblem(config);
  const probed = await probeBroker?.(config);
  const warnings = [...config.warnings, ...local.warnings, ...(probed?.warnings ?? [])];
  const notes = [...config.notes, ...local.notes, ...(probed?.notes ?? [])];
  const reached = probed?.problem ?? port;
  const problems = reached === null ? local.problems : [...local.problems, reached];
  return {
    ok: problems.length === 0 && Object.keys(config.machines).length > 0,
    problems,
    warnings,
    notes,
    summary: describeConfig({ ...config, warnings, notes }).split("\n"),
  };
}

function print(result: CheckResult, io: CheckIo): void {
  if (result.summary.length > 0) io.out(result.summary.join("\n"));
  if (result.problems.length > 0) io.err(describeProblems(result.problems));
  else if (result.ok)
    io.out(`The configuration is valid${result.warnings.length > 0 ? ", with warnings" : ""}.`);
  else io.err("The configuration is valid, but protects no machine.");
}
