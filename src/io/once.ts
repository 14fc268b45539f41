/** Says a thing once and counts it after: a flood of the same fault is one line (issue 3, "counted, logged once"). */
import type { Log } from "./log.ts";

export interface Once {
  /** Warns the first time `key` comes; later times only count. */
  warn(key: string, text: string, values?: Record<string, unknown>): void;
  /** How often `key` came. */
  count(key: string): number;
  /** Forgets `key`: the next time it is said again. */
  clear(key: string): void;
}

/** Keys are remembered up to `limit`, so that hostile names cannot fill the memory; beyond, the oldest is forgotten. */
export function once(log: Log, limit = 1_000): Once {
  const counts = new Map<string, number>();
  return {
    warn(key, text, values) {
      const before = counts.get(key);
      counts.set(key, (before ?? 0) + 1);
      if (before !== undefined) return;
      if (counts.size > limit) counts.delete(counts.keys().next().value ?? key);
      log.warn(text, values);
    },
    count: (key) => counts.get(key) ?? 0,
    clear: (key) => void counts.delete(key),
  };
}
