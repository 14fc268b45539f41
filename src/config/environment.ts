/** Collects the variables that count: `.env` in the working directory or its parent, the real environment over it. */
import { type DotEnvMistake, parseDotEnv } from "./dotenv.ts";
import { inFolder, parentOf, type ReadFile, readText } from "./files.ts";
import type { Problem } from "./problems.ts";
import { hidden } from "./secrets.ts";
import { nearest } from "./suggest.ts";
import { allVariables, isStranger, isVariable, mistaken, secretFileOf, variables } from "./variables.ts";

export interface EnvironmentOptions {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  readFile: ReadFile;
  /** Reads this file in place of `.env`; left out: `.env` in `cwd`, else the one above. */
  dotenv?: string;
}

export interface Environment {
  /** Our variables that are set and not empty. */
  values: ReadonlyMap<string, string>;
  /** Any variable, for `${NAME}` in YAML: ours from everywhere, others from the real environment and `.env`. */
  lookup: (name: string) => string | undefined;
  problems: Problem[];
  files: string[];
  /** The first line of each name in `.env`, from 1, names of other programs included. */
  lines: ReadonlyMap<string, number>;
}

/** Reads `.env` and the environment; unknown names that begin like ours are problems, all others are left alone. */
export function readEnvironment(options: EnvironmentOptions): Environment {
  const problems: Problem[] = [];
  const { file, named, lines } = readDotEnv(options, problems);
  for (const name of named.keys()) refuseStranger(name, file ?? ".env", problems, true);
  const real = new Map<string, string>();
  for (const [name, value] of Object.entries(options.env)) {
    if (value === undefined) continue;
    refuseStranger(name, "the environment", problems, false);
    real.set(name, isVariable(name) ? unwrapped(name, value) : value);
  }
  const all = new Map([...named, ...real]);
  const values = new Map([...all].filter(([name, value]) => isVariable(name) && value.trim() !== ""));
  readSecretFiles(values, real, options, problems);
  return {
    values,
    lookup: (name) => values.get(name) ?? all.get(name) ?? fromSecretFile(all.get(`${name}_FILE`), options),
    problems,
    files: file === null ? [] : [file],
    lines,
  };
}

/** The places of `.env`, in the order in which they are looked at. */
function placesOf({ cwd, dotenv }: EnvironmentOptions): string[] {
  if (dotenv !== undefined) return [inFolder(cwd, dotenv)];
  const folders = [cwd, parentOf(cwd)].filter((folder) => folder !== null);
  return folders.map((folder) => inFolder(folder, ".env"));
}

function readDotEnv(options: EnvironmentOptions, problems: Problem[]) {
  const named = new Map<string, string>();
  const lines = new Map<string, number>();
  const { readFile } = options;
  for (const file of placesOf(options)) {
    const found = readText(readFile, file);
    if ("absent" in found) continue;
    if ("unreadable" in found) {
      problems.push(unreadable(file, found.unreadable));
      break;
    }
    const { entries, mistakes } = parseDotEnv(found.text);
    problems.push(...mistakes.filter(({ name }) => concernsUs(name)).map((mistake) => told(mistake, file)));
    for (const { name, value, line } of entries) {
      const before = lines.get(name);
      if (before !== undefined && named.get(name) !== value && isVariable(name)) {
        problems.push(twice(name, file, before, line));
      }
      lines.set(name, before ?? line);
      named.set(name, value);
    }
    return { file, named, lines };
  }
  return { file: null, named, lines };
}

const concernsUs = (name: string) => isVariable(name) || isStranger(name);

const unreadableBecause: Readonly<Record<string, Pick<Problem, "problem" | "remedy">>> = {
  EISDIR: { problem: "is a folder", remedy: "Name a file, or move the folder away." },
  EACCES: {
    problem: "may not be read by this user",
    remedy: "Let the user that runs ecoflow-power read it (chown, chmod), or remove it.",
  },
};

/** The sentence for a file that is there and cannot be read; `why` is the code of the system. */
export function unreadable(file: string, why: string): Problem {
  const known = unreadableBecause[why];
  return {
    path: file,
    value: "the file",
    problem: known?.problem ?? `is there but cannot be read (${why})`,
    remedy: known?.remedy ?? "Let the user that runs ecoflow-power read it, or remove it.",
  };
}

