/** Loads the configuration: `.env` and the environment, `ecoflow-power.yaml`, or both. Never a start on defaults after a bad value. */
import { notesOf, warningsOf } from "./check.ts";
import { type Config, stationIds } from "./config.ts";
import { contradictions } from "./contradictions.ts";
import type { CheckContext, Draft } from "./draft.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { inFolder, type ReadFile, readRegular } from "./files.ts";
import { type ConfigFile, findConfigFile } from "./find.ts";
import { nameProblem } from "./names.ts";
import { layOver, type Overlay } from "./overlay.ts";
import { commonVariables } from "./overlay-account.ts";
import { explain, type Problem } from "./problems.ts";
import { withoutMistakes } from "./prune.ts";
import { type ModeOf, modeOf, readableByOthers } from "./readable.ts";
import {
  resolveBroker,
  resolveCa,
  resolveMachines,
  resolveMqtt,
  resolveSourceCas,
  resolveStations,
  resolveUpstreams,
} from "./resolve.ts";
import { type FileConfig, fileSchema } from "./schema.ts";
import { secretsIn } from "./secret-values.ts";
import { redact, shortened } from "./secrets.ts";
import { unbuiltSentence } from "./unbuilt.ts";
import { isSection } from "./yaml.ts";

export interface LoadOptions {
  /** Working directory: `.env` and `ecoflow-power.yaml` are looked for here. */
  cwd: string;
  /** The real environment; it wins over `.env`. */
  env: Readonly<Record<string, string | undefined>>;
  /** `--config F`. */
  file?: string;
  /** Reads this file in place of `.env`, and no YAML. */
  dotenv?: string;
  /** Reads a text file; throws an error with code ENOENT where there is none. Default: the file system. */
  readFile?: ReadFile;
  /** Returns the mode of a file. Default: the file system. */
  modeOf?: ModeOf;
}

export type LoadResult =
  /** `notes`: warnings first, then what is worth knowing; `describeConfig` shows them too. */
  | { ok: true; config: Config; notes: string[] }
  /** All mistakes at once. */
  | { ok: false; problems: Problem[] };

/** Reads everything that configures, and answers the configuration or every mistake in it. */
export function loadConfig(options: LoadOptions): LoadResult {
  const readFile = options.readFile ?? readRegular;
  const environment = readEnvironment({ ...options, readFile });
  const file =
    options.dotenv === undefined
      ? findConfigFile(options.cwd, options.file, readFile, environment.lookup)
      : { path: null, raw: {}, problems: [] };
  const problems = [...environment.problems, ...file.problems];
  if (problems.length === 0 && isNothing(environment, file)) problems.push(nothingConfigured(options.cwd));
  const overlay = layOver(file.raw, environment.values, { cwd: options.cwd, yaml: file.path !== null });
  const secrets = secretsIn(environment.values, overlay.raw);
  problems.push(...overlay.problems, ...yamlNames(file.raw));

  const parsed = fileSchema.safeParse(overlay.raw);
  const told = new Set(problems.map(({ path }) => path));
  const explained = (parsed.error?.issues ?? []).flatMap((issue) =>
    explain(issue, overlay.raw, overlay.origin),
  );
  problems.push(...explained.filter(({ path }) => !told.has(path)));
  const content = parsed.success ? parsed.data : withoutMistakes(overlay.raw, parsed.error.issues);
  const draft = content && draftOf(content, options.cwd, { origin: overlay.origin, problems }, readFile);
  const context = contextOf(overlay, environment);
  if (draft) problems.push(...contradictions(draft, context));
  if (content && file.path !== null) problems.push(...twoBrokers(content, context));
  if (!draft || problems.length > 0) return { ok: false, problems: tidy(problems, secrets) };

  const config = finished(draft, context, environment, file, secrets);
  const open = readableByOthers(config.files, secrets, readFile, options.modeOf ?? modeOf);
  const warnings = [...config.warnings, ...open];
  return { ok: true, config: { ...config, warnings }, notes: [...warnings, ...config.notes] };
}

