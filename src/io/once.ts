/** Logs a fault once and counts its repeats, so that a flood of the same fault is one line. */
import type { Log } from "./log.ts";

export interface Once {
  /** Logs the first time `key` occurs; later times only count. */
  info(key: string, text: string, values?: Record<string, unknown>): void;
  warn(key: string, text: string, values?: Record<string, unknown>): void;
  /** How often `key` occurred. */
  count(key: string): number;
  /** Forgets `key`: the next time it is logged again. */
  clear(key: string): void;
  /** Logs how often each fault was repeated. */
  close(): void;
}

interface Said {
  text: string;
  times: number;
}

/** Remembers up to `limit` keys, so that hostile names cannot fill the memory; then the oldest is forgotten. */
export function createOnce(log: Log, limit = 1_000): Once {
  const said = new Map<string, Said>();
  const say = (level: "info" | "warn", key: string, text: string, values?: Record<string, unknown>) => {
    const known = said.get(key);
    if (known) {
      known.times++;
      return;
    }
    said.set(key, { text, times: 1 });
    if (said.size > limit) said.delete(said.keys().next().value ?? key);
    log[level](text, values);
  };
  return {
    info: (key, text, values) => say("info", key, text, values),
    warn: (key, text, values) => say("warn", key, text, values),
    count: (key) => said.get(key)?.times ?? 0,
    clear: (key) => void said.delete(key),
    close() {
      for (const { text, times } of said.values()) if (times > 1) log.info(`${times} times in all: ${text}`);
      said.clear();
    },
  };
}
