/** Reads `ecoflow-power.yaml`: syntax, and `${NAME}` from the environment. */
import { LineCounter, parseDocument } from "yaml";
import type { Problem } from "./problems.ts";

export type Section = Record<string, unknown>;

/** The raw content, as far as it can be read, and every mistake in it. No mistake quotes the text: it may hold a secret. */
export function readYaml(
  text: string,
  file: string,
  lookup: (name: string) => string | undefined,
): { raw: Section; problems: Problem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    return {
      raw: {},
      problems: document.errors.slice(0, 10).map(({ code, pos }) => {
        const { line, col } = lines.linePos(pos[0]);
        return syntax(file, line, col, code);
      }),
    };
  }
  const problems: Problem[] = [];
  const content = contentOf(document, lookup, problems);
  if (content === undefined) return { raw: {}, problems: [endless(file)] };
  if (content === null) return { raw: {}, problems: [] };
  return isSection(content) ? { raw: content, problems } : { raw: {}, problems: [notASection(file)] };
}

/** The content with its variables filled in; undefined where its aliases lead into each other without end. */
function contentOf(
  document: { toJS(): unknown },
  lookup: (name: string) => string | undefined,
  problems: Problem[],
): unknown {
  try {
    return filled(document.toJS() ?? null, [], lookup, problems);
  } catch {
    return undefined;
  }
}

/** True for what YAML writes as `name: value` lines. */
export function isSection(value: unknown): value is Section {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const sentences: Partial<Record<string, [problem: string, remedy: string]>> = {
  DUPLICATE_KEY: ["has the same name twice in one section", "Keep one of the two, or join them."],
  TAB_AS_INDENT: ["is indented with a tab", "Indent with spaces."],
  BAD_ALIAS: ["uses an alias (*name) that nothing defines", "Put a text that begins with * into quotes."],
};

function syntax(file: string, line: number, col: number, code: string): Problem {
  const [problem, remedy] = sentences[code] ?? [
    "is not valid YAML there",
    "Check indentation and quotes there; a text with : # { [ * & ! @ or % in it wants quotes.",
  ];
  return { path: file, value: `line ${line}, column ${col}`, problem, remedy };
}

const notASection = (file: string): Problem => ({
  path: file,
  value: "a list or a single value",
  problem: "is not a set of sections",
  remedy: "Begin with a line such as machines: — ecoflow-power.example.yaml shows one of each.",
});

const endless = (file: string): Problem => ({
  path: file,
  value: "an alias (*name)",
  problem: "leads back into itself, or into too many others",
  remedy: "Write the values out instead.",
});

/** Replaces `${NAME}` in every text; `$${` stands for `${` itself. */
function filled(
  value: unknown,
  path: string[],
  lookup: (name: string) => string | undefined,
  problems: Problem[],
): unknown {
  if (typeof value === "string") {
    return value.replace(/\$(\$\{)|\$\{([^}]*)\}/g, (_, escaped?: string, name?: string) => {
      if (escaped !== undefined) return escaped;
      const found = lookup((name ?? "").trim());
      if (found === undefined) problems.push(unset(path, name ?? ""));
      return found ?? "";
    });
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => filled(item, [...path, String(index)], lookup, problems));
  }
  if (!isSection(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, filled(item, [...path, key], lookup, problems)]),
  );
}

const unset = (path: string[], name: string): Problem => ({
  path: path.join("."),
  value: `\${${name}}`,
  problem: "names a variable that is not set",
  remedy: `Set ${name} in the environment or in .env; a text that really holds \${ is written $\${.`,
});
