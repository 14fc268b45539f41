/** What a payload is made of, for people: its messages, and the values in each. */

export interface Leaf {
  /** Field numbers from the outside in, `1.17`; the n-th of several with one number `4[1].3`. JSON: its key. */
  path: string;
  /** Name in our tables, nested ones with dots; null where no table has the field. */
  name: string | null;
  unit: string;
  /** How it was written, and what it was taken for; a question mark where that is a guess. */
  type: string;
  value: number | string;
  /** The same four bytes as an integer, where no table says that they are a float. */
  int?: number;
}

export interface Part {
  /** `254/21`, of a further pack `32/50 pack 1`, or `JSON`. */
  kind: string;
  /** Which board spoke: 2 main, 3 and 7 battery, 20 alternator charger, 32 an app; null in JSON. */
  src: number | null;
  /** The message's name in our tables. */
  message: string | null;
  leaves: Leaf[];
  /** Set when there is nothing to walk: a request, an error body, bytes that do not parse. */
  because?: string;
}

/** A payload that came in: its time (epoch ms), the station's serial, its messages. */
export interface Heard {
  at: number;
  sn: string;
  parts: readonly Part[];
}
