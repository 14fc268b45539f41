/** `ecoflow-power check`: validates the configuration and shows every mistake at once. */
import type { Config } from "../config/config.ts";
import { describeConfig } from "../config/describe.ts";
import { loadConfig } from "../config/load.ts";
import { describeProblems, type Problem } from "../config/problems.ts";
import { localFindings, portProblem } from "./check-local.ts";
import { defineCommand, jsonOption } from "./command.ts";
import { configOption } from "./configured.ts";
import { type Probed, probeBroker } from "./probe.ts";
import { type ProbedAccounts, probeAccounts } from "./probe-accounts.ts";

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

/** Tries the EcoFlow accounts. */
export type ProbeAccounts = (config: Config) => Promise<ProbedAccounts>;

/** Makes the command with a way to try the broker and the accounts; without one they are left alone. */
export const checkWith = (probe: ProbeBroker | undefined, accounts?: ProbeAccounts) =>
  defineCommand(
    {
      name: "check",
      summary: "validate the configuration and show every mistake at once",
      about:
        "Reads .env, the environment and ecoflow-power.yaml, and shows what they mean, or every mistake in them. Looks at the state folder and the port of the embedded broker. Then tries the broker, looks there at what the stations say of their own settings, and logs in to the EcoFlow accounts.",
      options: {
        config: configOption,
        offline: {
          about: "do not try to reach the broker and the EcoFlow accounts, and do not look at the stations",
        },
        json: jsonOption,
      },
      examples: ["", "--offline --json"],
      more: "Exit code: 0 nothing wrong, 1 a mistake or nobody protected, 2 wrong usage.",
    },
    async ({ values: { config, offline, json } }, io: CheckIo) => {
      const loaded = loadConfig({ cwd: io.cwd, env: io.env, ...(config && { file: config }) });
      const result = loaded.ok
        ? await examined(loaded.config, io.cwd, offline ? undefined : probe, offline ? undefined : accounts)
        : { ok: false, problems: loaded.problems, warnings: [], notes: [], summary: [] };
      if (json) io.out(JSON.stringify(result, null, 2));
      else print(result, io);
      return result.ok ? 0 : 1;
    },
  );

export const checkCommand = checkWith(probeBroker, (config) => probeAccounts(config));

/** A configuration without a machine is no mistake, but it must not pass for protection. */
async function examined(
  config: Config,
  cwd: string,
  probeBroker: ProbeBroker | undefined,
  probeAccounts: ProbeAccounts | undefined,
): Promise<CheckResult> {
  const local = localFindings(config, cwd);
  const port = await portProblem(config);
  const [probed, accounts] = await Promise.all([probeBroker?.(config), probeAccounts?.(config)]);
  const found = [local, probed, accounts];
  const warnings = [...config.warnings, ...found.flatMap((one) => one?.warnings ?? [])];
  const notes = [...config.notes, ...found.flatMap((one) => one?.notes ?? [])];
  const reached = probed?.problem ?? port;
  const problems = [...local.problems, ...(reached === null ? [] : [reached]), ...(accounts?.problems ?? [])];
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
