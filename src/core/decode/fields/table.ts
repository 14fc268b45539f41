/** Message tables: the fields of a message as data, looked up by number (protobuf) and by name (JSON, our own code). */

/** Wire type of a field. A negative `i32` is a ten-byte varint, never zig-zag (docs/protocol.md). */
export type FieldType =
  | NumberType
  | "text"
  | "u32s"
  | "i32s"
  | "floats"
  /** A nested message; its numbers belong to the outer message, as `outer.inner`. */
  | "message"
  /** A repeated nested message; its numbers have no single place and are read by name only. */
  | "messages";

/** `number` is a u32 or a float: no source says which, so both are accepted. */
type NumberType = "u32" | "i32" | "bool" | "float" | "number";

const numberTypes: ReadonlySet<FieldType> = new Set(["u32", "i32", "bool", "float", "number"]);

export interface Field {
  readonly no: number;
  readonly name: string;
  readonly type: FieldType;
  /** As sent: `W`, `mV`, `°C`, `%`, `min` …; empty for flags, states and counts. */
  readonly unit: string;
  readonly about: string;
  /** A varint above 2^31 is a negative number. */
  readonly isSigned: boolean;
  /** The table of a nested message. */
  readonly nested: Table | null;
  /** A number outside of `least` to `most` is no measurement and is dropped. */
  readonly least: number;
  readonly most: number;
  /** A number: its index in its table. A nested message: the index of its first number. −1: nothing of it is kept. */
  readonly index: number;
}

/** A message; `N` is the union of the names of the numbers that a device keeps of it. */
export interface Table<N extends string = string> {
  readonly name: string;
  readonly fields: readonly Field[];
  /** Indexed by field number. */
  readonly byNumber: readonly (Field | undefined)[];
  /** By its name as protobuf and as JSON spell it: `pow_get_ac_in`, `powGetAcIn`. */
  readonly byName: ReadonlyMap<string, Field>;
  /** The sender leaves out what is 0 (nested messages without field presence), so a missing field is 0. */
  readonly missingIsZero: boolean;
  /** The index of each number that is kept, nested ones by their path (`v1p0.f32_lcd_show_soc`). */
  readonly indexes: ReadonlyMap<N, number>;
}

type Row = readonly [no: number, name: string, type: FieldType, unit: string, about: string, nested?: Table];

/** The name of a row's number. */
type NumberOf<R> = R extends readonly [number, infer N extends string, NumberType, ...unknown[]] ? N : never;

/** The names of the numbers in a row's nested message. */
type NestedOf<R> = R extends readonly [
  number,
  infer N extends string,
  "message",
  string,
  string,
  Table<infer M>,
]
  ? `${N}.${M}`
  : never;

interface Options<K extends string> {
  /**
   * The only numbers of its own that a device keeps; without it all. The other rows are for people (`ecoflow-power decode`). To keep
   * everything takes 1.2x the time of a frame.
   */
  readonly kept?: readonly K[];
  /** See `Table`. */
  readonly missingIsZero?: boolean;
}

/** What a unit can be on a power station; a number outside comes from a broken frame. */
const ranges: Readonly<Record<string, readonly [number, number]>> = {
  "%": [0, 100.5],
  "°C": [-60, 150],
  W: [-60_000, 60_000],
  Hz: [0, 100],
  min: [-1_000_000, 1_000_000],
  "0.1 W": [-600_000, 600_000],
  "0.1 °C": [-600, 1_500],
  "0.1 V": [0, 20_000],
  "0.1 Hz": [0, 1_000],
  V: [-1, 2_000],
  Wh: [0, 10_000_000],
  mV: [0, 10_000_000],
  mAh: [0, 100_000_000],
};
const anything: readonly [number, number] = [-4_294_967_296, 4_294_967_296];

/** `pow_get_ac_in` → `powGetAcIn`, as the vendor's JSON spells the same field. */
export const camelCase = (name: string) =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** As protobuf.js spells it: an underscore before a digit stays, `in_ac_5p8_pwr` → `inAc_5p8Pwr`. */
const javascriptCase = (name: string) =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Builds a table from rows; throws if two rows have the same field number. */
export function makeTable<const R extends Row, const K extends NumberOf<R> = NumberOf<R>>(
  name: string,
  rows: readonly R[],
  { kept, missingIsZero = false }: Options<K> = {},
): Table<K | NestedOf<R>> {
  const isKept = (field: string) => kept === undefined || (kept as readonly string[]).includes(field);
  const byNumber: (Field | undefined)[] = [];
  const indexes = new Map<string, number>();
  const fields = rows.map((row) => {
    if (byNumber[row[0]] !== undefined) throw new RangeError(`${name} has field ${row[0]} twice`);
    const field = makeField(row, isKept(row[1]), indexes);
    byNumber[field.no] = field;
    return field;
  });
  const byName = new Map(
    fields.flatMap((field) =>
      [field.name, camelCase(field.name), javascriptCase(field.name)].map(
        (spelling) => [spelling, field] as const,
      ),
    ),
  );
  return {
    name,
    fields,
    byNumber: Array.from(byNumber),
    byName,
    missingIsZero,
    indexes: indexes as ReadonlyMap<string, number> as ReadonlyMap<K | NestedOf<R>, number>,
  };
}

/** Makes the field of a row and gives the numbers that are kept the next indexes. */
function makeField(
  [no, name, type, unit, about, nested]: Row,
  isKept: boolean,
  indexes: Map<string, number>,
): Field {
  const index = indexes.size;
  if (isKept && numberTypes.has(type)) indexes.set(name, index);
  if (type === "message") {
    for (const [inner, offset] of nested?.indexes ?? []) indexes.set(`${name}.${inner}`, index + offset);
  }
  const [least, most] = ranges[unit] ?? anything;
  return {
    no,
    name,
    type,
    unit,
    about,
    isSigned: type === "i32" || type === "number",
    nested: nested ?? null,
    least,
    most,
    index: indexes.size > index ? index : -1,
  };
}

/** Returns a function from the name of a number to its index; it throws on a name that the table does not have. */
export function indexesOf<N extends string>(table: Table<N>): (name: N) => number {
  return (name) => {
    const index = table.indexes.get(name);
    if (index === undefined) throw new RangeError(`${table.name} has no number ${name}`);
    return index;
  };
}
