/** The log's interface; `makeLog` builds the real one. A line is a sentence with its values beside it. */
import { Writable } from "node:stream";
import { type Logger, pino, stdSerializers } from "pino";
import { prettyFactory } from "pino-pretty";

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
  const pretty = options.pretty
    ? prettyFactory({ colorize: options.write === undefined, ...prettyStyle })
    : null;
  const stream = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      write(pretty?.(line) ?? line);
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

const prettyStyle = {
  translateTime: "SYS:HH:MM:ss",
  ignore: "room",
  messageFormat: (record: Record<string, unknown>, key: string) =>
    record["room"] === undefined ? `${record[key]}` : `${record["room"]}: ${record[key]}`,
  levelKey: "level",
  singleLine: true,
};

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
