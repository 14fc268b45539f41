/** docs/demo.md shows what the demo prints. `npm run docs` writes both tables of it. */
import { readFileSync, writeFileSync } from "node:fs";
import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { demoCommand } from "../src/cli/demo.ts";
import { scenes } from "../src/sim/scenes/table.ts";

const file = "docs/demo.md";
const speakers = ["log", "server", "world", "pc", "nas", "rack"];

/** What a run prints, without what differs from run to run: version, ports, speed, and progress. */
async function printed(): Promise<string> {
  const said: string[] = [];
  const code = await demoCommand(["--once", "--emulated", "--speed", "200"], {
    out: (text) => void said.push(text),
    err: (text) => void said.push(text),
    stdin: Readable.from([]),
    cwd: "/",
    env: {},
    isTerminal: false,
    stop: new AbortController().signal,
  });
  expect(code).toBe(0);
  const isProgress = (line: string) =>
    /^ \d\d:\d\d {2}/.test(line) && !speakers.includes(line.slice(8, 16).trim());
  const lines = said
    .join("\n")
    .split("\n")
    .filter((line) => !isProgress(line));
  return lines
    .join("\n")
    .replace(/^ecoflow-power .*:/, "ecoflow-power 0.1.0:")
    .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:51883")
    .replace(/ 200 times/, " 20 times");
}

/** Entries of the same second may come in another order: each source has a connection of its own. */
const entries = (text: string) => text.split(/\n(?! {9,}|$)/).sort();

const block = (page: string, name: string) => {
  const [, rest = ""] = page.split(`<!-- ${name} -->\n`);
  return rest.split("<!-- end -->")[0] ?? "";
};
const withBlock = (page: string, name: string, text: string) =>
  page.replace(`<!-- ${name} -->\n${block(page, name)}`, () => `<!-- ${name} -->\n${text}`);

it("docs/demo.md lists the scenarios and shows a first run", { timeout: 180_000 }, async () => {
  const rows = scenes.map(({ name, about }) => `| \`${name}\` | ${about} |\n`);
  const table = `\n| scenario | what happens |\n|---|---|\n${rows.join("")}\n`;
  const output = `\n\`\`\`text\n${await printed()}\n\`\`\`\n\n`;
  const page = readFileSync(file, "utf8");
  if (process.env["UPDATE_DOCS"] === "1")
    writeFileSync(file, withBlock(withBlock(page, "scenarios", table), "output", output));
  const now = readFileSync(file, "utf8");
  expect(block(now, "scenarios")).toBe(table);
  expect(entries(block(now, "output"))).toEqual(entries(output));
});
