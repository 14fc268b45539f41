/** Writes the YAML that means what a `.env` of the original means; its secrets stay outside. */
import { Document, isCollection, isPair, isScalar } from "yaml";
import { printable } from "../core/printable.ts";
import type { Config } from "./config.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { folderOf, inFolder, type ReadFile, readRegular, readText } from "./files.ts";
import { nodeAt } from "./json-schema.ts";
import { loadConfig } from "./load.ts";
import { layOver, type Overlay } from "./overlay.ts";
import type { Path } from "./path.ts";
import { isSecretPath, type Problem, valueAt } from "./problems.ts";
import { fileSchema } from "./schema.ts";
import { variables } from "./variables.ts";
import { isSection } from "./yaml.ts";

export type ImportResult =
  /** The text of the YAML file, the names whose values are not in it and that it needs, and names of other programs. */
  | { ok: true; yaml: string; secrets: readonly string[]; others: readonly string[] }
  /** All mistakes at once; `line` is null where no line of the file is to blame. */
  | { ok: false; problems: (Problem & { line: number | null })[] };

/** Reads the `.env` at `path`, an absolute path. Only a text that loads to the same configuration is returned. */
export function importDotEnv(path: string, readFile: ReadFile = readRegular): ImportResult {
  const cwd = folderOf(path);
  const environment = readEnvironment({ cwd, env: {}, dotenv: path, readFile });
  const refuse = (problems: readonly Problem[]): ImportResult => ({
    ok: false,
    problems: problems.map((problem) => ({ ...problem, line: lineOf(problem, environment) })),
  });
  if ("absent" in readText(readFile, path)) return refuse([absent(path)]);
  const read = loadConfig({ cwd, env: {}, dotenv: path, readFile });
  if (environment.values.size === 0 && environment.problems.length === 0) return refuse([nothing(path)]);
  if (!read.ok) return refuse(read.problems);
  const yaml = textOf(environment, layOver({}, environment.values, { cwd, yaml: false }));
  if (!isSame(read.config, yaml, environment, cwd, readFile)) return refuse([different(path)]);
  const secrets = secretNames(environment).map((name) => nameIn(environment, name));
  return { ok: true, yaml, secrets, others: othersIn(environment) };
}

const absent = (path: string): Problem => ({
  path,
  value: "the file",
  problem: "is not there",
  remedy: "Name the .env of the original.",
});

const nothing = (path: string): Problem => ({
  path,
  value: "the file",
  problem: "sets none of the names that this program or the original knows",
  remedy: "Name the .env of the original's server; an agent's own .env stays beside its script.",
});

const different = (path: string): Problem => ({
  path,
  value: "the file",
  problem: "would mean something else as YAML, which is a fault of this program",
  remedy: "Go on with the .env, which the server reads as it is, and report the fault.",
});

/** The line of the name that a mistake is about. */
const lineOf = ({ path, value }: Problem, { lines }: Environment): number | null =>
  lines.get(path) ??
  lines.get(path.replace(/\..*$/s, "")) ??
  (Number(/^lines? (\d+) /.exec(value)?.[1] ?? 0) || null);

const secretNames = ({ values }: Environment): string[] =>
  [...values.keys()].filter((name) => variables[name]?.secret);

const othersIn = ({ lines, values }: Environment): string[] =>
  [...lines.keys()].filter((name) => reason(name, values) === foreign);

/** The name that the file sets: a secret may stand there as `<NAME>_FILE`. */
const nameIn = ({ lines }: Environment, name: string): string => (lines.has(name) ? name : `${name}_FILE`);

/** Whether the text, with the secrets in the environment, is the configuration of the `.env`. */
function isSame(
  wanted: Config,
  yaml: string,
  environment: Environment,
  cwd: string,
  readFile: ReadFile,
): boolean {
  // As files: an environment variable that holds quotes would lose them.
  const held = new Map(secretNames(environment).map((name) => [`/secrets/${name}`, name]));
  const env = Object.fromEntries([...held].map(([path, name]) => [`${name}_FILE`, path]));
  const file = inFolder(cwd, "ecoflow-power.yaml");
  const served = (path: string): string => {
    const secret = held.get(path);
    if (path === file) return yaml;
    if (secret !== undefined) return `${environment.values.get(secret) ?? ""}\n`;
    if (path.endsWith("/.env")) throw Object.assign(new Error(path), { code: "ENOENT" });
    return readFile(path);
  };
  const read = loadConfig({ cwd, env, file, readFile: served });
  return read.ok && meaningOf(read.config) === meaningOf(wanted);
}

