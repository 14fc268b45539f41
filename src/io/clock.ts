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

/** What the system's clock is read from. */
export interface ClockSource {
  /** Milliseconds that do not count sleep. */
  awake(): number;
  /** Milliseconds that count sleep; from any origin, and they may step. */
  whole(): number;
  /** Milliseconds that `whole` runs ahead between two looks before it counts as sleep. */
  leastSleepMs: number;
}

/** Linux counts sleep in its uptime, with a resolution of 10 ms. Elsewhere a jump of the wall clock shows it. */
const systemSource = (): ClockSource => ({
  awake: () => performance.now(),
  ...(process.platform === "linux"
    ? { whole: () => uptime() * 1000, leastSleepMs: 1_000 }
    : { whole: () => Date.now(), leastSleepMs: 5_000 }),
});

/** Milliseconds awake between two looks for sleep, because a look at the uptime reads a file. */
const lookEveryMs = 100;

/** The system's clock: the time awake, and the time asleep added. */
export function systemClock(source = systemSource()): Clock {
  const boot = bootId();
  const base = source.awake();
  const started = uptime() * 1000;
  let slept = 0;
  let looked = { awake: base, whole: source.whole() };
  return {
    now() {
      const awake = source.awake();
      if (awake - looked.awake >= lookEveryMs) {
        const whole = source.whole();
        const ahead = whole - looked.whole - (awake - looked.awake);
        if (ahead > source.leastSleepMs) slept += ahead;
        looked = { awake, whole };
      }
      return started + awake - base + slept;
    },
    wall: () => Date.now(),
    boot: () => boot,
    everySecond(tick) {
      const timer = setInterval(tick, 1_000);
      return () => clearInterval(timer);
    },
  };
}
