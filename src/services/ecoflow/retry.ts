/** When something may be tried again: each failure of the same kind in a row doubles the wait. */
import { againAfterSec, type CloudProblem, type ProblemKind } from "../../core/cloud/problems.ts";
import type { Instant } from "../../core/reading.ts";

export class Retry {
  /** From 0 to below 1. */
  readonly #random: () => number;
  #nextAt: Instant = Number.NEGATIVE_INFINITY;
  /** Failures of this kind in a row. */
  #tries = 0;
  #kind: ProblemKind | null = null;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Whether the wait is over. */
  isDue(at: Instant): boolean {
    return at >= this.#nextAt;
  }

  /** Waits after a failure, as long as its kind asks for. */
  failed({ kind }: Pick<CloudProblem, "kind">, at: Instant): void {
    if (kind !== this.#kind) this.#tries = 0;
    this.#kind = kind;
    this.#nextAt = at + againAfterSec({ kind }, this.#tries, this.#random()) * 1_000;
    this.#tries++;
  }

  /** Ends the wait; earlier failures still count. */
  now(): void {
    this.#nextAt = Number.NEGATIVE_INFINITY;
  }

  /** Forgets earlier failures: the next wait is the first one again. */
  succeeded(): void {
    this.#tries = 0;
  }
}
