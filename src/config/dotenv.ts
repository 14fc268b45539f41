/** Reads a `.env` file as the original's README writes it: comments behind values, quotes, JSON over several lines. */

export interface DotEnvEntry {
  name: string;
  value: string;
  /** First line of it, from 1. */
  line: number;
}

export interface DotEnvMistake {
  /** The word the line begins with. */
  name: string;
  line: number;
  kind: "unclosed" | "no-value";
}

/** Every NAME=value in order, and the lines that could not be read. A value is never part of a mistake: it may be a secret. */
export function parseDotEnv(source: string): { entries: DotEnvEntry[]; mistakes: DotEnvMistake[] } {
  const text = source.replace(/\r\n?/g, "\n");
  const entries: DotEnvEntry[] = [];
  const mistakes: DotEnvMistake[] = [];
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const lineEnd = endOfLine(text, at);
    const head = assignment.exec(text.slice(at, lineEnd));
    let end = lineEnd;
    if (head) {
      const name = head[1] as string;
      const found = readValue(text, at + head[0].length);
      if (found) entries.push({ name, value: found.value, line });
      else mistakes.push({ name, line, kind: "unclosed" });
      end = found?.end ?? lineEnd;
    } else {
      const word = /^\s*(?:export\s+)?([A-Za-z_]\w*)/.exec(text.slice(at, lineEnd))?.[1];
      if (word !== undefined) mistakes.push({ name: word, line, kind: "no-value" });
    }
    line += text.slice(at, end + 1).split("\n").length - 1;
    at = end + 1;
  }
  return { entries, mistakes };
}

// A byte order mark counts as white space.
const assignment = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)[ \t]*=[ \t]*/;
const nothingMore = /^[ \t]*(?:#[^\n]*)?(?=\n|$)/;

const endOfLine = (text: string, from: number): number => {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
};

/** The value that begins at `from`, and where its last line ends; null when its quote is never closed. */
function readValue(text: string, from: number): { value: string; end: number } | null {
  const quote = text[from];
  if (quote === '"' || quote === "'") return readQuoted(text, from + 1, quote);
  const json = jsonEnd(text, from);
  const rest = json === null ? null : nothingMore.exec(text.slice(json));
  if (json !== null && rest && !swallowsALine(text.slice(from, json)))
    return { value: text.slice(from, json), end: json + rest[0].length };
  const end = endOfLine(text, from);
  // As in a shell, `A=#x` is the text and `A= # x` a comment: blanks before the # decide.
  const begin = /[ \t]/.test(text[from - 1] ?? "") ? from - 1 : from;
  const value = text.slice(begin, end).replace(/\s#.*$/, "");
  return { value: value.trim(), end };
}

/**
 * A quoted value ends at the first such quote with nothing but a comment behind it on its line: inner quotes need no
 * escape (`"{"Study": ["pc"]}"` is what the original accepts), and a backslash is a backslash.
 */
function readQuoted(text: string, from: number, quote: string): { value: string; end: number } | null {
  const json = jsonEnd(text, from);
  const closing = new RegExp(`${quote}[ \\t]*(?:#[^\\n]*)?(?=\\n|$)`, "g");
  closing.lastIndex = json ?? from;
  const match = closing.exec(text);
  if (!match) return null;
  const value = text.slice(from, match.index);
  if (swallowsALine(value)) return null;
  return { value: value.trim(), end: match.index + match[0].length };
}

/** True where a quote or a bracket that was forgotten makes the next assignments, secrets among them, part of a value. */
const swallowsALine = (value: string): boolean => /\n\s*(?:export\s+)?[A-Z_][A-Z0-9_]*=/.test(value);

/** Where the JSON object or list that begins at `from` ends, texts and nesting respected; null where there is none. */
function jsonEnd(text: string, from: number): number | null {
  const start = from + (/^\s*/.exec(text.slice(from))?.[0].length ?? 0);
  if (text[start] !== "{" && text[start] !== "[") return null;
  let depth = 0;
  const token = /"(?:[^"\\\n]|\\.)*"|[{}[\]]/g;
  token.lastIndex = start;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    if (match[0] === "{" || match[0] === "[") depth++;
    else if (match[0] === "}" || match[0] === "]") depth--;
    if (depth === 0) return match.index + match[0].length;
  }
  return null;
}
