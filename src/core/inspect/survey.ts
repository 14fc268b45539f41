/** Counts what stations send: kinds of messages with their period, and their fields with types and ranges. */
import type { Heard, Leaf, Part } from "./leaf.ts";

export interface FieldCount {
  /** The path, with positions in lists joined: `4[].3`. */
  path: string;
  name: string | null;
  unit: string;
  types: string[];
  count: number;
  /** The smallest number; null if there was none. */
  least: number | null;
  most: number | null;
  /** The same bits as integers, if the type is a guess. */
  leastInt: number | null;
  mostInt: number | null;
  /** Lengths of the shortest and the longest text, characters; null if there was none. */
  shortest: number | null;
  longest: number | null;
  /** Number of different values, up to `mostDifferent`. */
  different: number;
}

export interface KindCount {
  /** Null if stations were counted together. */
  sn: string | null;
  kind: string;
  src: number | null;
  message: string | null;
  count: number;
  /** Epoch ms. */
  first: number;
  last: number;
  /** Milliseconds between two of this kind: median, shortest, longest; null before the second. */
  period: { middle: number; shortest: number; longest: number } | null;
  fields: FieldCount[];
  because: string | null;
}

export const mostDifferent = 20;
/** Limits the memory that foreign bytes can use. */
const mostKinds = 500;
const mostFields = 3_000;
const mostGaps = 20_000;

interface Kind extends Omit<KindCount, "fields" | "period"> {
  fields: Map<string, FieldCount & { values: Set<number | string> }>;
  gaps: number[];
}

export class Survey {
  readonly #bySerial: boolean;
  readonly #kinds = new Map<string, Kind>();

  /** `bySerial`: counts each station separately. */
  constructor(bySerial: boolean) {
    this.#bySerial = bySerial;
  }

  take({ at, sn, parts }: Heard): void {
    for (const part of parts) {
      const kind = this.#kindOf(part, this.#bySerial ? sn : null, at);
      if (kind === null) continue;
      if (kind.count > 0 && kind.gaps.length < mostGaps) kind.gaps.push(Math.max(0, at - kind.last));
      kind.count += 1;
      kind.last = at;
      kind.because ??= part.because ?? null;
      for (const leaf of part.leaves) countLeaf(kind, leaf);
    }
  }

  /** Sorted by station, kind and board, numerically. */
  kinds(): KindCount[] {
    const all = [...this.#kinds.values()].map(({ gaps, fields, ...kind }) => ({
      ...kind,
      period: periodOf(gaps),
      fields: [...fields.values()]
        .map(({ values, ...field }) => ({ ...field, different: values.size }))
        .sort((one, other) => byNumbers(one.path, other.path)),
    }));
    const place = ({ sn, kind, src }: KindCount) => `${sn ?? ""} ${kind} ${src ?? ""}`;
    return all.sort((one, other) => byNumbers(place(one), place(other)));
  }

  #kindOf({ kind, src, message }: Part, sn: string | null, at: number): Kind | null {
    const key = `${sn}|${kind}|${src}`;
    const known = this.#kinds.get(key);
    if (known !== undefined || this.#kinds.size >= mostKinds) return known ?? null;
    const made: Kind = {
      sn,
      kind,
      src,
      message,
      count: 0,
      first: at,
      last: at,
      fields: new Map(),
      gaps: [],
      because: null,
    };
    this.#kinds.set(key, made);
    return made;
  }
}

/** Compares texts with numbers in them numerically: 2 before 10. */
export function byNumbers(one: string, other: string): number {
  const [left, right] = [one, other].map((text) =>
    text.replace(/\d+/g, (digits) => digits.padStart(12, "0")),
  );
  return (left ?? "") < (right ?? "") ? -1 : Number(left !== right);
}

function countLeaf(kind: Kind, leaf: Leaf): void {
  const path = leaf.path.replace(/\[\d+\]/g, "[]");
  let field = kind.fields.get(path);
  if (field === undefined) {
    if (kind.fields.size >= mostFields) return;
    field = emptyField(path, leaf);
    kind.fields.set(path, field);
  }
  field.count += 1;
  if (!field.types.includes(leaf.type)) field.types.push(leaf.type);
  if (field.values.size < mostDifferent) field.values.add(leaf.value);
  if (typeof leaf.value === "string") {
    field.shortest = Math.min(field.shortest ?? Number.POSITIVE_INFINITY, lengthOf(leaf.value));
    field.longest = Math.max(field.longest ?? 0, lengthOf(leaf.value));
    return;
  }
  [field.least, field.most] = widened(field.least, field.most, leaf.value);
  if (leaf.int !== undefined)
    [field.leastInt, field.mostInt] = widened(field.leastInt, field.mostInt, leaf.int);
}

const emptyField = (path: string, { name, unit }: Leaf) => ({
  path,
  name: name?.replace(/\[\d+\]/g, "[]") ?? null,
  unit,
  types: [],
  count: 0,
  least: null,
  most: null,
  leastInt: null,
  mostInt: null,
  shortest: null,
  longest: null,
  different: 0,
  values: new Set<number | string>(),
});

const widened = (least: number | null, most: number | null, value: number): [number, number] => [
  Math.min(least ?? value, value),
  Math.max(most ?? value, value),
];

/** Returns characters of a text, bytes of hex: `"abc"` 3, `0x0102` 2. */
const lengthOf = (value: string) => (value.startsWith("0x") ? value.length / 2 - 1 : value.length - 2);

function periodOf(gaps: readonly number[]): KindCount["period"] {
  if (gaps.length === 0) return null;
  const sorted = gaps.toSorted((one, other) => one - other);
  const at = (index: number) => sorted[index] ?? 0;
  return { middle: at(Math.floor(sorted.length / 2)), shortest: at(0), longest: at(sorted.length - 1) };
}
