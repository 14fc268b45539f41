/** Waiting by a clock that was handed in. */
import type { Clock } from "../io/clock.ts";

/** Resolves after `sec` seconds of the clock (to about a second), or as soon as `signal` is aborted. */
export function pause(clock: Clock, sec: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = clock.now() + sec * 1_000;
    const done = () => {
      stopTicks();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const stopTicks = clock.everySecond(() => {
      if (clock.now() >= end) done();
    });
    signal.addEventListener("abort", done, { once: true });
  });
}
