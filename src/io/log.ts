/** The log's shape; `makeLog` builds the real one. A line is a sentence with its values beside it. */

export interface Log {
  debug(text: string, values?: Record<string, unknown>): void;
  info(text: string, values?: Record<string, unknown>): void;
  warn(text: string, values?: Record<string, unknown>): void;
  error(text: string, values?: Record<string, unknown>): void;
  /** A log whose lines name the room. */
  room(name: string): Log;
}
