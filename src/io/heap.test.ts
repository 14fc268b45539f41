/** The young generation stays small in a process that has started a worker, as the store does. */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, it } from "vitest";

/** In a process of its own: starts a worker, makes many objects that live for a while, and tells the size in MB. */
function young(before: string, online: string) {
  const code = `
    import v8 from "node:v8";
    import { Worker } from "node:worker_threads";
    import { keepYoungSmall } from ${JSON.stringify(resolve("dist/io/heap.js"))};
    ${before}
    const worker = new Worker("setTimeout(() => {}, 50)", { eval: true, execArgv: [] });
    worker.once("online", () => { ${online} });
    await new Promise((done) => worker.once("exit", done));
    const kept = [];
    for (let i = 0; i < 1_500_000; i++) kept[i % 200_000] = { i, list: [i] };
    const space = v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
    console.log(space.space_size / 1e6);
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
    encoding: "utf8",
  });
  return { megabytes: Number(stdout), stderr };
}

const call = "keepYoungSmall();";

it("the engine knows the flag, and says nothing", () => {
  const { megabytes, stderr } = young(call, call);
  expect(stderr).toBe("");
  expect(megabytes).toBeGreaterThan(0);
});

// What an engine makes of it was measured with Node 20; a newer one may know better.
if (process.versions.node.startsWith("20.")) {
  it("stays small when it is asked for again once the worker is there, and grows when it is not", () => {
    expect(young(call, call).megabytes).toBeLessThan(5);
    expect(young(call, "").megabytes).toBeGreaterThan(10);
    expect(young("", "").megabytes).toBeGreaterThan(10);
  });
}
