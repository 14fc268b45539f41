/** Resolves every import and checks it against the table of who may import whom. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

/** Folder → what it may import: folders of src/, `node:x`, packages. `*` = any package or node module. */
const allowed: Record<string, { folders: string[]; outside: string[] }> = {
  "core/decode": { folders: ["core"], outside: ["@bufbuild/protobuf/wire"] },
  core: { folders: ["core"], outside: [] },
  contract: { folders: ["contract", "core"], outside: ["zod"] },
  config: { folders: ["config", "core", "contract"], outside: ["zod", "yaml", "node:fs"] },
  io: { folders: ["io", "core", "contract"], outside: ["*"] },
  services: { folders: ["core", "contract", "io"], outside: [] },
  "sim/cloud": {
    folders: ["sim", "core", "contract", "io"],
    outside: ["@bufbuild/protobuf/wire", "zod", "node:crypto"],
  },
  sim: { folders: ["sim", "core", "contract", "io"], outside: ["@bufbuild/protobuf/wire"] },
  cli: { folders: ["*"], outside: ["*"] },
  "": { folders: ["*"], outside: ["*"] },
};

/** What every room may import of `services/`: the interface of a room, and of a source. */
const roomShapes = ["services/service.ts", "services/source.ts"];

/** The room that a file of `services/` belongs to: `policy` for `services/policy.ts` and `services/policy/outbox.ts`. */
const roomOf = (file: string) => file.split("/")[1]?.replace(/\.ts$/, "");

/** A part of a room: `services/<room>/<part>.ts`. Only that room and its other parts may import it. */
const isPartOf = (file: string, path: string) =>
  path.split("/").length > 2 && path.startsWith("services/") && roomOf(file) === roomOf(path);

/** What the emulated cloud takes of `io/`: servers, certificates, time. */
const cloudDoors = ["io/certs.ts", "io/clock.ts", "io/https-server.ts", "io/timer.ts", "io/tls-broker.ts"];

/** Files that no other file imports: the process, the worker, and what only a generated file is made from. */
const entries = ["main.ts", "cli/captures.ts", "io/sqlite-worker.ts", "config/json-schema.ts"];

/** Files that only tests use yet, and the reader that each waits for. */
const waiting = {};

interface Import {
  file: string;
  target: string;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts"))
    .map((entry) => relative("src", join(entry.parentPath, entry.name)))
    .sort();
}

/** Returns the static, type-only, dynamic and re-exporting imports of a text, without comments. */
function importsOf(file: string, text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const found = code.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)["']([^"']+)["']/g);
  return [...found].map((match) => ({ file, target: match[1] as string }));
}

function ringOf(file: string): string {
  const folder = dirname(file);
  if (folder === ".") return "";
  if (folder.startsWith("core/decode")) return "core/decode";
  if (folder.startsWith("sim/cloud")) return "sim/cloud";
  return folder.split("/")[0] as string;
}

/** Returns why this import is not allowed, or null. */
function objection({ file, target }: Import): string | null {
  const ring = ringOf(file);
  const rule = allowed[ring];
  if (!rule) return `${file}: no rule for the folder ${ring}`;
  if (!target.startsWith(".")) {
    const known = rule.outside.includes("*") || rule.outside.includes(target);
    return known ? null : `${file} may not import ${target}`;
  }
  const path = join(dirname(file), target);
  if (ring === "services" && (roomShapes.includes(path) || isPartOf(file, path))) return null;
  const top = path.includes("/") ? (path.split("/")[0] as string) : "";
  if (ring === "cli" && top === "services") return `${file} may not import ${path}`;
  return rule.folders.includes("*") || rule.folders.includes(top) ? null : `${file} may not import ${path}`;
}

/** Where the real clock and the real timers come from; `cli/` is at the outside and hands them in. */
const handsIn = ["io/clock.ts", "io/timer.ts"];
/** Salts of passwords, and the id of a new site: drawn once, stored, and no ground for anything. */
const drawsOnce = ["io/broker-users.ts", "site.ts"];

/** What a file takes from the machine by itself, comments left out. */
function takenBy(file: string, text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const chance = /\bMath\.random\b|\brandom(?:UUID|Int|Bytes)\b|\bgetRandomValues\b/g;
  const time = /\bset(?:Timeout|Interval)\b|\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b/g;
  return [...code.matchAll(chance), ...code.matchAll(time)].map(([word]) => `${file}: ${word}`);
}

const files = sources("src");
const imports = files.flatMap((file) => importsOf(file, readFileSync(join("src", file), "utf8")));

/** Returns the groups of files that import each other, directly or through others; type-only imports count. */
function cyclesOf(edges: readonly Import[]): string[][] {
  const targets = new Map<string, Import[]>();
  for (const edge of edges) targets.set(edge.file, [...(targets.get(edge.file) ?? []), edge]);
  const reachable = (from: string): Set<string> => {
    const seen = new Set<string>();
    const open = [from];
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      for (const { target } of targets.get(file) ?? []) {
        const path = join(dirname(file), target);
        if (target.startsWith(".") && !seen.has(path)) {
          seen.add(path);
          open.push(path);
        }
      }
    }
    return seen;
  };
  const reach = new Map([...targets.keys()].map((file) => [file, reachable(file)]));
  const inCycle = [...reach.keys()].filter((file) => reach.get(file)?.has(file));
  const groups = inCycle.map((file) =>
    inCycle.filter((other) => reach.get(file)?.has(other) && reach.get(other)?.has(file)),
  );
  return [...new Map(groups.map((group) => [group.join(), group])).values()];
}

