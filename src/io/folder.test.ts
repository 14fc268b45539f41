/** A folder that cannot be looked at is a fact, not a failure. */
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { lookAtFolder, makeFolder } from "./folder.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "folder-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

it("looks at the nearest folder above one that does not exist", () => {
  const above = folder();
  expect(lookAtFolder(join(above, "a/b"))).toMatchObject({ path: above, exists: false, isWritable: true });
  expect(lookAtFolder(above)).toMatchObject({ path: above, exists: true, isFile: false });
});

it("names the file that stands where a folder should be", () => {
  const file = join(folder(), "file");
  writeFileSync(file, "");
  expect(lookAtFolder(file)).toMatchObject({ path: file, exists: true, isFile: true });
  expect(lookAtFolder(join(file, "data"))).toMatchObject({ path: file, exists: false, isFile: true });
});

it("does not throw where the system refuses to look", () => {
  const loop = join(folder(), "loop");
  symlinkSync(loop, loop);
  expect(lookAtFolder(join(loop, "data"))).toMatchObject({ exists: true, isWritable: false });
});

it("makes a folder and those above it for this user alone, and leaves one that is there", () => {
  const path = join(folder(), "a", "b");
  makeFolder(path);
  makeFolder(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

it.skipIf(!existsSync("/proc/self"))("ends where the system refuses each attempt", () => {
  expect(() => makeFolder("/proc/ecoflow-power/data")).toThrow(/ENOENT/);
});
