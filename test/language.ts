/** Finds labels and page names that lead nowhere, and tests that docs/rules.md names and that do not exist. */
import { dirname, join, normalize } from "node:path";

/** The text of each file of the repository by its path; null where there is none. */
export type Read = (path: string) => string | null;

/** Comments of TypeScript and shell, line by line; a `#` or `//` within a string is taken for a comment too. */
export function commentsOf(text: string): string[] {
  const lines: string[] = [];
  let isInBlock = false;
  for (const line of text.split("\n")) {
    const opens = /(?:^|\s)\/\*/.exec(line);
    if (isInBlock || opens !== null) lines.push(isInBlock ? line : line.slice(opens?.index));
    else {
      const comment = /(?:^|\s)(?:\/\/|#)\s.*$/.exec(line);
      if (comment !== null) lines.push(comment[0]);
    }
    if (line.includes("*/")) isInBlock = false;
    else if (opens !== null) isInBlock = true;
  }
  return lines;
}

/** A text without its comments, so that a test that is commented out does not count. */
export const codeOf = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");

const label = /\b[SIRE]\d{1,2}\b/g;
/** Titles of tests, whatever their quotes. */
const title = /\b(?:describe|it|test)(?:\.\w+)*\(\s*(["'`])(.*?)\1/g;
/** `(S30)`, `(I3, S18)`: in a message or in a test's name. */
const bracketed = /\(([SIRE]\d{1,2}(?:[,; ]+(?:and )?[SIRE]\d{1,2})*)\)/g;

/** Labels that a file cites: in comments, in titles of tests, and in brackets anywhere. */
export function labelsIn(text: string): string[] {
  const places = [
    ...commentsOf(text),
    ...[...text.matchAll(title)].map(([, , words = ""]) => words),
    ...[...text.matchAll(bracketed)].map(([, labels = ""]) => labels),
  ];
  return [...new Set(places.flatMap((place) => place.match(label) ?? []))];
}

/** Row numbers that comments cite: `row 4`, `rows 5–7, 9` gives 5, 7 and 9. */
export function rowsIn(text: string): string[] {
  const cited = commentsOf(text).flatMap((line) => line.match(/\brows? \d+(?:(?:, | and |–)\d+)*/gi) ?? []);
  return [...new Set(cited.flatMap((words) => words.match(/\d+/g) ?? []))];
}

/** Labels with an entry on a page: `### S7 Title`, or a table row that begins with `| I4 |` or `| 4 |`. */
export function entriesOf(page: string): Set<string> {
  const entries = page.matchAll(/^(?:#{2,4} ([SIRE]\d{1,2}) |\| ([SIRE]?\d{1,2}) \|)/gm);
  return new Set([...entries].map(([, heading, cell]) => heading ?? cell ?? ""));
}

/** Names of design papers that are not part of the repository. */
const papers =
  /\b(?:product|architecture|nut-protocol|ecoflow-protocol)\.md\b|\bhard[- ]cases\b|\brulings?\b|\b[Bb]us rules? \d+|\bnut-protocol\b|\bsafety(?:\.md)? (?:part )?[A-Z]\d*\b/g;
/** `x.md` in a comment; one behind `owner/repository` is another project's. */
const pageName = /(?<![\w/-]\/?[\w.-]+\/[\w.-]+ )(?<![\w./-])[\w./-]*\w\.md\b/g;

/** References in comments and titles to pages that the repository has not. */
export function deadPages(path: string, text: string, read: Read): string[] {
  const places = [...commentsOf(text), ...[...text.matchAll(title)].map(([, , words = ""]) => words)];
  const papersNamed = places.flatMap((place) => place.match(papers) ?? []);
  const exists = (name: string) =>
    [name, join("docs", name), join(dirname(path), name)].some((place) => read(normalize(place)) !== null);
  const names = places.flatMap((place) => place.match(pageName) ?? []).filter((name) => !exists(name));
  return [...new Set([...papersNamed, ...names])];
}

/** Labels and rows of a file that no page explains. */
export function dangling(text: string, rules: string, policy: string | null): string[] {
  const entries = new Set([...entriesOf(rules), ...entriesOf(policy ?? "")]);
  const labels = labelsIn(text).filter((cited) => !entries.has(cited));
  const rows = rowsIn(text).filter((row) => !entries.has(row));
  return [...labels, ...rows.map((row) => `row ${row}`)];
}

export interface NamedTest {
  file: string;
  name: string;
}

/** A test file as docs/rules.md and docs/policy.md name it. Links of docs/decisions are checked by test/words.test.ts. */
const testFile = /`((?:src|test|agents)\/[\w./-]+\.ts)`/.source;

/** The tests that a page names: a file, a colon, and titles in quotes, which may run over two lines. */
export function testsNamedIn(page: string): NamedTest[] {
  const groups = page.matchAll(new RegExp(`${testFile}:((?:\\s*,?\\s*"[^"]+")+)`, "g"));
  return [...groups].flatMap(([, file = "", names = ""]) =>
    [...names.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => ({ file, name: name.replace(/\s+/g, " ") })),
  );
}

/** What is wrong with each test that a page names: the file or the name does not exist. */
export function missingTests(page: string, read: Read): string[] {
  const files = [...page.matchAll(new RegExp(testFile, "g"))].map(([, file = ""]) => file);
  const noFile = [...new Set(files)]
    .filter((file) => read(file) === null)
    .map((file) => `${file} does not exist`);
  const noName = testsNamedIn(page).flatMap(({ file, name }) => {
    const text = read(file);
    return text === null || hasTest(text, name) ? [] : [`${file} has no "${name}"`];
  });
  return [...noFile, ...noName];
}

/** True for a title that begins a string in the file's code. */
const hasTest = (text: string, name: string): boolean =>
  ['"', "'", "`"].some((quote) => codeOf(text).includes(quote + name));
