/** The compatibility test of a model: our grid verdict against what a person at the plug marked. */
import type { GridVerdict } from "../reading.ts";
import { createStation, type StationMemory, take } from "../station.ts";

export interface Mark {
  /** Epoch ms. */
  at: number;
  mark: string;
}

export interface VerdictRow extends Mark {
  /** The mark's own verdict: it begins with `present` or `lost`. */
  truth: "present" | "lost";
  /** Our last verdict before the next such mark, and its basis. */
  grid: GridVerdict;
  basis: string;
  soc: number | null;
  /** Seconds from the mark to our first right verdict; null if there was none. */
  afterSec: number | null;
  /** `wrong`: the opposite verdict was given after the grace, or was never right. */
  verdict: "right" | "unknown" | "wrong";
}

/** Milliseconds for which the old verdict may remain after a change: stations report within 20 s, and a loss is held for 4 s. */
export const graceMs = 30_000;

/** Most verdicts that are kept; a recording of days has fewer changes. */
const mostWords = 100_000;

interface Word {
  at: number;
  grid: GridVerdict;
  basis: string;
  soc: number | null;
}

/** Runs one station's recording through decode, fuse and filter, with the recording's own clock. */
export class Verdicts {
  readonly #memory: StationMemory;
  readonly #words: Word[] = [];
  #at = 0;

  constructor(serial: string) {
    const setup = { id: serial, serial, name: null, capacityWh: null, dischargeLimitPercent: null };
    this.#memory = createStation(setup);
  }

  take(at: number, bytes: Uint8Array): void {
    // A clock that was set back stands still.
    this.#at = Math.max(this.#at, at);
    this.#tick(this.#at);
    const reading = take(this.#memory, {
      kind: "frame",
      source: "recording",
      bytes,
      at: this.#at,
      wall: at,
    }).reading;
    if (reading) this.#say({ at, grid: reading.grid, basis: reading.grid_basis, soc: reading.soc });
  }

  /** Judges the marks about the mains; `end` is the recording's last moment. */
  rows(marks: readonly Mark[], end: number): VerdictRow[] {
    this.#tick(end);
    const told = marks.flatMap((mark) => {
      const truth = /^(present|lost)\b/i.exec(mark.mark)?.[1]?.toLowerCase() as
        | VerdictRow["truth"]
        | undefined;
      return truth === undefined ? [] : [{ ...mark, truth }];
    });
    return told.map((mark, index) => {
      const until = told[index + 1]?.at ?? end + 1;
      const changed = told[index - 1]?.truth !== mark.truth;
      return this.#judge(mark, until, changed ? graceMs : 0);
    });
  }

  #judge(mark: Mark & Pick<VerdictRow, "truth">, until: number, grace: number): VerdictRow {
    const { truth, at } = mark;
    const before = this.#words.findLast((word) => word.at <= at);
    const during = this.#words.filter((word) => word.at > at && word.at < until);
    const opposite: GridVerdict = truth === "lost" ? "present" : "lost";
    const all = before === undefined ? during : [{ ...before, at }, ...during];
    const last = all.at(-1);
    // A verdict holds until the next one, so one from before the end of the grace counts if it was still valid then.
    const wrong = all.some(
      ({ grid }, index) => grid === opposite && (all[index + 1]?.at ?? until) > at + grace,
    );
    const right = all.find(({ grid }) => grid === truth);
    const stands = last?.grid === truth;
    return {
      ...mark,
      grid: last?.grid ?? "unknown",
      basis: last?.basis ?? "none",
      soc: last?.soc ?? null,
      afterSec: right === undefined ? null : Math.round((right.at - at) / 100) / 10,
      verdict: wrong ? "wrong" : stands ? "right" : "unknown",
    };
  }

  /** Hold times and proof ages run out without messages. */
  #tick(to: number): void {
    while (this.#memory.wakeAt <= to) {
      const at = this.#memory.wakeAt;
      const { reading } = take(this.#memory, { kind: "tick", at, wall: at });
      if (reading) this.#say({ at, grid: reading.grid, basis: reading.grid_basis, soc: reading.soc });
      if (this.#memory.wakeAt <= at) return;
    }
  }

  #say(word: Word): void {
    const last = this.#words.at(-1);
    if (last !== undefined && last.grid === word.grid && last.basis === word.basis) last.soc = word.soc;
    else if (this.#words.length < mostWords) this.#words.push(word);
  }
}
