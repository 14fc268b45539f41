/** The clock: decisions use the time since boot, the wall clock is for people (R6). */
import { readFileSync } from "node:fs";
import { uptime } from "node:os";
import type { Instant } from "../core/reading.ts";

export interface Clock {
  /** Milliseconds since this machine's boot, sleep included. Never runs back. */
  now(): Instant;
  /** Epoch milliseconds, for people. */
  wall(): number;
  /** Id of this boot of the machine; each boot has another. */
  boot(): string;
  /** Calls `tick` about once a second of this clock's time, until the returned function is called. */
  everySecond(tick: () => void): () => void;
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    // Without a boot id of the system, the hour of the boot stands in. A mistake reads as another boot, which is safe (S1).
    return `boot-${Math.round((Date.now() - uptime() * 1000) / 3_600_000)}`;
  }
}

/** Milliseconds that the wall clock may run ahead between two ticks before the difference counts as sleep. */
const sleepMs = 5_000;

/** Milliseconds awake between two reads of the uptime, because each reads a file. */
const askEveryMs = 100;

/** The system's clock. Linux counts sleep in its uptime; elsewhere a jump of the wall clock between ticks shows it. */
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
        // Linux's uptime has a resolution of 10 ms. The finer clock adds digits; what uptime has more is sleep.
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
