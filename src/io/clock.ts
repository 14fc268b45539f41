/** Time, handed in: what has passed since boot decides, the wall clock is for people (rulings R6). */
import { readFileSync } from "node:fs";
import { uptime } from "node:os";
import type { Instant } from "../core/reading.ts";

export interface Clock {
  /** Milliseconds since this machine's boot, sleep included. Never runs back. */
  now(): Instant;
  /** Epoch milliseconds, for people. */
  wall(): number;
  /** Names this boot of the machine; another boot has another name. */
  boot(): string;
  /** Calls `tick` about once a second of this clock's time, until the answer is called. */
  everySecond(tick: () => void): () => void;
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    // Where the system does not name its boots, the hour it booted in does; a doubt reads as another boot, which is safe (S1).
    return `boot-${Math.round((Date.now() - uptime() * 1000) / 3_600_000)}`;
  }
}

/** Two ticks apart the wall clock may run this much ahead before it counts as sleep. */
const sleepMs = 5_000;

/** Asking for the uptime reads a file: it is asked again after this time awake, in ms. */
const askEveryMs = 100;

/** The system's clock. Linux counts sleep in its uptime; elsewhere a jump of the wall clock between ticks tells of it. */
export function systemClock(): Clock {
  const boot = bootId();
  const linux = process.platform === "linux";
  const started = uptime() * 1000;
  const base = performance.now();
  let slept = 0;
  let last = started;
  let asked = base;
  return {
    now() {
      const awake = performance.now();
      if (linux && awake - asked >= askEveryMs) {
        asked = awake;
        // Linux's uptime has hundredths of a second: the finer clock fills them in, and sleep is what uptime adds.
        const ahead = uptime() * 1000 - (started + awake - base + slept);
        if (ahead > 1_000) slept += ahead;
      }
      last = Math.max(last, started + awake - base + slept);
      return last;
    },
    wall: () => Date.now(),
    boot: () => boot,
    everySecond(tick) {
      let before = { wall: Date.now(), mono: performance.now() };
      const timer = setInterval(() => {
        const here = { wall: Date.now(), mono: performance.now() };
        const ahead = here.wall - before.wall - (here.mono - before.mono);
        if (!linux && ahead > sleepMs) slept += ahead;
        before = here;
        tick();
      }, 1_000);
      return () => clearInterval(timer);
    },
  };
}