function draftOf(
  content: FileConfig,
  cwd: string,
  told: Parameters<typeof resolveStations>[1],
  readFile: ReadFile,
): Draft {
  const stations = resolveStations(content, told);
  resolveSourceCas(content, readFile, told);
  resolveUpstreams(content, stations, stationIds({ stations }), told);
  return {
    ...content,
    stateDir: inFolder(cwd, content.stateDir),
    mqtt: resolveMqtt(content, resolveCa(content, readFile, told)),
    broker: resolveBroker(content),
    stations,
    machines: resolveMachines(content, stationIds({ stations }), told),
  };
}

function finished(
  draft: Draft,
  context: CheckContext,
  environment: Environment,
  file: ConfigFile,
  secrets: readonly string[],
): Config {
  const notes = [...notesOf(draft, context), ...unbuiltSentence(environment.values)];
  if (file.path !== null && "broker" in file.raw && draft.mqtt !== null) {
    notes.push("The section broker is not used: MQTT_HOST names a broker.");
  }
  const shorn = (text: string) => redact(text, secrets);
  return {
    ...draft,
    files: [...environment.files, ...(file.path === null ? [] : [file.path])],
    warnings: warningsOf(draft).map(shorn),
    notes: notes.map(shorn),
    secrets,
  };
}

const contextOf = (overlay: Overlay, { values }: Environment): CheckContext => ({
  origin: overlay.origin,
  fromEnvironment: overlay.fromEnvironment,
  accountSettings: commonVariables(values),
});

/** Refuses two brokers in the YAML; the environment may name another one than the YAML, because it wins. */
function twoBrokers({ mqtt, broker }: FileConfig, { fromEnvironment }: CheckContext): Problem[] {
  if (!mqtt || !broker || fromEnvironment(["mqtt", "url"])) return [];
  return [
    {
      path: "broker",
      value: "a section",
      problem: "stands beside mqtt: only one broker can be used",
      remedy: "Keep mqtt for a broker of the house, or broker for the embedded one.",
    },
  ];
}

function yamlNames(raw: Readonly<Record<string, unknown>>): Problem[] {
  const namesOf = (section: unknown) => (isSection(section) ? Object.keys(section) : []);
  const all = [
    ...namesOf(raw["stations"]).map((name) => nameProblem("station", name, `stations.${name}`)),
    ...namesOf(raw["machines"]).map((name) => nameProblem("machine", name, `machines.${name}`)),
  ];
  return all.filter((problem) => problem !== null);
}

/** Variables that alone are no configuration: they name no broker, station or machine. */
const aside = ["LOG_LEVEL", "ECOFLOW_POWER_STATE_DIR", "HTTP_HOST", "HTTP_PORT", "NUT_PORT"];

const isNothing = ({ values }: Environment, file: ConfigFile): boolean =>
  file.path === null && [...values.keys()].every((name) => aside.includes(name));

const nothingConfigured = (cwd: string): Problem => ({
  path: "configuration",
  value: "nothing",
  problem: `was found: no ecoflow-power.yaml in ${cwd} or /etc/ecoflow-power, and none of our names in the environment or in a .env in ${cwd} or above it`,
  remedy:
    'Copy .env.example to .env and write there, at least: MQTT_HOST=<host of your MQTT broker> and DEVICE_TO_AGENTS_JSON=\'{"<station>": ["<machine>"]}\'. Or copy ecoflow-power.example.yaml to ecoflow-power.yaml. To see it work without either, run: ecoflow-power demo',
});

/** Returns each problem once, without secrets. */
function tidy(problems: readonly Problem[], secrets: readonly string[]): Problem[] {
  const seen = new Set<string>();
  return problems
    .map(({ path, value, problem, remedy }) => ({
      path: redact(path, secrets),
      value: shortened(redact(value, secrets)),
      problem: redact(problem, secrets),
      remedy: redact(remedy, secrets),
    }))
    .filter((one) => {
      const key = `${one.path}\n${one.problem}`;
      return !seen.has(key) && seen.add(key);
    });
}
