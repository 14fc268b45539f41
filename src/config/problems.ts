/** Mistakes in the configuration as sentences: where, what stands there, what is wrong with it, and what to do. */
import { keysOf, nodeAt, type SchemaNode, settings } from "./json-schema.ts";
import { sourceTexts } from "./schema/source.ts";
import { hidden, kindOf, shown } from "./secrets.ts";
import { nearest } from "./suggest.ts";
import { duration, list } from "./units.ts";

export interface Problem {
  /** `policy.debounceSec`, or the name in the environment: `POLICY_DEBOUNCE_SEC`. */
  path: string;
  /** As written, shortened; a secret is masked. */
  value: string;
  problem: string;
  remedy: string;
}

/** What we use of an issue of zod. */
export interface Issue {
  code: string;
  path: readonly PropertyKey[];
  keys?: readonly string[];
}

/** The problems of an issue; `raw` is what was validated, `origin` says which variable a path came from. */
export function explain(
  issue: Issue,
  raw: unknown,
  origin: (path: readonly PropertyKey[]) => string,
): Problem[] {
  const { path, keys } = issue;
  if (issue.code === "unrecognized_keys") return (keys ?? []).map((key) => unknownKey(path, key));
  const value = valueAt(raw, path);
  if (path[0] === "sources" && path[2] === "kind") return [unknownKind(path, value)];
  const node = nodeAt(path);
  const shownValue = valueShown(path, value, node);
  const where = { path: origin(path), value: shownValue };
  const form = malformed(path, value);
  if (form !== null) return [{ ...where, ...form }];
  const wanted = expectation(node, path);
  const empty = issue.code === "too_small" && Array.isArray(value);
  return [
    {
      ...where,
      problem: value === undefined ? "is not set, and must be" : empty ? "is empty" : `is not ${wanted}`,
      remedy: `Write ${wanted}${meaning(node)}.`,
    },
  ];
}

/** Texts of a form of their own, where "a text of that form" would say nothing. */
function malformed(path: readonly PropertyKey[], value: unknown): Pick<Problem, "problem" | "remedy"> | null {
  if (typeof value !== "string" || value === "") return null;
  if (path[0] === "sources" && path[2] === "apiUrl") {
    return {
      problem: "is no https:// address of an API",
      remedy: "Write https://host; http:// only with 127.0.0.1 or localhost.",
    };
  }
  const address = "mqtt://host:1883, or with TLS mqtts://host:8883";
  switch (path.join(".")) {
    case "mqtt.url":
      return value.includes("@")
        ? {
            problem: "holds a user or a password, which do not belong there",
            remedy: `Write ${address}, and them as mqtt.username and mqtt.password (MQTT_USER, MQTT_PASS).`,
          }
        : { problem: "is no address of a broker", remedy: `Write ${address}.` };
    case "site":
      return {
        problem: "may not stand in a topic",
        remedy: "Write 1 to 64 of the characters A–Z a–z 0–9 . _ -",
      };
    case "base":
      return {
        problem: "cannot begin a topic",
        remedy: `Write words of A–Z a–z 0–9 . _ - with / between them, such as bridge-ecoflow${meaning(nodeAt(path))}.`,
      };
    default:
      return null;
  }
}

/** All mistakes for a terminal, one paragraph each. */
export function describeProblems(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "1 mistake" : `${problems.length} mistakes`;
  const lines = problems.map(
    ({ path, value, problem, remedy }) => `  ${path}: ${value} ${problem}.\n      ${remedy}`,
  );
  return [`The configuration has ${count}; nothing was started.`, ...lines].join("\n");
}

/** What stands at a path of nested sections and lists; undefined where nothing does. */
export function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value = raw;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

/** True where the value is a secret: it is never shown, whatever it is. */
export function isSecretPath(path: readonly PropertyKey[]): boolean {
  return path.some((_, index) => nodeAt(path.slice(0, index + 1))?.secret === true);
}

function valueShown(path: readonly PropertyKey[], value: unknown, node: SchemaNode | null): string {
  if (value === undefined || value === null) return shown(value);
  if (isSecretPath(path)) return hidden;
  return wantsSection(node) ? kindOf(value) : shown(value);
}

/** Where sections stand, a password may have slipped in. */
function wantsSection(node: SchemaNode | null): boolean {
  if (node === null || node.type === "object" || node.type === "array") return true;
  return (node.anyOf ?? node.oneOf ?? []).some(wantsSection);
}

/** What stands in a section or a list, where a line of it says more than its kind. */
const examples: Readonly<Record<string, string>> = {
  stations: "Study: { serial: R631EXAMPLE00001 }",
  machines: "pc: { stations: [Study] }",
  sources: "[{ kind: mqtt-raw }]",
};

