/** Lays the EcoFlow accounts of the environment over the sources of the YAML. */
import { inFolder } from "./files.ts";
import type { Path } from "./path.ts";
import { isSection, type Section } from "./yaml.ts";

type Values = ReadonlyMap<string, string>;
/** Remembers which variable set a path. */
type Named = (path: Path, name: string) => void;

/** The variables of each kind of account, and the key that each sets. */
const accounts = {
  "ecoflow-open": { accessKey: "ECOFLOW_ACCESS_KEY", secretKey: "ECOFLOW_SECRET_KEY" },
  "ecoflow-app": { username: "ECOFLOW_USERNAME", password: "ECOFLOW_PASSWORD" },
} as const;

/** The variables that belong to every account, the key that each sets, and its value. */
const common: Readonly<Record<string, { key: string; read: (text: string, cwd: string) => unknown }>> = {
  ECOFLOW_API_URL: { key: "apiUrl", read: (text) => text },
  ECOFLOW_CA_FILE: { key: "ca", read: (text, cwd) => inFolder(cwd, text) },
  ECOFLOW_DEVICE_LIST: { key: "devices", read: (text) => wordsOf(text) },
};

/** Returns the variables that are set and belong to every account. */
export const commonVariables = (values: Values): string[] =>
  Object.keys(common).filter((name) => values.has(name));

/** The schema's default for `sources`. */
const usualSources = [{ kind: "mqtt-raw" }];

/**
 * Sets the first source of an account's kind from the environment, or adds one (R20). Half an account becomes a source too, so that
 * the missing half is reported as a mistake.
 */
export function layAccounts(raw: Section, values: Values, cwd: string, named: Named): void {
  const written = raw["sources"] ?? usualSources;
  // Anything but a list is reported elsewhere.
  if (!Array.isArray(written)) return;
  const sources: unknown[] = [...written];
  for (const [kind, keys] of Object.entries(accounts)) layAccount(sources, kind, keys, values, named);
  for (const [index, source] of sources.entries()) {
    if (!isSection(source) || !Object.hasOwn(accounts, String(source["kind"]))) continue;
    const own: Section = { ...source };
    for (const [name, { key, read }] of Object.entries(common)) {
      const text = values.get(name);
      if (text === undefined) continue;
      own[key] = read(text, cwd);
      named(["sources", index, key], name);
    }
    sources[index] = own;
    raw["sources"] = sources;
  }
}

/** Sets the first source of the kind, or adds one; does nothing if the environment names no such account. */
function layAccount(
  sources: unknown[],
  kind: string,
  keys: Readonly<Record<string, string>>,
  values: Values,
  named: Named,
): void {
  const given = Object.entries(keys).filter(([, name]) => values.has(name));
  if (given.length === 0) return;
  const found = sources.findIndex((source) => isSection(source) && source["kind"] === kind);
  const index = found < 0 ? sources.length : found;
  const before = sources[index];
  const own = Object.fromEntries(given.map(([key, name]) => [key, values.get(name)]));
  sources[index] = { kind, ...(isSection(before) ? before : {}), ...own };
  for (const [key, name] of Object.entries(keys)) named(["sources", index, key], name);
}

/** Words between commas, without blanks around them. */
const wordsOf = (text: string): string[] =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
