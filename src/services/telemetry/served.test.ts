/** What is remembered of who serves a station: over a restart, and whatever the disk holds or does. */
import { describe, expect, test } from "vitest";
import type { Log } from "../../io/log.ts";
import { memoryStore, type StateStore } from "../../io/sqlite.ts";
import { Served } from "./served.ts";

const log: Log = { debug() {}, info() {}, warn() {}, error() {}, room: () => log };
const options = {
  log,
  after: () => () => {},
  sources: ["cloud", "usb"],
  stations: ["Study", "Den"],
};

const onDisk = (text: string): StateStore => ({ ...memoryStore(), load: () => Promise.resolve(text) });

test("what was noted is there after a restart, of configured stations and sources only", async () => {
  const store = memoryStore();
  const before = await Served.load({ ...options, store });
  for (const id of ["Study", "stranger"]) before.note(id, "cloud");
  before.note("Den", "usb");
  await before.close();
  const after = await Served.load({ ...options, store, sources: ["cloud"] });
  expect(["Study", "Den", "stranger"].map((id) => after.has(id))).toEqual([true, false, false]);
});

test("a station that reports each second is written once", async () => {
  let writes = 0;
  const store = { ...memoryStore(), save: () => Promise.resolve(void writes++) };
  const served = await Served.load({ ...options, store });
  for (let second = 0; second < 100; second++) served.note("Study", "cloud");
  await served.close();
  expect(writes).toBe(1);
});

describe("what is on disk and no list of ours counts as nothing", () => {
  test.each([
    "",
    "null",
    "7",
    "[]",
    "{",
    '{"version":1}',
    '{"version":1,"served":null}',
    '{"version":1,"served":7}',
    '{"version":1,"served":{"Study":7}}',
    '{"version":2,"served":{"Study":"cloud"}}',
    '{"version":1,"served":["Study"]}',
  ])("%s", async (text) => {
    const served = await Served.load({ ...options, store: onDisk(text) });
    expect(served.has("Study")).toBe(false);
  });
});

describe("a disk at fault keeps nothing from starting", () => {
  test("that cannot be read", async () => {
    const store = { ...memoryStore(), load: () => Promise.reject(new Error("EIO")) };
    expect((await Served.load({ ...options, store })).has("Study")).toBe(false);
  });

  test("that hangs", async () => {
    const store = { ...memoryStore(), load: () => new Promise<null>(() => {}) };
    const after = (_: number, run: () => void) => {
      run();
      return () => {};
    };
    expect((await Served.load({ ...options, store, after })).has("Study")).toBe(false);
  });
});
