/**
 * All waiting of the command line. Nothing else in this folder sets a timer or joins signals: Node may collect the signals of
 * `AbortSignal.any` and `AbortSignal.timeout` while somebody waits for them, and then the wait never ends.
 */
import type { Clock } from "../io/clock.ts";

/** A signal with several reasons to be aborted. */
export interface Ending {
  readonly signal: AbortSignal;
  /** Aborts the signal now. */
  end(): void;
}

/** Returns an ending that comes with the first of `signals`, after `sec` seconds of real time unless that is null, or by `end`. */
export function endingWith(signals: readonly AbortSignal[], sec: number | null = null): Ending {
  const controller = new AbortController();
  // The timer and the listeners hold the controller, so that it lives as long as they do.
  const end = () => {
    clearTimeout(timer);
    for (const signal of signals) signal.removeEventListener("abort", end);
    controller.abort();
  };
  const timer = sec === null ? undefined : setTimeout(end, sec * 1_000);
  for (const signal of signals) signal.addEventListener("abort", end);
  if (signals.some(({ aborted }) => aborted)) end();
  return { signal: controller.signal, end };
}

/** Resolves when `signal` is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Resolves after `sec` seconds of real time, or as soon as one of `signals` is aborted. */
export async function sleep(sec: number, ...signals: AbortSignal[]): Promise<void> {
  await aborted(endingWith(signals, sec).signal);
}

/** Resolves after `sec` seconds of the clock (to about a second), or as soon as one of `signals` is aborted. */
export async function pause(clock: Clock, sec: number, ...signals: AbortSignal[]): Promise<void> {
  const ending = endingWith(signals);
  const until = clock.now() + sec * 1_000;
  const stopTicks = clock.everySecond(() => {
    if (clock.now() >= until) ending.end();
  });
  await aborted(ending.signal);
  stopTicks();
}
