/** Lays the environment over the YAML: its scalars win, its mapping adds machines and replaces their stations. */
import { inFolder } from "./files.ts";
import { nodeAt, settings } from "./json-schema.ts";
import { layAccounts } from "./overlay-account.ts";
import { layBroker } from "./overlay-broker.ts";
import { layMapping } from "./overlay-mapping.ts";
import { keyOf, type Path, type Put, place, prefixes } from "./path.ts";
import type { Problem } from "./problems.ts";
import { shown } from "./secrets.ts";
import { fits, variableAt, variables } from "./variables.ts";
import type { Section } from "./yaml.ts";

export interface Overlay {
  raw: Section;
  /** How a person would name the place: the variable that a value came from, else its path. */
  origin: (path: Path) => string;
  /** True where the environment wrote the value itself. */
  fromEnvironment: (path: Path) => boolean;
  problems: Problem[];
}

export interface OverlayOptions {
  cwd: string;
  /** Whether a YAML file was read: then its defaults hold (S8: a threshold must lie above the level where the station cuts its output). */
  yaml: boolean;
}

/** The YAML's content with the environment over it, not validated yet. */
export function layOver(
  yaml: Section,
  values: ReadonlyMap<string, string>,
  options: OverlayOptions,
): Overlay {
  const raw = structuredClone(yaml);
  const origins = new Map<string, string>();
  const problems = shapeProblems(values);
  const put: Put = (path, value, name) => {
    if (place(raw, path, value)) origins.set(keyOf(path), name);
  };
  for (const [name, value] of values) {
    const path = variables[name]?.path;
    if (path && path[0] !== "mqtt") put(path, converted(path, value, options.cwd), name);
  }
  layBroker(raw, values, put, problems);
  layAccounts(raw, values, options.cwd, (path, name) => origins.set(keyOf(path), name));
  layMapping(raw, values.get("DEVICE_TO_AGENTS_JSON"), put, problems);
  if (!options.yaml) placeDefaults(raw, values);
  const nameOf = (path: Path) =>
    prefixes(path)
      .map((key) => origins.get(key))
      .find((name) => name !== undefined);
  return {
    raw,
    origin: (path) => nameOf(path) ?? (options.yaml ? null : variableAt(path)) ?? path.map(String).join("."),
    fromEnvironment: (path) => origins.has(keyOf(path)),
    problems,
  };
}

/** Writes the defaults that hold only where no YAML file was read. */
function placeDefaults(raw: Section, values: ReadonlyMap<string, string>): void {
  for (const { path, node } of settings()) {
    const isSet = node.env !== undefined && values.has(node.env);
    if (node.withoutYaml !== undefined && !isSet) place(raw, path, node.withoutYaml);
  }
}

/** Names of log levels of other programs. */
const levels: Readonly<Record<string, string>> = {
  trace: "debug",
  notice: "info",
  warning: "warn",
  critical: "error",
  fatal: "error",
};

function converted(path: Path, value: string, cwd: string): string {
  if (nodeAt(path)?.isPath) return inFolder(cwd, value);
  if (path[0] !== "logLevel") return value;
  const level = value.toLowerCase();
  return levels[level] ?? level;
}

/** What has no place in the schema yet is validated all the same: a bad value must not wait for the day it is built. */
function shapeProblems(values: ReadonlyMap<string, string>): Problem[] {
  return [...values].flatMap(([name, value]) => {
    const { shape, about } = variables[name] ?? {};
    if (!shape || fits(shape, value)) return [];
    const [wanted, write] =
      shape === "port"
        ? ["a whole number from 1 to 65535", "a port number"]
        : ["true or false", "true or false"];
    return [
      { path: name, value: shown(value), problem: `is not ${wanted}`, remedy: `Write ${write}: ${about}.` },
    ];
  });
}
