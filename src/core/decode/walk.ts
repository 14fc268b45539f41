/** Reads the numbers of one protobuf message, without building names or objects. */
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { skipValue } from "./envelope.ts";
import type { Field, Table } from "./fields/table.ts";
import { add, type Found, nothingFound } from "./numbers.ts";

/** A bound on memory for foreign bytes: no known message has as many numbers. */
const mostNumbers = 512;

interface Walk {
  found: Found;
  fields: number;
  /** Known fields whose wire type is not the table's. */
  mismatched: number;
  /** Field numbers lower than the one before: stations write them rising, with a few exceptions in captures. */
  disordered: number;
}

/**
 * Returns the numbers of `pdata` by `table`. Null when it cannot be this message: it does not parse to its end, most of its known
 * fields have another wire type, or most are unknown and out of order (as after unmasking with a wrong key).
 */
export function readNumbers(table: Table, pdata: Uint8Array): Found | null {
  const found = nothingFound();
  const walk: Walk = { found, fields: 0, mismatched: 0, disordered: 0 };
  const reader = new BinaryReader(pdata);
  try {
    walkMessage(reader, reader.len, table, 0, walk);
  } catch {
    return null;
  }
  const isForeign =
    walk.mismatched * 2 > found.known ||
    (walk.disordered * 10 > walk.fields && found.known * 4 < walk.fields);
  return isForeign ? null : found;
}

/** `begin` is the index of the first number of `table` in the outermost message. */
function walkMessage(reader: BinaryReader, end: number, table: Table, begin: number, walk: Walk): void {
  const byNumber = table.byNumber;
  let before = 0;
  while (reader.pos < end) {
    const tag = reader.uint32();
    const no = tag >>> 3;
    walk.fields++;
    if (no < before) walk.disordered++;
    before = no;
    const field = no < byNumber.length ? byNumber[no] : undefined;
    if (field === undefined) skipValue(reader, tag);
    else readField(reader, tag, field, begin, walk);
  }
  if (reader.pos !== end) throw new RangeError("a value ends beyond its message");
}

function readField(reader: BinaryReader, tag: number, field: Field, begin: number, walk: Walk): void {
  walk.found.known++;
  if (field.index < 0) {
    skipValue(reader, tag);
    return;
  }
  const wire = tag & 7;
  const index = begin + field.index;
  if (wire === 0 && field.type !== "float" && field.nested === null) {
    put(walk.found, field, index, readVarint(reader, field));
  } else if (wire === 5 && (field.type === "float" || field.type === "number")) {
    put(walk.found, field, index, reader.float());
  } else if (wire === 2 && field.nested !== null) {
    const length = reader.uint32();
    if (reader.pos + length > reader.len) throw new RangeError("a message ends beyond its parent");
    if (field.nested.missingIsZero) addZeros(walk.found, field.nested, index);
    walkMessage(reader, reader.pos + length, field.nested, index, walk);
  } else {
    walk.mismatched++;
    skipValue(reader, tag);
  }
}

/**
 * Whether a value can be one of this field. NaN fails both comparisons. A tiny number is no measurement but other bytes read as a
 * float.
 */
export function isPossible(field: Field, value: unknown): value is number {
  if (typeof value !== "number" || (value !== 0 && Math.abs(value) < 1e-9)) return false;
  return value >= field.least && value <= field.most;
}

/** Read as unsigned, which drops the upper half of a ten-byte negative. */
function readVarint(reader: BinaryReader, field: Field): number {
  const raw = reader.uint32();
  return field.isSigned ? raw | 0 : raw;
}

/** Fields that are named overwrite these zeros. */
function addZeros(found: Found, { indexes }: Table, begin: number): void {
  for (const index of indexes.values()) add(found, begin + index, 0);
}

function put(found: Found, field: Field, index: number, value: number): void {
  if (!isPossible(field, value)) return;
  if (found.indexes.length === mostNumbers) throw new RangeError("more numbers than a message has");
  add(found, index, value);
}