/** What a node accepts, in words that follow "is not" and "Write". */
function expectation(node: SchemaNode | null, path: readonly PropertyKey[]): string {
  if (node === null) return "a section";
  const variants = node.anyOf ?? node.oneOf;
  if (variants) {
    const told = variants.filter(({ type }) => type !== "null").map((variant) => expectation(variant, path));
    return [...new Set(told)].join(", or ");
  }
  if (node.const !== undefined) return String(node.const);
  if (node.enum) return `one of ${node.enum.join(", ")}`;
  if (node.unit === "seconds")
    return `a duration ${range(node, duration)} in whole seconds, such as 90 or 4m`;
  if (node.type === "integer") return `a whole number ${range(node, String)}`;
  if (node.type === "number") return `a number ${range(node, String)}`;
  if (node.type === "array" || node.type === "object") return collection(node, path);
  if (node.pattern) return "a text of that form";
  return (node.minLength ?? 0) > 1
    ? `a text of at least ${node.minLength} characters`
    : "a text, in quotes where it looks like a number";
}

function collection(node: SchemaNode, path: readonly PropertyKey[]): string {
  const example = examples[path.join(".")];
  if (node.type === "array") return `a list, such as ${example ?? "[Study]"}`;
  const keys = keysOf(node);
  if (example === undefined && keys.length > 0)
    return `a section such as { ${keys[0]}: … }, of ${list(keys)}`;
  return `a section of name: value lines${example === undefined ? "" : `, such as ${example}`}`;
}

const range = ({ minimum, maximum }: SchemaNode, words: (value: number) => string): string =>
  `from ${words(minimum ?? 0)} to ${words(maximum ?? 0)}`;

function meaning(node: SchemaNode | null): string {
  if (!node?.description) return "";
  return ` (${node.description}${node.usual === undefined ? "" : `; usual: ${node.usual}`})`;
}

/** The value of an unknown key is not shown: it may be a misspelt password. */
function unknownKey(path: readonly PropertyKey[], key: string): Problem {
  const at = [...path, key];
  const where = { path: at.map((step) => String(step) || '""').join("."), value: shown(key) };
  if (isUnbuilt(path, key)) {
    return {
      ...where,
      problem: "is for something that is not built yet",
      remedy: `Remove ${key}: this version does nothing with it.`,
    };
  }
  const siblings = keysOf(nodeAt(path));
  const near = nearest(key, siblings) ?? elsewhere(key);
  return {
    ...where,
    problem: "is not a key we know",
    remedy: near ? `Did you mean ${near}?` : `Remove it, or write one of ${siblings.join(", ")}.`,
  };
}

/** Where a key that stands at the wrong level belongs. */
function elsewhere(key: string): string | null {
  const homes = ["policy", "machines", "stations", "mqtt", "broker"];
  const places = settings().filter(({ path: [top = ""] }) => homes.includes(top));
  places.sort((one, other) => homes.indexOf(one.path[0] ?? "") - homes.indexOf(other.path[0] ?? ""));
  const found = nearest(
    key,
    places.map(({ path }) => path.at(-1) ?? ""),
    1,
  );
  return places.find(({ path }) => path.at(-1) === found)?.path.join(".") ?? null;
}

/** Keys that the plan of the product names and that do nothing yet, by the section they belong to. */
const unbuilt: readonly [section: RegExp, keys: readonly string[]][] = [
  [
    /^$/,
    ["controls", "witnesses", "notify", "notifications", "http", "nut", "web", "history", "homeassistant"],
  ],
  [/^policy$/, ["networkGoneSec"]],
  [/^broker$/, ["tls"]],
  [/^stations\.[^.]*$/, ["network", "gateway", "parallel"]],
  [
    /^machines\.[^.]*$/,
    ["tier", "role", "comeback", "steps", "wake", "combine", "after", "runsOn", "brokerMayLeave", "probe"],
  ],
];

const isUnbuilt = (path: readonly PropertyKey[], key: string) => {
  const section = path.map((step) => String(step).replaceAll(".", "_")).join(".");
  return unbuilt.some(([pattern, keys]) => pattern.test(section) && keys.includes(key));
};

const laterKinds = ["nut", "usb"];
const kinds = Object.keys(sourceTexts);

function unknownKind(path: readonly PropertyKey[], value: unknown): Problem {
  const kind = typeof value === "string" ? value : "";
  const later = laterKinds.includes(kind);
  const near = later ? null : nearest(kind, [...kinds, ...laterKinds]);
  const known = `this version reads sources of kind ${list(kinds)}`;
  return {
    path: path.map(String).join("."),
    value: shown(value),
    problem: later ? "is a source that is not built yet" : "is not a kind of source we know",
    remedy: near ? `Did you mean ${near}? Now ${known}.` : `Remove it: ${known}.`,
  };
}
