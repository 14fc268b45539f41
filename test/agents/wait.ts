/** Time of the conformance suite: the clock that the recorders write, and waiting for events with a generous limit. */
import { uptime } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

/** Milliseconds of the clock that recorders use: uptime on Linux, the wall clock on macOS (whose uptime is in whole seconds). */
export const stamp = (): number => (process.platform === "linux" ? uptime() * 1000 : Date.now());

/** Returns what `look` returns once that is truthy; an error names what did not happen. */
export async function until<T>(what: string | (() => string), look: () => T, limitMs = 60_000): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const seen = look();
    if (seen) return seen;
    if (performance.now() > end)
      throw new Error(
        `did not happen within ${limitMs / 1000} s: ${typeof what === "string" ? what : what()}`,
      );
    await pause(20);
  }
}

/** Waits for whole seconds of the real agents, to see that something does not happen. */
export const seconds = (count: number): Promise<void> => pause(count * 1000);

let starting = 0;

/** Lets few scripts start at a time: a burst of starts would delay the others. */
export async function gate(start: () => Promise<void>): Promise<void> {
  await until("a turn to start", () => starting < 3);
  starting += 1;
  try {
    await start();
  } finally {
    starting -= 1;
  }
}
