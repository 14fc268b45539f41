/** Runs docs/new-station.md: its recording comes from our encoder, its commands print what it shows. `UPDATE_DOCS=1` rewrites both. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { CommandIo } from "../src/cli/command.ts";
import { main } from "../src/cli/index.ts";
import { fixture, newSerial, newStationText } from "./new-station.ts";

const page = "docs/new-station.md";
const isUpdate = process.env["UPDATE_DOCS"] !== undefined;

/** Splits a command line as a shell does: quotes keep words together. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, one, two, three]) => one ?? two ?? three ?? "",
  );
}

/** Runs a command line of the page; reads from the repository's root, writes to a folder of its own, returns the output. */
async function run(line: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "new-station-"));
  const lines: string[] = [];
  const say = (text: string) => void lines.push(text);
  const io: CommandIo = {
    out: say,
    err: say,
    stdin: process.stdin,
    cwd: ".",
    env: {},
    isTerminal: false,
    stop: new AbortController().signal,
  };
  try {
    const [program, ...words] = wordsOf(line);
    const args = words.map((word, index) =>
      /^--(out|frames)$/.test(words[index - 1] ?? "") ? join(folder, word) : word,
    );
    expect(program).toBe("ecoflow-power");
    await main(args, io);
    return lines
      .join("\n")
      .replaceAll(`${folder}/`, "")
      .replace(/ecoflow-power \d\S*( \([\w ]+\))?/, "ecoflow-power (its version)")
      .replace(/ +$/gm, "");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Commands begin with `$ `, followed by their output; a line `…` replaces lines that are left out. */
function sessionsOf(text: string) {
  const blocks = [...text.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, body = ""]) => body);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((session) => {
        const [command = "", ...shown] = session.trimEnd().split("\n");
        return { command, shown: shown.join("\n") };
      }),
  );
}

/** Whether the output is as shown, with any lines in place of a line `…`. */
function isShown(shown: string, told: string): boolean {
  const parts = `\n${shown}\n`.split("\n…\n").map((part) => part.replace(/^\n?/, "\n").replace(/\n?$/, "\n"));
  let at = 0;
  const whole = `\n${told}\n`;
  for (const [index, part] of parts.entries()) {
    const found = whole.indexOf(part, at);
    if (found < 0 || (index === 0 && found > 0)) return false;
    at = found + part.length - 1;
  }
  return shown.endsWith("…") || at === whole.length - 1;
}

it("the recording is what our encoder makes", () => {
  if (isUpdate) writeFileSync(fixture, newStationText());
  expect(readFileSync(fixture, "utf8")).toBe(newStationText());
});

const sessions = sessionsOf(readFileSync(page, "utf8"));

it("the page has something to run, and no serial but that of the recording", () => {
  expect(sessions.length).toBeGreaterThan(7);
  const serials = readFileSync(page, "utf8").match(/\b[A-Z]\w{3}[A-Z0-9]{8,}\b/g) ?? [];
  expect(serials.filter((serial) => serial !== newSerial && /\d/.test(serial))).toEqual([]);
});

it.each(sessions)("$command", async ({ command, shown }) => {
  const told = await run(command);
  if (isUpdate && !isShown(shown, told)) {
    const text = readFileSync(page, "utf8");
    writeFileSync(
      page,
      text.replace(`$ ${command}\n${shown}${shown === "" ? "" : "\n"}`, () => `$ ${command}\n${told}\n`),
    );
    return;
  }
  expect(isShown(shown, told) ? shown : told).toBe(shown);
});

it("CONTRIBUTING shows the table of verdicts that this recording gives", async () => {
  const told = await run(`ecoflow-power report ${fixture} --verdicts`);
  const table = told.split("\n").filter((line) => line.startsWith("|"));
  expect(table).toHaveLength(6);
  expect(readFileSync("CONTRIBUTING.md", "utf8")).toContain(table.join("\n"));
});
