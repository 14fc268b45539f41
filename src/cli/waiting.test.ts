/** Waiting ends, also after a garbage collection. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../sim/clock.ts";
import { aborted, endingWith, pause, sleep } from "./waiting.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Allocates and collects until `work` is done; the test's own limit ends it otherwise. */
async function collectUntil(work: Promise<unknown>): Promise<void> {
  let isDone = false;
  void work.then(() => (isDone = true));
  while (!isDone) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Returns a promise of a callback on the signal alone: nothing else holds the signal, as in a connection of the broker. */
const heardOn = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

describe("waiting", () => {
  it("ends after its time, although the signal was up for collection", async () => {
    await collectUntil(heardOn(endingWith([new AbortController().signal], 0.2).signal));
  });

  it("ends with the first of its signals, although it was up for collection", async () => {
    const stop = new AbortController();
    const heard = heardOn(endingWith([new AbortController().signal, stop.signal], 600).signal);
    for (let times = 0; times < 5; times++) collect();
    stop.abort();
    await collectUntil(heard);
  });

  it("ends at once with a signal that is aborted already, and by hand", async () => {
    expect(endingWith([AbortSignal.abort()], 600).signal.aborted).toBe(true);
    const ending = endingWith([], 600);
    ending.end();
    await aborted(ending.signal);
    await sleep(600, AbortSignal.abort());
  });

  it("by a clock: after so many seconds of it, or with a signal", async () => {
    const clock = new ManualClock({ wall: 0 });
    const over = pause(clock, 3, new AbortController().signal);
    for (let times = 0; times < 4; times++) clock.second();
    await collectUntil(over);
    const stop = new AbortController();
    const stopped = pause(clock, 600, new AbortController().signal, stop.signal);
    stop.abort();
    await collectUntil(stopped);
  });

  it("is in one file: no other one of the command line joins signals or sets a timer", () => {
    const sources = readdirSync("src/cli", { recursive: true, encoding: "utf8" }).filter(
      (name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && name !== "waiting.ts",
    );
    const waits = /AbortSignal\.(any|timeout)|setTimeout|node:timers/;
    expect(sources.length).toBeGreaterThan(30);
    expect(sources.filter((name) => waits.test(readFileSync(join("src/cli", name), "utf8")))).toEqual([]);
  });
});
