/** What a message table is: its fields as data, and the index by field number that the decoder walks with. */

/** Wire meaning of a field. `i32` negatives are 10-byte varints, never zig-zag (ecoflow-protocol.md 3.4). */
export type FieldType =
  | "u32"
  | "i32"
  | "bool"
  | "float"
  /** u32 or float: the page does not say which, so both are read. */
  | "number"
  | "text"
  | "u32s"
  | "i32s"
  | "floats"
  | "message"
  | "messages";

export interface Field {
  readonly no: number;
  readonly name: string;
  readonly type: FieldType;
  /** As sent: `W`, `mV`, `°C`, `%`, `min` …; empty for flags, states and counts. */
  readonly unit: string;
  readonly about: string;
  /** A varint of it beyond 2^31 is a number below zero; one that may be a float is no count. */
  readonly isSigned: boolean;
  /** The table of a nested message. */
  readonly nested: Table | null;
  /** A number outside is no measurement and is left out. */
  readonly least: number;
  readonly most: number;
  /** Where its number lies in a station's memory; −1 while nobody asked for it (`slotOf`): then it costs no memory. */
  slot: number;
  /** A message that holds a number somebody asked for; others are passed over whole, whatever is in them. */
  isWalked: boolean;
}

export interface Table {
  readonly name: string;
  readonly fields: readonly Field[];
  /** Indexed by field number. */
  readonly byNumber: readonly (Field | undefined)[];
  /** By its name as the protobuf has it and as JSON has it, in each spelling: `pow_get_ac_in`, `powGetAcIn`. */
  readonly byName: ReadonlyMap<string, Field>;
  /** Told whole each time, what is off left out: a field that is missing is 0 (nested messages without field presence). */
  readonly missingIsZero: boolean;
  /** The places in a station's memory that are taken, two a number (itself and its time); nested ones included. */
  readonly slots: Slots;
}

/** A memory's places; tables whose numbers lie in one memory share one. */
export interface Slots {
  taken: number;
}

type Row = readonly [no: number, name: string, type: FieldType, unit: string, about: string, nested?: Table];

/** What a unit can mean on a power station; beyond is a broken frame, never a value. */
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

const isNumber = (type: FieldType) =>
  type === "u32" || type === "i32" || type === "bool" || type === "float" || type === "number";

/** `pow_get_ac_in` → `powGetAcIn`, as the vendor's JSON spells the same field. */
export const camelCase = (name: string) =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** As protobuf.js spells it: an underscore before a digit stays, `in_ac_5p8_pwr` → `inAc_5p8Pwr`. */
const javascriptCase = (name: string) =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Builds a table from rows; a number that stands twice is a mistake in the table and throws at load. */
export function makeTable(
  name: string,
  rows: readonly Row[],
  slots: Slots = { taken: 0 },
  missingIsZero = false,
): Table {
  const byNumber: (Field | undefined)[] = [];
  const fields: Field[] = [];
  for (const [no, fieldName, type, unit, about, nested] of rows) {
    if (byNumber[no] !== undefined) throw new RangeError(`${name} has field ${no} twice`);
    const [least, most] = ranges[unit] ?? anything;
    const isSigned = type === "i32" || type === "number";
    const more = { isSigned, nested: nested ?? null, least, most, slot: -1, isWalked: false };
    const field = { no, name: fieldName, type, unit, about, ...more };
    byNumber[no] = field;
    fields.push(field);
  }
  const byName = new Map(
    fields.flatMap((field) =>
      [field.name, camelCase(field.name), javascriptCase(field.name)].map(
        (spelling) => [spelling, field] as const,
      ),
    ),
  );
  return { name, fields, byNumber: Array.from(byNumber), byName, missingIsZero, slots };
}

/** Set with the first memory that is made: its size is final then. */
let sealed = false;

/** No further slots: from now on memories of this size exist. */
export function sealTables(): void {
  sealed = true;
}

/**
 * The slot of a field by its name, `v1p0.f32_lcd_show_soc` for a nested one. Who reads a number asks for its slot while the
 * modules load; what nobody asks for is passed over and takes no memory. Throws on a name that the table has not.
 */
export function slotOf(table: Table, path: string): number {
  const field = fieldAt(table, path);
  if (field === undefined || !isNumber(field.type))
    throw new RangeError(`${table.name} has no number ${path}`);
  if (field.slot >= 0) return field.slot;
  if (sealed) throw new RangeError(`${table.name} ${path} was asked for after the first station was made`);
  markWalked(table, path);
  field.slot = table.slots.taken;
  table.slots.taken += 2;
  return field.slot;
}

/** The messages on the way to a number that is kept. */
function markWalked(table: Table, path: string): void {
  const dot = table.byName.has(path) ? -1 : path.indexOf(".");
  const outer = dot < 0 ? undefined : table.byName.get(path.slice(0, dot));
  if (outer?.nested == null) return;
  outer.isWalked = true;
  markWalked(outer.nested, path.slice(dot + 1));
}

function fieldAt(table: Table, path: string): Field | undefined {
  // A classic key has its dots within the name.
  const whole = table.byName.get(path);
  if (whole !== undefined) return whole;
  const dot = path.indexOf(".");
  const outer = dot < 0 ? undefined : table.byName.get(path.slice(0, dot));
  return outer?.nested == null ? undefined : fieldAt(outer.nested, path.slice(dot + 1));
}
