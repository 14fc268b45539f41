/** The log's interface; `makeLog` builds the real one. A line is a sentence with its values beside it. */
import { Writable } from "node:stream";
import { type Logger, pino, stdSerializers } from "pino";

export interface Log {
  debug(text: string, values?: Record<string, unknown>): void;
  info(text: string, values?: Record<string, unknown>): void;
  warn(text: string, values?: Record<string, unknown>): void;
  error(text: string, values?: Record<string, unknown>): void;
  /** Whether `debug` writes anything; left out: no. Saves the work of making a line that nobody reads. */
  readonly isDebug?: boolean;
  /** A log whose lines name the room. */
  room(name: string): Log;
}

export interface LogOptions {
  level: "debug" | "info" | "warn" | "error" | "silent";
  /** Plain lines for a terminal, with local time and without the values beside the sentence; else one JSON a line. */
  pretty: boolean;
  /** Secrets that are replaced wherever they would appear. */
  secrets: readonly string[];
  /** Receives the finished lines, each with its line end; default standard output. */
  write?: (line: string) => void;
  /** The time of a line, epoch milliseconds. */
  wall: () => number;
}

/** Builds the log of the process. */
export function makeLog(options: LogOptions): Log {
  const hide = redactor(options.secrets);
  const write = options.write ?? ((line: string) => void process.stdout.write(line));
  const plain = options.pretty ? plainLine(options.write === undefined) : null;
  const stream = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      write(plain?.(line) ?? line);
      done();
    },
  });
  const { wall } = options;
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date(wall()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return over(logger, hide);
}

/** How a level begins a line on a terminal, with its colour. */
const marks: Readonly<Record<string, readonly [mark: string, colour: string]>> = {
  debug: ["", "\u001b[2m"],
  info: ["", ""],
  warn: ["WARNING ", "\u001b[33m"],
  error: ["ALARM ", "\u001b[31m"],
};

/** Returns how a line of JSON becomes one for a terminal: local time, level, sentence. */
function plainLine(hasColours: boolean): (line: string) => string {
  return (line) => {
    const { level, time, msg } = JSON.parse(line) as { level: string; time: string; msg: string };
    const [mark, colour] = marks[level] ?? ["", ""];
    const clock = new Date(time).toTimeString().slice(0, 8);
    const text = `${clock}  ${mark}${msg}`;
    return hasColours && colour !== "" ? `${colour}${text}\u001b[0m\n` : `${text}\n`;
  };
}

function over(logger: Logger, hide: (text: string) => string): Log {
  const at =
    (level: "debug" | "info" | "warn" | "error") =>
    (text: string, values: Record<string, unknown> = {}) => {
      if (logger.isLevelEnabled(level)) logger[level](printable(values, hide), hide(text));
    };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    isDebug: logger.isLevelEnabled("debug"),
    room: (name) => over(logger.child({ room: name }), hide),
  };
}

/** Returns a serialisable copy with every text redacted, at any depth and also inside errors. */
function printable(values: Record<string, unknown>, hide: (text: string) => string): Record<string, unknown> {
  try {
    const text = JSON.stringify(values, (_, value: unknown) => {
      if (typeof value === "string") return hide(value);
      if (typeof value === "bigint") return String(value);
      return value instanceof Error ? { ...stdSerializers.err(value) } : value;
    });
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    return { values: `cannot be printed: ${hide(String(error))}` };
  }
}

/** Replaces each secret, plain and as escaped in JSON; longest first, so that none leaves a part of another. */
function redactor(secrets: readonly string[]): (text: string) => string {
  const forms = secrets
    .filter((secret) => secret !== "")
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  const sorted = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return (text) => sorted.reduce((rest, secret) => rest.replaceAll(secret, "[hidden]"), text);
}