/** The configuration as a text that is equal where two mean the same: without file names and sentences about it. */
export function meaningOf({ files, warnings, notes, secrets, ...config }: Config): string {
  return JSON.stringify({ ...config, secrets: [...secrets].sort() }, (_, value) =>
    isSection(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  );
}

function textOf(environment: Environment, overlay: Overlay): string {
  const order = Object.keys(fileSchema.shape).filter((key) => key in overlay.raw);
  const document = new Document(Object.fromEntries(order.map((key) => [key, written(overlay, [key])])));
  const said = new Set<string>();
  const { contents } = document;
  for (const pair of isCollection(contents) ? contents.items : []) {
    if (!isPair(pair) || !isScalar(pair.key)) continue;
    const names = namesBelow(overlay, [String(pair.key.value)], environment);
    for (const name of names) said.add(name);
    pair.key.commentBefore = ` ${names.length === 0 ? "the default where only an .env configures" : names.join(", ")}`;
  }
  for (const machine of Object.keys(overlay.raw["machines"] ?? {})) {
    const node = document.getIn(["machines", machine, "minSupplies"], true);
    if (isScalar(node))
      node.comment = " any one that fails takes it down, as in the original; 1: only all of them";
  }
  document.commentBefore = headOf(environment, said);
  return document.toString({ lineWidth: 0, defaultStringType: "PLAIN" });
}

/** The value to write at a path: numbers as such, secrets as the name of their variable. */
function written(overlay: Overlay, path: Path): unknown {
  const value = valueAt(overlay.raw, path);
  if (isSection(value))
    return Object.fromEntries(Object.keys(value).map((key) => [key, written(overlay, [...path, key])]));
  if (Array.isArray(value)) return value.map((_, index) => written(overlay, [...path, index]));
  if (typeof value !== "string") return value;
  if (isSecretPath(path)) return `\${${overlay.origin(path)}}`;
  const type = nodeAt(path)?.type;
  if ((type === "number" || type === "integer") && /^\s*\d+(\.\d+)?\s*$/.test(value)) return Number(value);
  return value.replaceAll("${", () => "$${");
}

/** The variables whose values stand at a path or below it, in the order of the file. */
function namesBelow(overlay: Overlay, path: Path, { values }: Environment): string[] {
  const found = new Set<string>();
  const look = (at: Path): void => {
    if (overlay.fromEnvironment(at)) found.add(overlay.origin(at));
    const value = valueAt(overlay.raw, at);
    if (typeof value === "object" && value !== null)
      for (const key of Object.keys(value)) look([...at, Array.isArray(value) ? Number(key) : key]);
  };
  look(path);
  if (found.has("MQTT_HOST")) found.add("MQTT_PORT"); // Both make mqtt.url.
  return [...values.keys()].filter((name) => found.has(name));
}

/** The comment at the top: where it came from, and every name that no line below holds. */
function headOf(environment: Environment, said: ReadonlySet<string>): string {
  const { files, lines, values } = environment;
  const names = [...lines.keys()].filter((name) => !said.has(name));
  const kept = secretNames(environment).filter((name) => said.has(name));
  const line = (name: string) => `${name} (line ${lines.get(name) ?? 0})`;
  const rest = names.flatMap((name) => {
    const why = reason(name, values);
    return why === null ? [] : [`   ${line(name)}: ${why}`];
  });
  return [
    ` Made by ecoflow-power import from ${printable(files.join())}. Above each section are the names that it holds.`,
    ...(kept.length === 0
      ? []
      : [
          " Secrets are not in this file. Each stays in the environment or in .env, or in the file that its name with _FILE names:",
          ...kept.map((name) => `   ${line(nameIn(environment, name))}`),
        ]),
    ...(rest.length === 0 ? [] : [" Without a key in this file:", ...rest]),
  ].join("\n");
}

const foreign = "a name of another program, left alone";

/** Why a name of the file has no key in the YAML; null for a name that was left empty. */
function reason(name: string, values: ReadonlyMap<string, string>): string | null {
  const secret = name.endsWith("_FILE") ? name.slice(0, -"_FILE".length) : null;
  if (secret !== null && values.has(secret)) return `names the file with ${secret}, and stays`;
  const variable = variables[name];
  if (variable === undefined) return foreign;
  if (!values.has(name)) return null;
  if (variable.unbuilt !== undefined)
    return `for ${variable.unbuilt}, not built yet: it stays there, without effect`;
  return "has no effect without an account of EcoFlow";
}
