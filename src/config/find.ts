/** Finds and reads the YAML file: the one that was named, or the usual places. */
import { unreadable } from "./environment.ts";
import { folderOf, inFolder, type ReadFile, readText } from "./files.ts";
import { settings } from "./json-schema.ts";
import { place } from "./path.ts";
import { type Problem, valueAt } from "./problems.ts";
import { isSection, readYaml, type Section } from "./yaml.ts";

export interface ConfigFile {
  /** Where it was read; null where there is none. */
  path: string | null;
  raw: Section;
  problems: Problem[];
}

/** Reads `named`, else `./ecoflow-power.yaml`, else the one in `/etc/ecoflow-power`; none is no mistake unless one was named. */
export function findConfigFile(
  cwd: string,
  named: string | undefined,
  readFile: ReadFile,
  lookup: (name: string) => string | undefined,
): ConfigFile {
  const usual = [inFolder(cwd, "ecoflow-power.yaml"), "/etc/ecoflow-power/ecoflow-power.yaml"];
  for (const path of named === undefined ? usual : [inFolder(cwd, named)]) {
    const found = readText(readFile, path);
    if ("unreadable" in found) return { path, raw: {}, problems: [unreadable(path, found.unreadable)] };
    if ("text" in found) {
      const { raw, problems } = readYaml(found.text, path, lookup);
      return { path, raw: fromFolder(withoutEmpty(raw), folderOf(path)), problems };
    }
  }
  return { path: null, raw: {}, problems: named === undefined ? misspelt(cwd, readFile) : [absent(named)] };
}

const absent = (named: string): Problem => ({
  path: "--config",
  value: `"${named}"`,
  problem: "is not there",
  remedy: "Name an existing YAML file, or leave --config out.",
});

/** File names that people and their editors make of the usual ones. */
const nearNames: Readonly<Record<string, string>> = {
  "ecoflow-power.yml": "ecoflow-power.yaml",
  "ecoflow-power.yaml.txt": "ecoflow-power.yaml",
  "ecoflow_power.yaml": "ecoflow-power.yaml",
  ".env.txt": ".env",
  "env.txt": ".env",
  env: ".env",
};

/** A file with a similar name would be passed over without a message. */
function misspelt(cwd: string, readFile: ReadFile): Problem[] {
  const isThere = (name: string) => "text" in readText(readFile, inFolder(cwd, name));
  return Object.entries(nearNames)
    .filter(([name, right]) => isThere(name) && !isThere(right))
    .map(([name, right]) => ({
      path: inFolder(cwd, name),
      value: "a file of this name",
      problem: "is not looked for",
      remedy: `Rename it to ${right}${right === ".env" ? "" : ", or name it with --config"}.`,
    }));
}

/** `machines:` with nothing below it is as good as left out. */
const withoutEmpty = (raw: Section): Section =>
  Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== null));

/** Paths in the file are meant from its own folder. */
function fromFolder(raw: Section, folder: string): Section {
  const placed = structuredClone(raw);
  for (const { path } of settings().filter(({ node }) => node.isPath)) {
    const list = path.indexOf("<index>");
    const items = list < 0 ? null : valueAt(placed, path.slice(0, list));
    const written = valueAt(raw, path);
    if (typeof written === "string") place(placed, path, inFolder(folder, written));
    for (const item of Array.isArray(items) ? items.filter(isSection) : []) {
      const key = path.slice(list + 1);
      const inner = valueAt(item, key);
      // Two kinds of one section may both name the setting: a path that is absolute by now stays.
      if (typeof inner === "string") place(item, key, inFolder(folder, inner));
    }
  }
  return placed;
}
