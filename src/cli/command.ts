/** What a command of the command line is, and the world it may touch. */

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
}

/** Answers the exit code: 0 success, 1 failure, 2 wrong usage. */
export type Command = (args: string[], io: CommandIo) => Promise<number>;
