/** EcoFlow accounts that the environment names, laid over the YAML's sources. */
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

/** What the schema puts where no sources are written. */
const usualSources = [{ kind: "mqtt-raw" }];

/**
 * Adds a source for an account in the environment, or sets the first source of its kind (R20). A half account becomes a source
 * too, so that the missing half is a mistake.
 */
export function layAccounts(raw: Section, values: Values, cwd: string, named: Named): void {
  const written = raw["sources"] ?? usualSources;
  // Anything but a list is a mistake of its own.
  if (!Array.isArray(written)) return;
  const sources: unknown[] = [...written];
  for (const [kind, keys] of Object.entries(accounts)) layAccount(sources, kind, keys, values, named);
  const common = commonOf(values, cwd);
  for (const [index, source] of sources.entries()) {
    if (!isSection(source) || !Object.hasOwn(accounts, String(source["kind"]))) continue;
    sources[index] = { ...source, ...Object.fromEntries(common.map(({ key, value }) => [key, value])) };
    for (const { key, name } of common) named(["sources", index, key], name);
    raw["sources"] = sources;
  }
}

/** Sets the first source of the kind, or adds one; nothing where the environment names no such account. */
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

/** The settings of every account that the environment sets. */
function commonOf(values: Values, cwd: string): { key: string; name: string; value: unknown }[] {
  const [url, ca, devices] = ["ECOFLOW_API_URL", "ECOFLOW_CA_FILE", "ECOFLOW_DEVICE_LIST"].map((name) =>
    values.get(name),
  );
  return [
    ...(url === undefined ? [] : [{ key: "apiUrl", name: "ECOFLOW_API_URL", value: url }]),
    ...(ca === undefined ? [] : [{ key: "ca", name: "ECOFLOW_CA_FILE", value: inFolder(cwd, ca) }]),
    ...(devices === undefined
      ? []
      : [{ key: "devices", name: "ECOFLOW_DEVICE_LIST", value: wordsOf(devices) }]),
  ];
}

/** Words between commas, without blanks around them. */
export const wordsOf = (text: string): string[] =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