describe("the shape of the house", () => {
  it("has no import cycle, not even of types", () => {
    expect(cyclesOf(imports)).toEqual([]);
    const planted = [
      { file: "a.ts", target: "./b/c.ts" },
      { file: "b/c.ts", target: "./d.ts" },
      { file: "b/d.ts", target: "../a.ts" },
      { file: "e.ts", target: "./a.ts" },
    ];
    expect(cyclesOf(planted)).toEqual([["a.ts", "b/c.ts", "b/d.ts"]]);
  });

  it("imports only what each folder may", () => {
    expect(imports.map(objection).filter(Boolean)).toEqual([]);
  });

  it("knows only folders and files that exist", () => {
    const folders = Object.keys(allowed).filter((folder) => !files.some((file) => ringOf(file) === folder));
    expect(folders).toEqual([]);
    expect([...roomShapes, ...entries].filter((file) => !files.includes(file))).toEqual([]);
  });

  it("names the file of every relative import as it is", () => {
    const missing = imports
      .filter(({ target }) => target.startsWith("."))
      .filter(({ file, target }) => !files.includes(join(dirname(file), target)));
    expect(missing).toEqual([]);
  });

  it("lets the emulated cloud share nothing with the client that it judges", () => {
    const own = imports.filter(({ file }) => file.startsWith("sim/cloud/"));
    expect(own.filter(({ file }) => file === "sim/cloud/verify.ts").map(({ target }) => target)).toEqual([
      "node:crypto",
    ]);
    const others = own.map(({ file, target }) => join(dirname(file), target));
    const doors = [...new Set(others.filter((path) => path.startsWith("io/")))].sort();
    // A client's file of io/ in this list would let one mistake be on both sides.
    expect(doors).toEqual(cloudDoors);
    // Decoding and the bounds of JSON are no knowledge of the cloud's interfaces.
    expect(others.filter((path) => /^core\/(?!decode\/|reading|bounded-json)/.test(path))).toEqual([]);
  });

  it("catches what it is there for", () => {
    const planted = [
      { file: "core/policy/x.ts", target: "node:fs" },
      { file: "core/policy/x.ts", target: "@bufbuild/protobuf/wire" },
      { file: "core/fuse/x.ts", target: "../../io/clock.ts" },
      { file: "contract/x.ts", target: "../io/bus.ts" },
      { file: "io/x.ts", target: "../services/policy.ts" },
      { file: "services/policy.ts", target: "./commander.ts" },
      { file: "services/policy.ts", target: "mqtt" },
      { file: "services/policy.ts", target: "../config/schema.ts" },
      { file: "sim/world.ts", target: "../app.ts" },
      { file: "cli/run.ts", target: "../services/policy.ts" },
      { file: "config/x.ts", target: "node:child_process" },
    ];
    const parts = [
      { file: "services/commander.ts", target: "./policy/outbox.ts" },
      { file: "services/policy/outbox.ts", target: "../policy.ts" },
      { file: "services/policy/outbox.ts", target: "../commander.ts" },
      { file: "services/policy/outbox.ts", target: "mqtt" },
      { file: "services/policy/outbox.ts", target: "../../config/schema.ts" },
    ];
    expect([...planted, ...parts].filter((each) => objection(each) === null)).toEqual([]);
    expect(importsOf("a.ts", 'const x = await import("mqtt"); export * from "./b.ts";')).toHaveLength(2);
  });

  it("opens each file with a sentence that says what it is", () => {
    const silent = files.filter((file) => !/^(#!.*\n)?\/\*\*/.test(readFileSync(join("src", file), "utf8")));
    expect(silent).toEqual([]);
  });

  it("hands in the time, timers and chance: nobody takes them for itself", () => {
    const taken = files
      .filter((file) => ![...handsIn, ...drawsOnce].includes(file) && !file.startsWith("cli/"))
      .flatMap((file) => takenBy(file, readFileSync(join("src", file), "utf8")));
    expect(taken).toEqual([]);
    const planted = [
      "const a = Math.random();",
      'import { randomUUID } from "node:crypto";',
      "setTimeout(run, 1);",
      "setInterval(run, 1);",
      "const wall = Date.now();",
      "const at = new Date();",
      'import { setTimeout as sleep } from "node:timers/promises";',
    ];
    for (const text of planted) expect(takenBy("x.ts", text)).toHaveLength(1);
    expect(takenBy("x.ts", "// setTimeout\n/** Date.now */\nnew Date(wall)")).toEqual([]);
  });

  it("leaves no file without a reader", () => {
    const read = new Set(imports.map(({ file, target }) => join(dirname(file), target)));
    const unread = files.filter((file) => !read.has(file) && !entries.includes(file));
    // Equal, not contained: a file that is gone, or has its reader, must leave this list.
    expect(unread).toEqual(Object.keys(waiting));
  });
});
