/**
 * Notices pauses of this process: it was stopped, the machine slept, or a disk or the event loop blocked it. The clock counts
 * the time asleep, so every pause is a gap between two ticks.
 */
import type { Instant } from "../../core/reading.ts";

/** Ticks come every second; a longer gap than this one is a pause, ms. Shorter ones are below every limit of silence. */
const pauseMs = 5_000;
/** The usual time between two ticks, ms. */
const usualMs = 1_000;

export class Pauses {
  #last: Instant;

  /** `at`: the start of the process. */
  constructor(at: Instant) {
    this.#last = at;
  }

  /** Returns how many ms the process was paused before this moment; 0 while it runs. Each pause is returned once. */
  take(at: Instant): number {
    const gap = at - this.#last;
    if (gap <= pauseMs) return 0;
    this.#last = at;
    return gap - usualMs;
  }

  /** Marks that the process runs. */
  tick(at: Instant): void {
    this.#last = Math.max(this.#last, at);
  }
}
