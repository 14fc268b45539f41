import { execFile, spawn } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { memoryStore, openStateStore } from "./sqlite.ts";
import { bindable } from "./sqlite-bind.ts";

const dist = (file: string) => new URL(`../../dist/io/${file}`, import.meta.url).href;
const run = promisify(execFile);
let parent: string;
let dir: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "ecoflow-power-"));
  dir = join(parent, "state");
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

describe("the store", () => {
  it("gives back what was saved, after it was closed and opened again", async () => {
    const first = await openStateStore(dir);
    expect(await first.load("policy")).toBe(null);
    await first.save("policy", '{"epoch":1}');
    await first.save("policy", '{"epoch":2}');
    await first.saveAll({ mirror: "[]", texts: "ü€😀" });
    await first.close();
    await expect(first.load("policy")).rejects.toThrow(/closed/);
    const second = await openStateStore(dir);
    expect(await second.load("policy")).toBe('{"epoch":2}');
    expect(await second.load("texts")).toBe("ü€😀");
    expect(second.setAside).toBe(null);
    await second.close();
  });

  it("is for its owner alone: folder 0700, files 0600", async () => {
    const store = await openStateStore(dir);
    await store.save("policy", "x");
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(dir))
      expect([name, statSync(join(dir, name)).mode & 0o777]).toEqual([name, 0o600]);
    await store.close();
    chmodSync(join(dir, "state.db"), 0o644);
    await (await openStateStore(dir)).close();
    expect(statSync(join(dir, "state.db")).mode & 0o777).toBe(0o600);
  });

  it("saves all entries or none", async () => {
    const store = await openStateStore(dir);
    await expect(store.saveAll({ good: "1", bad: "a\0b" })).rejects.toThrow(/NUL/);
    expect(await store.load("good")).toBe(null);
    await store.save("good", "2");
    expect(await store.load("good")).toBe("2");
    await store.close();
  });

  it("leaves a file of a newer version alone and says so", async () => {
    await (await openStateStore(dir)).close();
    const db = new Database(join(dir, "state.db"));
    db.exec("PRAGMA user_version = 99");
    db.close();
    await expect(openStateStore(dir)).rejects.toThrow(
      /newer version \(schema 99, this version knows 1\).*move the file/,
    );
  });

  it("refuses a folder that another process works in", async () => {
    const store = await openStateStore(dir);
    await store.save("a", "1");
    await expect(openStateStore(dir)).rejects.toThrow(/in use by another process/);
    await store.close();
    await (await openStateStore(dir)).close();
  });

  it.each([
    ["a file that is no database", (path: string) => writeFileSync(path, "x".repeat(5_000))],
    ["a database with a torn page", (path: string) => truncateSync(path, 5_000)],
    ["a database with a page of zeros", (path: string) => overwrite(path, 4_096, Buffer.alloc(4_096))],
  ])("sets %s aside, names it, and starts empty", async (_, damage) => {
    const before = await openStateStore(dir);
    for (let index = 0; index < 50; index++) await before.save(`key ${index}`, "x".repeat(500));
    await before.close();
    damage(join(dir, "state.db"));
    const store = await openStateStore(dir);
    expect(store.setAside).toMatch(
      /state\.db was damaged .* is now .*state\.db\.damaged-1; the server starts without a past/,
    );
    expect(await store.load("key 1")).toBe(null);
    await store.save("key 1", "new");
    await store.close();
    expect(readdirSync(dir)).toContain("state.db.damaged-1");
    const again = await openStateStore(dir);
    expect([again.setAside, await again.load("key 1")]).toEqual([null, "new"]);
    await again.close();
  });

  it("has lost nothing that it confirmed when it is killed at any moment", async () => {
    const script = `
      import { openStateStore } from ${JSON.stringify(dist("sqlite.js"))};
      const store = await openStateStore(${JSON.stringify(dir)});
      for (let n = Number(await store.load("n") ?? 0) + 1; ; n++) {
        await store.saveAll({ n: String(n), twin: String(n), load: "x".repeat(n % 7 * 1000) });
        process.stdout.write(n + "\\n");
      }`;
    let confirmed = 0;
    for (const stopAfter of [1, 7, 40]) {
      const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
      const goal = confirmed + stopAfter;
      let text = "";
      let errors = "";
      child.stderr.on("data", (chunk: Buffer) => (errors += chunk));
      child.stdout.on("data", (chunk: Buffer) => {
        text += chunk;
        if (lastNumber(text) >= goal) child.kill("SIGKILL");
      });
      await new Promise((resolve) => child.once("close", resolve));
      expect(errors).toBe("");
      confirmed = lastNumber(text);
      const store = await openStateStore(dir);
      const found = Number(await store.load("n"));
      expect(store.setAside).toBe(null);
      expect(found).toBeGreaterThanOrEqual(confirmed);
      expect(await store.load("twin")).toBe(String(found));
      await store.close();
    }
  });
});

describe("what may be bound", () => {
  const anything = fc.oneof(
    fc.anything({ withBigInt: true, withDate: true, withTypedArray: true, withNullPrototype: true }),
    fc.boolean(),
    fc.double(),
    fc.string({ unit: "binary" }),
    fc.uint8Array(),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, undefined, "a\0b", "\ud800"),
  );

  it("is finite numbers, texts, bytes and null, and a mistake is named", () => {
    expect(bindable(1, "a", null, new Uint8Array(2))).toHaveLength(4);
    expect(() => bindable(1, true)).toThrow("value 2 of a statement cannot be stored: it is of type boolean");
    fc.assert(
      fc.property(anything, (value) => {
        const allowed =
          value === null ||
          value instanceof Uint8Array ||
          (typeof value === "number" && Number.isFinite(value)) ||
          (typeof value === "string" && !value.includes("\0") && Buffer.from(value).toString() === value);
        if (allowed) expect(bindable(value)).toEqual([value]);
        else expect(() => bindable(value)).toThrow(TypeError);
      }),
    );
  });

  it("comes back as it was, and nothing that passes kills the process", async () => {
    const script = `
      import fc from "fast-check";
      import Database from "libsql";
      import { bindable } from ${JSON.stringify(dist("sqlite-bind.js"))};
      const db = new Database(":memory:");
      const give = db.prepare("SELECT ? AS value");
      const any = fc.oneof(fc.anything({ withTypedArray: true, withBigInt: true }), fc.boolean(), fc.double(), fc.string({ unit: "binary" }), fc.uint8Array());
      let stored = 0;
      fc.assert(fc.property(any, (value) => {
        let values;
        try { values = bindable(value); } catch { return true; }
        stored++;
        const back = give.get(values).value;
        return Object.is(back, value) || back === value || Buffer.compare(Buffer.from(back), Buffer.from(value)) === 0;
      }), { numRuns: 2000 });
      process.stdout.write("stored " + (stored > 200));`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script]);
    expect(stdout).toBe("stored true");
  });
});

it("a store in memory behaves alike", async () => {
  const store = memoryStore({ a: "1" });
  await store.saveAll({ b: "2" });
  expect([await store.load("a"), await store.load("b"), await store.load("c")]).toEqual(["1", "2", null]);
});

function overwrite(path: string, at: number, bytes: Buffer) {
  const file = readFileSync(path);
  bytes.copy(file, at);
  writeFileSync(path, file);
}

function lastNumber(text: string): number {
  return Number(text.trimEnd().split("\n").at(-1) ?? 0);
}
