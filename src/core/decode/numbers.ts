/**
 * The newest numbers of one message, each with the instant at which the station last named it. The index of a number comes from
 * its table by name (`indexesOf`).
 *
 * Two arrays of plain numbers. A `Map` from name to `{ value, at }` was measured (`bench/decode.ts`): it takes 1.15x the time of a
 * frame, and with 10 000 stations a frame costs 1.4–2.0x of that with 10, instead of 1.1x; 1.6x is the limit.
 */
import type { Instant } from "../reading.ts";
import type { Table } from "./fields/table.ts";

export interface Numbers {
  /** NaN until the number came; only this file sees it. */
  readonly values: number[];
  /** −∞ until the number came. */
  readonly times: Instant[];
}

/** Makes the memory of a message that has not come yet. */
export const noNumbers = ({ indexes }: Table): Numbers => ({
  values: new Array<number>(indexes.size).fill(Number.NaN),
  times: new Array<Instant>(indexes.size).fill(Number.NEGATIVE_INFINITY),
});

/** Returns a number, null until it came. */
export function valueAt(numbers: Numbers | null | undefined, index: number): number | null {
  const value = numbers?.values[index];
  return value === undefined || Number.isNaN(value) ? null : value;
}

/** Returns when a number was last named, ms since boot; −∞ until it came. */
export const timeAt = (numbers: Numbers | null | undefined, index: number): Instant =>
  numbers?.times[index] ?? Number.NEGATIVE_INFINITY;

/** The numbers found in one payload; they are kept only after all of it was read, because a broken payload must change nothing. */
export interface Found {
  /** Fields that the table has, kept or not. */
  known: number;
  readonly indexes: number[];
  readonly values: number[];
}

/** Makes a list of nothing found. */
export const nothingFound = (): Found => ({ known: 0, indexes: [], values: [] });

/** Adds a number to what was found. */
export function add(found: Found, index: number, value: number): void {
  found.indexes.push(index);
  found.values.push(value);
}

/** Keeps what was found; a number that was not named keeps its value and time. */
export function keep({ values, times }: Numbers, found: Found, at: Instant): void {
  for (let i = 0; i < found.indexes.length; i++) {
    const index = found.indexes[i] as number;
    values[index] = found.values[i] as number;
    times[index] = at;
  }
}
