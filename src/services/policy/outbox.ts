/** Writes the policy's state to disk before the effects that it decided are carried out. */
import type { Effect } from "../../core/policy/effects.ts";
import type { PolicyState } from "../../core/policy/state.ts";
import type { Stored } from "../../core/policy/stored.ts";
import type { Instant } from "../../core/reading.ts";
import type { Clock } from "../../io/clock.ts";
import type { Durable } from "../../io/durable.ts";

/** A state without effects is written this often, in ms. A crash loses at most this much of what has decided nothing yet. */
const saveMs = { calm: 60_000, busy: 5_000 };

export interface OutboxOptions {
  durable: Durable;
  clock: Clock;
  /** The state at the start. */
  state: PolicyState;
  /** Commands of an earlier process of this boot that it may not have carried out. They wait for the broker. */
  undone: readonly Effect[];
  perform: (effect: Effect) => void;
}

export class Outbox {
  readonly #options: OutboxOptions;
  #state: PolicyState;
  #undone: Effect[];
  /** Decided and not yet carried out, oldest first. */
  #waiting: Effect[] = [];
  #savedAt = Number.NEGATIVE_INFINITY;
  #unsaved = false;
  #closed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#undone = [...options.undone];
  }

  /** The newest state. */
  get state(): PolicyState {
    return this.#state;
  }

  /** Takes the state after a step, and the effects to carry out. An unchanged state is the same object. */
  take(state: PolicyState, effects: readonly Effect[]): void {
    if (state !== this.#state) this.#unsaved = true;
    this.#state = state;
    this.#waiting.push(...effects);
  }

  /** Returns what an earlier process left undone, and forgets it. */
  takeUndone(): Effect[] {
    return this.#undone.splice(0);
  }

  /** Carries out effects that were taken, in order, once the state is on disk (R5). */
  carryOut(effects: readonly Effect[]): void {
    if (effects.length === 0) return;
    this.commit(() => {
      for (const effect of effects) if (!this.#closed) this.#options.perform(effect);
      this.#waiting = this.#waiting.filter((waiting) => !effects.includes(waiting));
      // The emptied list is written with the next tick. A restart before that repeats the effects with the same ids.
      this.#unsaved = true;
      this.#savedAt = Number.NEGATIVE_INFINITY;
    });
  }

  /** Writes the state, then runs `effect`. */
  commit(effect: () => void): void {
    const { clock, durable } = this.#options;
    const stored: Stored = {
      version: 2,
      boot: clock.boot(),
      state: this.#state,
      outbox: [...this.#undone, ...this.#waiting],
    };
    this.#savedAt = clock.now();
    this.#unsaved = false;
    durable.commit(JSON.stringify(stored), effect);
  }

  /** Writes a changed state with the next tick: what an agent acknowledged must survive a kill. */
  saveSoon(): void {
    this.#savedAt = Number.NEGATIVE_INFINITY;
  }

  /** Writes a changed state that is due; `busy`: a machine may be on battery. */
  tick(at: Instant, busy: boolean): void {
    if (this.#unsaved && at - this.#savedAt >= (busy ? saveMs.busy : saveMs.calm)) this.commit(() => {});
  }

  /** Writes the last state, so that an orderly restart continues where it stopped. Effects that still wait are not carried out. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#unsaved) this.commit(() => {});
    await this.#options.durable.close();
  }
}
