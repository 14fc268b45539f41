/** The fast walk: the numbers of one message into slots, no names and no objects. */
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { skipValue } from "./envelope.ts";
import type { Field, Table } from "./fields/table.ts";

/** The numbers of one walk, kept between walks so that nothing is allocated. Read before the next walk. */
export interface Numbers {
  count: number;
  /** Fields of the walk that the table knows, kept or not. */
  known: number;
  readonly slots: Int32Array;
  readonly values: Float64Array;
}

/** More numbers than any known message has. */
const capacity = 512;

/** A place for the numbers of one walk. */
export function makeNumbers(): Numbers {
  return { count: 0, known: 0, slots: new Int32Array(capacity), values: new Float64Array(capacity) };
}

interface Walk {
  out: Numbers;
  fields: number;
  known: number;
  mismatched: number;
  /** Field numbers that fall: the stations write them rising, but for a few (sh-r631-06). */
  disordered: number;
}

/**
 * Reads `pdata` by `table` into `out`. False when it cannot be this message: it does not parse to its end, most of its known
 * fields have another wire type, or most are unknown and out of order (a wrong key). Then nothing of it may be used.
 */
export function readNumbers(table: Table, pdata: Uint8Array, out: Numbers): boolean {
  out.count = 0;
  out.known = 0;
  const walk: Walk = { out, fields: 0, known: 0, mismatched: 0, disordered: 0 };
  const reader = new BinaryReader(pdata);
  try {
    walkMessage(reader, reader.len, table, walk);
  } catch {
    out.count = 0;
    return false;
  }
  const strange =
    walk.mismatched * 2 > walk.known || (walk.disordered * 10 > walk.fields && walk.known * 4 < walk.fields);
  if (strange) out.count = 0;
  else out.known = walk.known;
  return !strange;
}

function walkMessage(reader: BinaryReader, end: number, table: Table, walk: Walk): void {
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
    else readField(reader, tag, field, walk);
  }
  if (reader.pos !== end) throw new RangeError("a value ends beyond its message");
}

function readField(reader: BinaryReader, tag: number, field: Field, walk: Walk): void {
  walk.known++;
  if (field.slot < 0 && !field.isWalked) {
    skipValue(reader, tag);
    return;
  }
  const wire = tag & 7;
  if (wire === 0 && field.type !== "float" && field.nested === null) {
    put(walk.out, field, readVarint(reader, field));
  } else if (wire === 5 && (field.type === "float" || field.type === "number")) {
    put(walk.out, field, reader.float());
  } else if (wire === 2 && field.nested !== null) {
    const length = reader.uint32();
    if (reader.pos + length > reader.len) throw new RangeError("a message ends beyond its parent");
    if (field.nested.missingIsZero) putZeros(walk.out, field.nested);
    walkMessage(reader, reader.pos + length, field.nested, walk);
  } else {
    walk.mismatched++;
    skipValue(reader, tag);
  }
}

/**
 * Whether a value can be one of this field. NaN fails both comparisons, and a number next to nothing is no measurement but
 * other bytes read as one.
 */
export function isPossible(field: Field, value: unknown): value is number {
  if (typeof value !== "number" || (value !== 0 && Math.abs(value) < 1e-9)) return false;
  return value >= field.least && value <= field.most;
}

/** Read as unsigned: the upper half of a ten-byte negative falls away by itself. */
function readVarint(reader: BinaryReader, field: Field): number {
  const raw = reader.uint32();
  return field.isSigned ? raw | 0 : raw;
}

/** What is not named behind these is off. */
function putZeros(out: Numbers, table: Table): void {
  for (const field of table.fields) if (field.slot >= 0) put(out, field, 0);
}

/** Keeps a value of a field when it is a possible one. */
function put(out: Numbers, field: Field, value: number): void {
  if (!isPossible(field, value)) return;
  if (out.count === capacity) throw new RangeError("more numbers than a message has");
  out.slots[out.count] = field.slot;
  out.values[out.count++] = value;
}
