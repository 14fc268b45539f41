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
  values: number[];
  /** −∞ until the number came. */
  times: Instant[];
  /** The message has not come yet: the lists are those that all such memories of its table share. */
  isBlank: boolean;
}

/** By table. Most stations never send some of the messages; lists of their own took 7 MB with 10 000 stations. */
const blanks = new WeakMap<Table, Pick<Numbers, "values" | "times">>();

function blankOf(table: Table): Pick<Numbers, "values" | "times"> {
  const known = blanks.get(table);
  if (known !== undefined) return known;
  const { size } = table.indexes;
  const blank = {
    values: new Array<number>(size).fill(Number.NaN),
    times: new Array<Instant>(size).fill(Number.NEGATIVE_INFINITY),
  };
  blanks.set(table, blank);
  return blank;
}

/** Makes the memory of a message that has not come yet. */
export function noNumbers(table: Table): Numbers {
  const { values, times } = blankOf(table);
  return { values, times, isBlank: true };
}

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
export function keep(numbers: Numbers, found: Found, at: Instant): void {
  if (numbers.isBlank) beginLists(numbers);
  const { values, times } = numbers;
  for (let i = 0; i < found.indexes.length; i++) {
    const index = found.indexes[i] as number;
    values[index] = found.values[i] as number;
    times[index] = at;
  }
}

/** Gives the memory lists of its own. */
function beginLists(numbers: Numbers): void {
  numbers.values = numbers.values.slice();
  numbers.times = numbers.times.slice();
  numbers.isBlank = false;
}
