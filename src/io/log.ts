/** The log's shape; `makeLog` builds the real one. A line is a sentence with its values beside it. */

export interface Log {
  debug(text: string, values?: Record<string, unknown>): void;
  info(text: string, values?: Record<string, unknown>): void;
  warn(text: string, values?: Record<string, unknown>): void;
  error(text: string, values?: Record<string, unknown>): void;
  /** A log whose lines name the room. */
  room(name: string): Log;
}

export interface LogOptions {
  level: "debug" | "info" | "warn" | "error" | "silent";
  /** Readable lines for a terminal; else one JSON a line. */
  pretty: boolean;
  /** Texts that never appear, wherever they would stand. */
  secrets: readonly string[];
  /** Takes the finished lines; standard output unless told. */
  write?: (line: string) => void;
}

/** Builds the log of the process. */
export function makeLog(_options: LogOptions): Log {
  const log: Log = { debug() {}, info() {}, warn() {}, error() {}, room: () => log };
  return log;
}
