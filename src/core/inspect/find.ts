/** Finds the field that carries a value which a person read elsewhere: on the display, in the app, on a meter. */
import type { Heard, Leaf, Part } from "./leaf.ts";
import { byNumbers } from "./survey.ts";

export interface Candidate {
  kind: string;
  src: number | null;
  message: string | null;
  path: string;
  name: string | null;
  unit: string;
  /** The number on the wire is the value times this; negative: the sign is inverted. */
  scale: number;
  /** How often it carried the value, and how often it occurred. */
  hits: number;
  count: number;
  /** Epoch ms of the first hit. */
  first: number;
  /** The range of all its values, as on the wire. */
  least: number;
  most: number;
}

/** Tenths, hundredths and thousandths are how stations send parts of a unit; discharge is often negative. */
const scales = [1, 10, 100, 1_000, -1, -10, -100, -1_000];

/** Limits the memory that foreign bytes can use. */
const mostSeen = 20_000;

interface Seen {
  part: Part;
  leaf: Leaf;
  count: number;
  least: number;
  most: number;
  hits: Map<number, { hits: number; first: number }>;
}

export class Search {
  readonly #value: number;
  readonly #tolerance: number;
  readonly #seen = new Map<string, Seen>();

  /** A value matches if it differs by at most `tolerance`, in its own unit. */
  constructor(value: number, tolerance: number) {
    this.#value = value;
    this.#tolerance = tolerance;
  }

  take({ at, parts }: Heard): void {
    for (const part of parts) {
      for (const leaf of part.leaves) {
        if (typeof leaf.value !== "number") continue;
        this.#look(part, leaf, leaf.value, "", at);
        if (leaf.int !== undefined && leaf.int !== leaf.value)
          this.#look(part, leaf, leaf.int, " as integer", at);
      }
    }
  }

  /** Sorted by how constantly they carried the value. */
  candidates(): Candidate[] {
    const all = [...this.#seen.values()].flatMap(({ part, leaf, hits, ...counted }) =>
      [...hits].map(([scale, hit]) => {
        const { kind, src, message } = part;
        const { path, name, unit } = leaf;
        return { kind, src, message, path, name, unit, scale, ...counted, ...hit };
      }),
    );
    const share = ({ hits, count }: Candidate) => hits / count;
    const place = ({ kind, path }: Candidate) => `${kind} ${path}`;
    return all.sort(
      (one, other) =>
        share(other) - share(one) ||
        scales.indexOf(one.scale) - scales.indexOf(other.scale) ||
        byNumbers(place(one), place(other)),
    );
  }

  #look(part: Part, leaf: Leaf, value: number, as: string, at: number): void {
    const key = `${part.kind}|${part.src}|${leaf.path}${as}`;
    let seen = this.#seen.get(key);
    if (seen === undefined) {
      if (this.#seen.size >= mostSeen) return;
      seen = {
        part,
        leaf: { ...leaf, path: leaf.path + as },
        count: 0,
        least: value,
        most: value,
        hits: new Map(),
      };
      this.#seen.set(key, seen);
    }
    seen.count += 1;
    seen.least = Math.min(seen.least, value);
    seen.most = Math.max(seen.most, value);
    for (const scale of scales) {
      if (Math.abs(value / scale - this.#value) > this.#tolerance) continue;
      const hit = seen.hits.get(scale) ?? { hits: 0, first: at };
      hit.hits += 1;
      seen.hits.set(scale, hit);
      // Zero matches in every scale, so it counts once.
      if (value === 0) return;
    }
  }
}
