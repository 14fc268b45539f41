/** How a story looks in a terminal: a time, who speaks, what is said; 80 columns, colours only where they can be seen. */
import type { CommandIo } from "./command.ts";
import { wrapped } from "./help.ts";

/** Colours by meaning; plain texts where `isTerminal` is false. */
export type Tone = "plain" | "world" | "server" | "machine" | "good" | "bad" | "faint";

const codes: Record<Tone, string> = {
  plain: "",
  world: "\x1b[33m",
  server: "\x1b[36m",
  machine: "\x1b[35m",
  good: "\x1b[32m",
  bad: "\x1b[31m",
  faint: "\x1b[2m",
};
const width = 80;
/** Where no line can be written over, progress is printed after this time without a line, in seconds of `now`. */
export interface Quiet {
  sec: number;
  now: () => number;
}

export class Story {
  readonly #io: Pick<CommandIo, "out" | "isTerminal">;
  /** Seconds since the story began. */
  readonly #sec: () => number;
  readonly #nameWidth: number;
  readonly #quiet: Quiet;
  #saidAt: number;
  #passing = false;

  /** `speakers`: who may speak, so that their texts begin in one column. `quiet`: 30 seconds of the story unless given. */
  constructor(
    io: Pick<CommandIo, "out" | "isTerminal">,
    sec: () => number,
    speakers: readonly string[],
    quiet: Quiet = { sec: 30, now: sec },
  ) {
    this.#io = io;
    this.#sec = sec;
    this.#quiet = quiet;
    this.#saidAt = quiet.now();
    this.#nameWidth = Math.max(8, ...speakers.map((name) => name.length + 1));
  }

  /** One sentence of somebody, with the story's time. */
  say(who: string, text: string, tone: Tone = "plain") {
    const head = ` ${clockText(this.#sec())}  ${who.padEnd(this.#nameWidth)}`;
    const margin = " ".repeat(head.length);
    const lines = wrapped(text, width - head.length);
    this.#write(lines.map((line, index) => (index === 0 ? head : margin) + this.#coloured(line, tone)));
    this.#saidAt = this.#quiet.now();
  }

  /** Where things stand: one line that the next one replaces; elsewhere now and then. */
  progress(text: string) {
    const line = ` ${clockText(this.#sec())}  ${text}`.slice(0, width);
    if (this.#io.isTerminal) {
      this.#write([this.#coloured(line, "faint")]);
      this.#passing = true;
    } else if (this.#quiet.now() - this.#saidAt >= this.#quiet.sec) {
      this.#write([line]);
      this.#saidAt = this.#quiet.now();
    }
  }

  /** Text without a time, for the beginning and the end: lines as they are, wrapped where they are too long. */
  write(text: string, tone: Tone = "plain") {
    const lines = text.split("\n").flatMap((line) => (line.length <= width ? [line] : wrapped(line, width)));
    this.#write(lines.map((line) => this.#coloured(line, tone)));
  }

  #write(lines: readonly string[]) {
    // The passing line is wiped: one up, to the beginning, erase.
    const wipe = this.#passing ? "\x1b[1A\r\x1b[2K" : "";
    this.#passing = false;
    this.#io.out(wipe + lines.join("\n"));
  }

  #coloured(text: string, tone: Tone): string {
    return this.#io.isTerminal && codes[tone] !== "" ? `${codes[tone]}${text}\x1b[0m` : text;
  }
}

/** 272 → `04:32`. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  return `${String(minutes).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
}
