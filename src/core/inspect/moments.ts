/** The values of stations at one moment, and what differs at another. */
import type { Heard, Leaf, Part } from "./leaf.ts";
import { byNumbers } from "./survey.ts";

/** The newest occurrence of one value. */
export interface Said {
  sn: string;
  kind: string;
  src: number | null;
  message: string | null;
  leaf: Leaf;
}

export interface Change {
  sn: string;
  kind: string;
  src: number | null;
  message: string | null;
  path: string;
  name: string | null;
  unit: string;
  /** Null: not reported yet. */
  before: number | string | null;
  after: number | string | null;
}

export type Saying = ReadonlyMap<string, Said>;

/** All values of one payload. */
export function sayingOf(parts: readonly Part[], sn = ""): Saying {
  const said = new Map<string, Said>();
  put(said, sn, parts);
  return said;
}

/** Messages are deltas, so a value holds until the next one: this keeps the newest, and a copy for each moment. */
export class Moments {
  readonly #moments: readonly number[];
  readonly #said = new Map<string, Said>();
  readonly #copies: Saying[] = [];

  /** Epoch ms, rising. */
  constructor(moments: readonly number[]) {
    this.#moments = moments;
  }

  take({ at, sn, parts }: Heard): void {
    this.#pass(at);
    put(this.#said, sn, parts);
  }

  /** The values at each moment; a moment after the last payload has all. */
  copies(): Saying[] {
    this.#pass(Number.POSITIVE_INFINITY);
    return this.#copies;
  }

  #pass(at: number) {
    while (this.#copies.length < this.#moments.length && at > (this.#moments[this.#copies.length] ?? 0)) {
      this.#copies.push(new Map(this.#said));
    }
  }
}

/** Limits the memory that foreign bytes can use. */
const mostSaid = 50_000;

function put(said: Map<string, Said>, sn: string, parts: readonly Part[]): void {
  for (const { kind, src, message, leaves } of parts) {
    for (const leaf of leaves) {
      const key = `${sn}|${kind}|${src}|${leaf.path}`;
      if (said.size < mostSaid || said.has(key)) said.set(key, { sn, kind, src, message, leaf });
    }
  }
}

/** A value that only one of two sayings has: a message is a delta, so this proves no change. */
export const isOneSided = ({ before, after }: Change): boolean => before === null || after === null;

/** Returns the differences, in the order of kinds and fields, with the values that only one of the two has. */
export function changesBetween(before: Saying, after: Saying): Change[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort(byNumbers);
  return keys.flatMap((key) => {
    const [was, is] = [before.get(key), after.get(key)];
    const one = is ?? was;
    if (one === undefined || was?.leaf.value === is?.leaf.value) return [];
    const { sn, kind, src, message, leaf } = one;
    const values = { before: was?.leaf.value ?? null, after: is?.leaf.value ?? null };
    return [{ sn, kind, src, message, path: leaf.path, name: leaf.name, unit: leaf.unit, ...values }];
  });
}