function told({ name, line, kind }: DotEnvMistake, file: string): Problem {
  const where = { path: name, value: `line ${line} of ${file}` };
  if (kind === "unclosed") {
    return { ...where, problem: "begins with a quote that is never closed", remedy: "Close the quote." };
  }
  return {
    ...where,
    problem: "is not of the form NAME=value",
    remedy: `Write ${name}=… or remove the line.`,
  };
}

const twice = (name: string, file: string, first: number, second: number): Problem => ({
  path: name,
  value: `lines ${first} and ${second} of ${file}`,
  problem: "set it twice, to different values",
  remedy: "Keep one of the two lines.",
});

/** Near misses outside our prefixes are refused in our own file only: a machine's environment is everybody's. */
function refuseStranger(name: string, where: string, problems: Problem[], ownFile: boolean): void {
  if (isVariable(name)) return;
  const near = ownFile ? nearest(name, allVariables(), name.length >= 10 ? 2 : 1) : null;
  if (!isStranger(name) && near === null) return;
  const meant = near ?? nearest(name, allVariables());
  const hint = mistaken[name.toUpperCase()] ?? (meant === null ? null : `Did you mean ${meant}?`);
  problems.push({
    path: name,
    value: `a name in ${where}`,
    problem: "is not a name we know",
    remedy:
      hint === null
        ? "Remove it; .env.example explains every name."
        : `${hint.replace(/\.$/, "")}.`.replace("?.", "?"),
  });
}

/**
 * Docker's --env-file hands quotes and comments over as they stand in the file: one pair of outer quotes is taken off,
 * and a comment behind a value, except from secrets and JSON, where a # may belong to the value.
 */
function unwrapped(name: string, value: string): string {
  const quoted = /^\s*(["'])([\s\S]*)\1\s*$/;
  if (variables[name]?.secret) return quoted.exec(value)?.[2] ?? value;
  const line = name === "DEVICE_TO_AGENTS_JSON" || value.includes("\n") ? null : `${name}=${value}`;
  const read = line === null ? undefined : parseDotEnv(line).entries[0];
  return read?.value ?? (quoted.exec(value)?.[2] ?? value).trim();
}

/** Puts the text of each `<NAME>_FILE` where NAME would be. */
function readSecretFiles(
  values: Map<string, string>,
  real: ReadonlyMap<string, string>,
  { cwd, readFile }: EnvironmentOptions,
  problems: Problem[],
): void {
  for (const [name, file] of [...values]) {
    const secret = secretFileOf(name);
    if (secret === null) continue;
    values.delete(name);
    const sameLayer = real.has(name) === real.has(secret);
    if (values.has(secret) && sameLayer) problems.push(both(secret, name));
    if (values.has(secret) && (sameLayer || real.has(secret))) continue;
    const found = readText(readFile, inFolder(cwd, file));
    const text = "text" in found ? found.text.replace(/\r?\n$/, "") : "";
    if (text === "") problems.push(emptySecret(name, file, found));
    else values.set(secret, text);
  }
}

/** `${NAS_KEY}` in YAML may come from NAS_KEY_FILE, as our own secrets may. */
function fromSecretFile(file: string | undefined, { cwd, readFile }: EnvironmentOptions): string | undefined {
  if (file === undefined || file === "") return undefined;
  const found = readText(readFile, inFolder(cwd, file));
  return "text" in found ? found.text.replace(/\r?\n$/, "") : undefined;
}

const both = (secret: string, file: string): Problem => ({
  path: secret,
  value: hidden,
  problem: `is set, and ${file} too`,
  remedy: `Keep ${secret} or ${file}, not both.`,
});

function emptySecret(name: string, file: string, found: object): Problem {
  const why = "absent" in found ? "names a file that is not there" : "names a file that cannot be read";
  return {
    path: name,
    value: `"${file}"`,
    problem: "text" in found ? "names a file that is empty" : why,
    remedy:
      "Put the secret, and nothing else, into that file, readable for the user that runs ecoflow-power.",
  };
}
