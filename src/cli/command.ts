/** How a command of the command line is defined; help, parsing and wrong usage are made here from its table. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { nearest } from "../config/suggest.ts";
import type { Signals } from "../io/signals.ts";
import { helpOf, type Options, type Table } from "./help.ts";

/** The process as a command sees it; tests hand in their own. */
export interface CommandIo {
  out(text: string): void;
  err(text: string): void;
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Colours and progress on one line are for terminals only. */
  isTerminal: boolean;
  /** Aborted by SIGINT or SIGTERM: a command ends in bounded time after it. */
  stop: AbortSignal;
  /** The other signals of the process; left out in tests. */
  signals?: Signals;
}

/** The values of the options: texts, lists of texts, and true or false for switches. */
export type Values<O extends Options> = {
  [K in keyof O]: O[K] extends { isList: true }
    ? string[]
    : O[K] extends { value: string }
      ? string | undefined
      : boolean;
};

/** What the command line gave: options, and the words that are none. */
export interface Given<O extends Options> {
  values: Values<O>;
  words: readonly string[];
}

/** A command; returns the exit code: 0 success, 1 failure, 2 wrong usage. */
export interface Command<Io = CommandIo> {
  (args: string[], io: Io): Promise<number>;
  readonly table: Table;
}

/** Thrown by a command that cannot be carried out as it was written; a sentence with a full stop. */
export class WrongUsage extends Error {}

/** For commands with `--json`. */
export const jsonOption = { about: "the result as one JSON value" } as const;

/** Makes a command of its table and of what it does; `run` throws `WrongUsage` for options it cannot take. */
export function defineCommand<const O extends Options, Io extends Pick<CommandIo, "out" | "err"> = CommandIo>(
  table: Table<O>,
  run: (given: Given<O>, io: Io) => Promise<number>,
): Command<Io> {
  const command = async (args: string[], io: Io): Promise<number> => {
    try {
      const given = parsed(table, args);
      if (given !== null) return await run(given, io);
      io.out(helpOf(table));
      return 0;
    } catch (error) {
      const sentence = usageSentence(error, table);
      if (sentence === null) throw error;
      io.err(`${sentence} See ecoflow-power ${table.name} --help.`);
      return 2;
    }
  };
  return Object.assign(command, { table });
}

/** Returns what is wrong with the command line, or null where the error is another one. */
function usageSentence(error: unknown, { name, options }: Table): string | null {
  if (error instanceof WrongUsage) return error.message;
  const { code, message = "" } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (!code?.startsWith("ERR_PARSE_ARGS")) return null;
  const option = /--([\w-]+)/.exec(message)?.[1] ?? "";
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
    const given = /'(-[^']*)'/.exec(message)?.[1] ?? `--${option}`;
    const near = nearest(given, Object.keys(options));
    return `${name} has no option "${given}".${near === null ? "" : ` Did you mean --${near}?`}`;
  }
  if (code === "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL") {
    const given = /'([^']*)'/.exec(message)?.[1] ?? "";
    return `${name} takes options only, and "${given}" is none: leave it out.`;
  }
  const value = options[option]?.value;
  return value === undefined
    ? `--${option} takes no value: leave it out.`
    : `--${option} wants a value: write --${option} ${value}.`;
}

/** Null where help is asked for. */
function parsed<O extends Options>({ words, options }: Table<O>, args: string[]): Given<O> | null {
  const known: NonNullable<ParseArgsConfig["options"]> = { help: { type: "boolean", short: "h" } };
  for (const [name, { value, isList }] of Object.entries(options)) {
    if (value === undefined) known[name] = { type: "boolean", default: false };
    else known[name] = { type: "string", ...(isList && { multiple: true, default: [] }) };
  }
  const { values, positionals } = parseArgs({ args, options: known, allowPositionals: words !== undefined });
  return values["help"] === true ? null : { values: values as Values<O>, words: positionals };
}
