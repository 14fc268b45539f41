/** Labels, page names and tests that comments and pages refer to exist; and the check itself finds planted mistakes. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  commentsOf,
  dangling,
  deadPages,
  entriesOf,
  labelsIn,
  missingTests,
  type Read,
  rowsIn,
  testsNamedIn,
} from "./language.ts";

const read: Read = (path) =>
  existsSync(path) && statSync(path).isFile() ? readFileSync(path, "utf8") : null;

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    // A folder with a dot is made by a test and no part of the repository.
    if (entry.isDirectory()) return entry.name.startsWith(".") ? [] : filesUnder(path);
    return /\.(ts|sh)$/.test(entry.name) ? [path] : [];
  });
}

/** The planted mistakes of this file are no references. */
const files = ["src", "agents", "test", "bench"]
  .flatMap(filesUnder)
  .filter((file) => !file.startsWith("test/language"));

const rules = read("docs/rules.md") ?? "";
const policy = read("docs/policy.md");

const findingsOf = (file: string): string[] => {
  const text = readFileSync(file, "utf8");
  // Without docs/policy.md: the numbers of its rows change when one is added, so code cites none.
  return [...dangling(text, rules, null), ...deadPages(file, text, read)];
};

describe("the repository", () => {
  it("cites no label, row or page that does not exist", () => {
    const found = files.flatMap((file) => findingsOf(file).map((finding) => `${file}: ${finding}`));
    expect(found).toEqual([]);
  });

  it("has an entry for each of 35 S-rules and 28 invariants", () => {
    const entries = entriesOf(rules);
    const numbered = (letter: string, last: number) =>
      Array.from({ length: last }, (_, i) => `${letter}${i + 1}`);
    expect([...numbered("S", 35), ...numbered("I", 28)].filter((each) => !entries.has(each))).toEqual([]);
  });

  it("says of each S-rule whether it is built, twice the same, and names a test where it is", () => {
    const listed = (name: string) =>
      new RegExp(`^\\| ${name} \\|(.*)`, "m").exec(rules)?.[1]?.match(/\bS\d+/g) ?? [];
    const sections = rules.split(/^### (?=S\d+ )/m).slice(1);
    const marked = (mark: RegExp) =>
      sections.filter((text) => mark.test(text)).map((text) => text.split(" ")[0]);
    expect(listed("built")).toEqual(marked(/^(?![\s\S]*\*\*(?:Partly|Not) built)/));
    expect(listed("partly built")).toEqual(marked(/\*\*Partly built/));
    expect(listed("not built yet")).toEqual(marked(/\*\*Not built yet/));
    expect(
      sections.filter((text) => !text.includes("**Not built") && testsNamedIn(text).length === 0),
    ).toEqual([]);
  });

  it("has every test that docs/rules.md and docs/policy.md name", () => {
    expect(testsNamedIn(rules).length).toBeGreaterThan(60);
    expect([rules, policy ?? ""].flatMap((page) => missingTests(page, read))).toEqual([]);
  });
});

describe("the check", () => {
  const page = "### S7 Slow sources\n\n| I4 | blind |\n| 4 | commanded |\n";

  it("reads comments of both languages, and no code", () => {
    const text = 'const R1 = "S1"; // S2 here\n/**\n * S3\n */\nx(); /* S4 */\n# S5 shell\n';
    expect(commentsOf(text).join(" ").match(/S\d/g)).toEqual(["S2", "S3", "S4", "S5"]);
  });

  it("finds labels in comments, titles and brackets, and takes no serial for one", () => {
    const text =
      '// as S7\nit("holds (I4)", f);\nconst told = `late (R9, S8)`;\nconst serial = "R1";\n"base/R2/data";';
    expect(labelsIn(text).sort()).toEqual(["I4", "R9", "S7", "S8"]);
  });

  it("finds a label without an entry", () => {
    expect(dangling("/** Why (S7, I4). */", page, null)).toEqual([]);
    expect(dangling("/** Why (S99). */", page, null)).toEqual(["S99"]);
    expect(dangling("/** Why (S7). */", "about S7, in passing", null)).toEqual(["S7"]);
  });

  it("finds a row without an entry", () => {
    expect(rowsIn("// rows 4–6, 9 and row 11")).toEqual(["4", "6", "9", "11"]);
    expect(dangling("// row 4", "", page)).toEqual([]);
    expect(dangling("// row 4", "", null)).toEqual(["row 4"]);
  });

  // No page of the repository: the names are put together here, so that a search for them finds no reference.
  it.each([
    ...["product", "architecture", "ecoflow-protocol", "missing", "docs/missing"].map((name) => `${name}.md`),
    ...["hard cases", "nut protocol"].map((name) => name.replace(" ", "-")),
    ...["rule 7", "rules 2"].flatMap((rule) => [`bus ${rule}`, `Bus ${rule}`]),
    ...["safety.md", "safety"].flatMap((name) => ["I14", "part C"].map((part) => `${name} ${part}`)),
    `ruling${"s"}`,
  ])("finds a reference to %s", (name) => {
    expect(deadPages("src/a.ts", `/** As ${name} says. */`, read)).toHaveLength(1);
    expect(deadPages("src/a.ts", `it("holds (${name})", f);`, read)).toHaveLength(1);
  });

  it.each(["docs/rules.md", "safety.md", "README.md", "rabits/ha-ef-ble KNOWN_PREFIXES.md"])(
    "leaves a reference to %s alone",
    (name) => {
      expect(deadPages("src/a.ts", `/** As ${name} says. */`, read)).toEqual([]);
    },
  );

  it("finds a test that does not exist, also when it is commented out or only mentioned", () => {
    const there: Read = (path) =>
      path === "test/a.test.ts"
        ? 'it("holds (S7): always", f);\n// it("gone", f);\nf("not at the start: x");'
        : null;
    const named = (file: string, name: string) =>
      missingTests(`- \`${file}\`: "holds (S7)", "${name}"`, there);
    expect(named("test/a.test.ts", "holds")).toEqual([]);
    expect(named("test/a.test.ts", "gone")).toEqual(['test/a.test.ts has no "gone"']);
    expect(named("test/a.test.ts", "at the start")).toHaveLength(1);
    expect(named("test/b.test.ts", "holds")).toEqual(["test/b.test.ts does not exist"]);
    expect(missingTests('`test/a.test.ts`: "holds\n(S7): always"', there)).toEqual([]);
  });
});
