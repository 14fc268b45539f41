/** What the pages say is checked like code: links, commands, examples, the picture, the counts. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import type { CommandIo } from "../src/cli/command.ts";
import { main } from "../src/cli/index.ts";
import { loadConfig } from "../src/config/load.ts";

const skippedFolders = /^(node_modules|dist|dist-bench|data|coverage|\..*)$/;

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "." ? entry.name : join(folder, entry.name);
    if (entry.isDirectory()) return skippedFolders.test(entry.name) ? [] : filesUnder(path);
    return [path];
  });
}

const files = filesUnder(".");
const texts = new Map(files.filter((file) => file.endsWith(".md")).map((file) => [file, read(file)]));

function read(file: string): string {
  return readFileSync(file, "utf8");
}

/** Runs `check` over every page; answers "<file>: <finding>". */
function found(check: (text: string, file: string) => Iterable<string>): string[] {
  return [...texts].flatMap(([file, text]) => [...check(text, file)].map((finding) => `${file}: ${finding}`));
}

interface Block {
  language: string;
  text: string;
}

function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = "", body = ""]) => ({
    language,
    text: body,
  }));
}

/** A page without its code. */
const prose = (text: string) => text.replace(/^```\w*\n[\s\S]*?^```$/gm, "").replace(/`[^`\n]*`/g, "");

/** Everything a page sets as code, blocks and words. */
function codeOf(text: string): string[] {
  const spans = [...text.replace(/^```\w*\n[\s\S]*?^```$/gm, "").matchAll(/`([^`\n]+)`/g)];
  return [...blocksOf(text).map((block) => block.text), ...spans.map(([, code = ""]) => code)];
}

/** Runs a command of the command line in a folder and answers what it said. */
async function said(args: string[], cwd = "."): Promise<string> {
  const lines: string[] = [];
  const io: CommandIo = {
    out: (text) => void lines.push(text),
    err: (text) => void lines.push(text),
    stdin: process.stdin,
    cwd,
    env: {},
    isTerminal: false,
    stop: new AbortController().signal,
  };
  await main(args, io);
  return lines.join("\n");
}

describe("the pages", () => {
  it("link only to what is there", () => {
    const dead = found((text, file) =>
      [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target = ""]) => target)
        .filter((target) => !/^[a-z]+:/.test(target) && !target.startsWith("#"))
        .filter((target) => !existsSync(normalize(join(dirname(file), target.replace(/#.*$/, ""))))),
    );
    expect(dead).toEqual([]);
  });

  it("name only files that are there", () => {
    const path = /^(?:\.?\/)?((?:src|test|docs|bench|agents)\/[\w./-]+|[A-Z]+\.md)$/;
    const missing = found((text) =>
      codeOf(text)
        .map((code) => path.exec(code)?.[1])
        .filter((named): named is string => named !== undefined && !existsSync(named)),
    );
    expect(missing).toEqual([]);
  });

  it("name only scripts of package.json", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const unknown = found((text) =>
      codeOf(text)
        .flatMap((code) => [...code.matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name))
        .filter((name) => !Object.hasOwn(scripts, name)),
    );
    expect(unknown).toEqual([]);
  });

  it("name only commands that --help names", async () => {
    const known = [...(await said(["--help"])).matchAll(/^ {2}(\S+) {2}/gm)].map(([, name]) => name);
    expect(known.length).toBeGreaterThan(3);
    const unknown = found((text) =>
      codeOf(text)
        .flatMap((code) => [...code.matchAll(/(?<![\w/.-]|# )ecoflow-power ([a-z][\w-]*)/g)])
        .map(([, name = ""]) => name)
        .filter((name) => !known.includes(name)),
    );
    expect(unknown).toEqual([]);
  });

  it("speak plainly: no exclamation marks, no emoji, nothing left to be written", () => {
    const open = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "TB" + "D", "W" + "IP"].join("|")})\\b`, "g");
    expect(found((text) => prose(text).match(/\w+!(?!\[)|\p{Extended_Pictographic}/gu) ?? [])).toEqual([]);
    expect(found((text) => text.match(open) ?? [])).toEqual([]);
  });

  it("name no path of anybody's machine and no host but public ones", () => {
    const somebodys = /^\/(home|users|root|tmp|work|workspace|builds?)(\/|$)/i;
    const paths = found((text) =>
      [...text.matchAll(/(?<![\w.)\]>}$*:/-])\/[a-z][\w.-]*(?:\/[\w.-]*)*/gi)]
        .map(([path]) => path)
        .filter((path) => somebodys.test(path)),
    );
    expect(paths).toEqual([]);
    const hosts = found((text) =>
      [...text.matchAll(/\bhttps?:\/\/([^/\s)"'`:]+)/g)]
        .map(([, host = ""]) => host)
        .filter((host) => !/^(github\.com|keepachangelog\.com|127\.0\.0\.1|localhost)$/.test(host)),
    );
    expect(hosts).toEqual([]);
  });

  it("and nothing in the repository names the folder it lies in", () => {
    const sources = files.filter((file) => /\.(ts|sh|md|json|ya?ml|example)$/.test(file));
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.filter((file) => read(file).includes(process.cwd()))).toEqual([]);
  });

  it("and no other file names where packages were fetched from", () => {
    const sources = [".npmrc", "package.json", "package-lock.json", ".gitignore", "biome.json"].filter(
      existsSync,
    );
    for (const file of sources) {
      expect(read(file), file).not.toMatch(/"resolved"|registry\s*=|(?<![\w-])registry\.|"publishConfig"/);
    }
  });
});

