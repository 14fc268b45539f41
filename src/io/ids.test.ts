import { describe, expect, test } from "vitest";
import { createIds } from "./ids.ts";
import { memoryStore } from "./sqlite.ts";

const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

/** One process after the other on one disk; none of them ends in order. */
function processes(store = memoryStore()) {
  const used: number[] = [];
  const start = async ({ wall = 5, take = 5, timers = [] as (() => void)[] } = {}) => {
    const after = (_: number, run: () => void) => {
      timers.push(run);
      return () => {};
    };
    const ids = createIds({ store, key: "journal", wall, block: 3, after });
    for (let n = 0; n < take; n++) ids.next((id) => used.push(id));
    await settle();
    return ids;
  };
  return { used, start, store };
}

describe("ids", () => {
  test("rise without a gap within a process, over its blocks", async () => {
    const { used, start } = processes();
    await start({ take: 8 });
    expect(used).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test("rise over kills, also where the wall clock went back", async () => {
    const { used, start } = processes();
    for (const wall of [5, 5, 1, 0, 6]) await start({ wall });
    expect(used).toHaveLength(25);
    expect(used).toEqual([...new Set(used)].sort((a, b) => a - b));
  });

  test("are used only once their block is on disk", async () => {
    const inner = memoryStore();
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { used, start } = processes({
      ...inner,
      save: (key, text) => gate.then(() => inner.save(key, text)),
    });
    await start({ take: 2 });
    expect(used).toEqual([]);
    open();
    await settle();
    expect(used).toEqual([5, 6]);
    expect(await inner.load("journal")).toBe("8");
  });

  test("are given after half a second where the disk hangs, and rise from one process to the next", async () => {
    const { used, start } = processes({ ...memoryStore(), save: () => new Promise(() => {}) });
    const timers: (() => void)[] = [];
    await start({ take: 2, timers });
    expect(used).toEqual([]);
    for (const run of timers) run();
    expect(used).toEqual([5, 6]);
    const later: (() => void)[] = [];
    await start({ wall: 60, take: 1, timers: later });
    for (const run of later) run();
    expect(used).toEqual([5, 6, 60]);
  });

  test("rise where the disk lost what it kept, or keeps nonsense", async () => {
    const { used, start, store } = processes();
    await start({ take: 1 });
    await store.save("journal", "nonsense");
    await start({ wall: 9, take: 1 });
    expect(used).toEqual([5, 9]);
  });
});
