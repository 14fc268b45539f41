/** The parts of a payload, for people: its messages, and the values in each. */

export interface Leaf {
  /** Field numbers from the outside in, `1.17`; `4[1].3` for a repeated field. JSON: its key. */
  path: string;
  /** Name in our tables, nested ones with dots; null where no table has the field. */
  name: string | null;
  unit: string;
  /** Its wire type and the type it was read as; a question mark marks a guess. */
  type: string;
  value: number | string;
  /** The same four bytes as an integer, unless a table says that they are a float. */
  int?: number;
}

export interface Part {
  /** `254/21`, `32/50 pack 1` for a further pack, or `JSON`. */
  kind: string;
  /** The sending board: 2 main, 3 and 7 battery, 20 alternator charger, 32 an app; null in JSON. */
  src: number | null;
  /** The message's name in our tables. */
  message: string | null;
  leaves: Leaf[];
  /** Set if there are no values: a request, an error body, bytes that do not parse. */
  because?: string;
}

/** A received payload: its time (epoch ms), the station's serial, its messages. */
export interface Heard {
  at: number;
  sn: string;
  parts: readonly Part[];
}