describe("README.md", () => {
  const readme = texts.get("README.md") ?? "";

  it("draws the rooms that map prints, in its order", async () => {
    const rooms = (JSON.parse(await said(["map", "--json"])) as { name: string }[]).map(({ name }) => name);
    const picture = blocksOf(readme).find(({ text }) => text.includes("[telemetry]"))?.text ?? "";
    expect([...picture.matchAll(/\[([a-z-]+)\]/g)].map(([, name]) => name)).toEqual(rooms);
  });

  it("names the topics of the picture as the contract does", async () => {
    const map = await said(["map"]);
    const picture = blocksOf(readme).find(({ text }) => text.includes("[telemetry]"))?.text ?? "";
    const topics = picture.match(/(?:<base>|power-manager)\/[\w<>+/-]+/g) ?? [];
    expect(topics.length).toBeGreaterThan(3);
    const known = (topic: string) => map.includes(topic.replace(/(?<!^)<(?!base)\w+>/g, "+"));
    expect(topics.filter((topic) => !known(topic))).toEqual([]);
  });

  const examples = blocksOf(readme).filter(({ language }) => language === "yaml" || language === "env");

  it("has an example of each way to configure", () => {
    expect(new Set(examples.map(({ language }) => language))).toEqual(new Set(["yaml", "env"]));
  });

  for (const [index, { language, text }] of examples.entries()) {
    it(`example ${index + 1} (${language}) loads as it stands, and protects a machine`, () => {
      const own = language === "env" ? ".env" : "ecoflow-power.yaml";
      const readFile = (path: string) => {
        if (path === join("/site", own)) return text;
        throw Object.assign(new Error(path), { code: "ENOENT" });
      };
      // An .env stands by itself; what a YAML takes from the environment is set.
      const secrets = { NAS_KEY: "0123456789abcdef0123456789abcdef", MQTT_PASS: "secret of the broker" };
      const loaded = loadConfig({ cwd: "/site", env: language === "env" ? {} : secrets, readFile });
      expect(loaded.ok ? [] : loaded.problems).toEqual([]);
      expect(loaded.ok && Object.keys(loaded.config.machines)).not.toHaveLength(0);
    });
  }
});

