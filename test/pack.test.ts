/** What `npm pack` takes along: the built program, the agents, the pages and the examples, and nothing that is for developers. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const run = (program: string, args: string[]) =>
  execFileSync(program, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });

/** A file of these folders is wanted, and each of these files. */
const folders = ["dist/", "agents/", "docs/"];
const single = [
  ".env.example",
  "CHANGELOG.md",
  "LICENSE",
  "README.md",
  "config.schema.json",
  "ecoflow-power.example.yaml",
  "package.json",
];

/** Why a file of the package should not be there, or null. */
function objection(path: string): string | null {
  if (/\.test\.|\.map$/.test(path)) return `${path}: a test or a source map`;
  if (folders.some((folder) => path.startsWith(folder)) || single.includes(path)) return null;
  return `${path}: not on the list`;
}

describe("the package", () => {
  const [pack] = JSON.parse(run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"])) as [
    { files: { path: string }[] },
  ];
  const paths = pack.files.map(({ path }) => path);

  it("takes along nothing that is for developers", () => {
    expect(paths.map(objection).filter(Boolean)).toEqual([]);
  });

  it("takes along what a user runs and reads", () => {
    const agents = ["linux", "macos"].map((platform) => `agents/${platform}/shutdown-listener.sh`);
    const program = ["dist/main.js", "dist/io/sqlite-worker.js"];
    const missing = [...program, ...agents, ...single, "docs/topics.md"].filter(
      (path) => !paths.includes(path),
    );
    expect(missing).toEqual([]);
  });

  it("objects to tests, benches and sources", () => {
    const unwanted = [
      "dist/app.test.js",
      "dist/app.js.map",
      "dist-bench/run.js",
      "bench/run.ts",
      "test/x.ts",
    ];
    expect(unwanted.filter((path) => objection(path) === null)).toEqual([]);
  });

  it("cannot be published by accident", () => {
    expect(JSON.parse(readFileSync(join(root, "package.json"), "utf8"))).toMatchObject({ private: true });
  });
});

describe("npm ci", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  /** Runs `prepare`, as npm does after an installation, in a folder with this compiler. */
  function prepare(tsc: string | null): number | null {
    const folder = mkdtempSync(join(tmpdir(), "prepare-"));
    try {
      if (tsc !== null) {
        mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
        writeFileSync(join(folder, "node_modules/.bin/tsc"), `#!/bin/sh\n${tsc}\n`, { mode: 0o755 });
      }
      const path = `${join(folder, "node_modules/.bin")}:${process.env["PATH"]}`;
      const done = spawnSync("sh", ["-c", scripts.prepare], { cwd: folder, env: { PATH: path } });
      return existsSync(join(folder, "built")) ? 0 : done.status || null;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it("builds, so that the command runs at once", () => {
    expect(prepare('[ "$*" = "-p tsconfig.json" ] && touch built')).toBe(0);
  });

  it("ends with the compiler's failure", () => {
    expect(prepare("exit 2")).toBe(2);
  });

  it("--omit=dev, without a compiler, is no failure", () => {
    expect(prepare(null)).toBeNull();
  });
});

it("the build compiles no tests", () => {
  const listed = run("node_modules/.bin/tsc", ["-p", "tsconfig.json", "--listFilesOnly"]).split("\n");
  const own = listed.filter((file) => file.includes("/src/") && !file.includes("/node_modules/"));
  expect(own.some((file) => file.endsWith("/src/main.ts"))).toBe(true);
  expect(own.filter((file) => file.includes(".test."))).toEqual([]);
});