describe("what README.md shows", () => {
  const readme = texts.get("README.md") ?? "";
  const shown = (word: string) => blocksOf(readme).find(({ text }) => text.includes(word))?.text ?? "";

  it("is what the demo tells", { timeout: 120_000 }, async () => {
    // A figure may differ by a watt or a second, and with its digits the place where a line is broken.
    const plain = (text: string) => text.replace(/\d+/g, "#").replace(/\s+/g, " ").trim();
    const told = plain(await said(["demo", "--once", "--speed", "200"]));
    const speeches = shown("The mains fail.").split(/\n(?= \d\d:\d\d)/);
    expect(speeches.length).toBeGreaterThan(8);
    expect(speeches.filter((speech) => !told.includes(plain(speech)))).toEqual([]);
  });

  it("is what check says of these mistakes", async () => {
    const folder = mkdtempSync(join(tmpdir(), "words-"));
    try {
      const mapping = `DEVICE_TO_AGENTS_JSON='{"Study": ["pc"]}'`;
      const mistakes = ["MQTT_HOST=localhost", "POLICY_SOC_MIN=1o", "POLICY_DEBOUNCE_SECS=120", mapping];
      writeFileSync(join(folder, ".env"), mistakes.join("\n"));
      const told = (await said(["check", "--offline"], folder)).replaceAll(`${folder}/`, "");
      const lines = shown("nothing was started").trimEnd().split("\n");
      expect(lines.length).toBeGreaterThan(4);
      expect(lines.filter((line) => !told.includes(line.replace(/ …$/, "")))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("AGENTS.md", () => {
  const page = texts.get("AGENTS.md") ?? "";

  it("is short", () => {
    expect(page.split("\n").length).toBeLessThan(150);
  });

  it("draws a tree that is there", () => {
    const tree =
      blocksOf(page)
        .find(({ text }) => text.startsWith("src/"))
        ?.text.trimEnd() ?? "";
    let folder = "";
    const drawn = tree.split("\n").map((line) => {
      const [, indent = "", name = ""] = /^( *)(\S+)/.exec(line) ?? [];
      if (indent === "") folder = name;
      return indent === "" ? name : join(folder, name);
    });
    const isThere = (path: string) => existsSync(path) && statSync(path).isDirectory() === path.endsWith("/");
    expect(drawn.length).toBeGreaterThan(10);
    expect(drawn.filter((path) => !isThere(path))).toEqual([]);
  });
});

describe("docs/decisions", () => {
  const pages = readdirSync("docs/decisions").filter((name) => /^\d\d-/.test(name));
  const index = texts.get("docs/decisions/README.md") ?? "";

  it("are all in the index, numbered without a gap", () => {
    expect(pages.map((name) => Number(name.slice(0, 2)))).toEqual(pages.map((_, position) => position + 1));
    expect(pages.filter((name) => !index.includes(`(${name})`))).toEqual([]);
  });

  it("each fit on one page and say question, deed, reason, cost and test", () => {
    const parts = ["The question.", "What we do.", "Why.", "What it costs.", "How it is tested."];
    const poor = pages.flatMap((name) => {
      const text = read(join("docs/decisions", name));
      const missing = parts.filter((part) => !text.includes(`**${part}**`));
      return missing.length > 0 || text.split("\n").length > 50 ? [`${name}: ${missing.join(" ")}`] : [];
    });
    expect(poor).toEqual([]);
  });

  it("name promises that the tests they link to hold", () => {
    const missing = pages.flatMap((name) => {
      const tested = read(join("docs/decisions", name)).split("**How it is tested.**")[1] ?? "";
      const linked = [...tested.matchAll(/\]\(([^)]+\.ts)\)/g)].map(([, target = ""]) =>
        read(join("docs/decisions", target)),
      );
      const promises = [...tested.matchAll(/"([^"]+)"/g)].map(([, promise = ""]) =>
        promise.replace(/\s+/g, " "),
      );
      if (promises.length === 0) return [`${name}: names no test`];
      return promises
        .filter((promise) => !linked.some((text) => beginsIn(text, promise)))
        .map((promise) => `${name}: ${promise}`);
    });
    expect(missing).toEqual([]);
  });
});

/** A promise is the beginning of a test's name, whole words of it. */
function beginsIn(text: string, promise: string): boolean {
  const at = text.indexOf(`"${promise}`);
  return at >= 0 && !/\w/.test(text[at + 1 + promise.length] ?? "");
}

interface Capture {
  id: string;
  encoding: string;
  decoded: { message: string | null; xored?: boolean; fields?: { output_watts?: number } }[];
}

/** What the original says by the rule "more than 1 is an outage", against the truth. */
function verdictOf(watts: number | undefined, inOutage: boolean): string {
  if (watts === undefined) return "none";
  if (watts > 1 === inOutage) return inOutage ? "right: in an outage" : "right: on mains";
  return inOutage ? 'wrong: "present" in an outage' : 'wrong: "lost" on good mains';
}

describe("docs/decisions/01-tag-27.md", () => {
  const captures = "../shared/captures/captures.jsonl";

  it.skipIf(!existsSync(captures))("counts what the captures show", () => {
    const lines = read(captures)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Capture);
    const river3 = lines.filter(({ id, encoding }) => /^sh-r6(31|55)-/.test(id) && encoding === "hex");
    // By the captures' own notes; every other unit was on mains.
    const inOutage = new Set(["sh-r655-22-outage", "sh-r655-25-outage2", "sh-r655-26-outage-acoff"]);
    const count: Record<string, number> = {};
    for (const { id, decoded } of river3) {
      // Field 27 is seen only where a battery heartbeat lies unmasked; the last one of a payload stays.
      const heartbeat = decoded.findLast(({ message, xored }) => message === "BMS" && !xored);
      const row = verdictOf(heartbeat?.fields?.output_watts, inOutage.has(id));
      count[row] = (count[row] ?? 0) + 1;
    }
    const page = read("docs/decisions/01-tag-27.md");
    expect(page).toContain(`over the ${river3.length} enveloped protobuf payloads`);
    for (const [row, frames] of Object.entries(count)) expect(page).toContain(`| ${row} | ${frames} |`);
  });
});
