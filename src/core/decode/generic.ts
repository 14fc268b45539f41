/** Reads protobuf without a table: every field by its number and wire type, and a guess of what a nested value is. */
import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { FieldType } from "./fields/table.ts";

export type WireField = { readonly no: number; readonly start: number; readonly end: number } & (
  | { readonly wire: "varint"; readonly value: number }
  /** Four bytes: a float, or an integer. */
  | { readonly wire: "fixed32"; readonly float: number; readonly int: number }
  /** Eight bytes: a double, seldom an integer. */
  | { readonly wire: "fixed64"; readonly double: number }
  /** Length-delimited. Protobuf does not name its type, so the type is a guess. */
  | { readonly wire: "bytes"; readonly guess: "text"; readonly text: string }
  | { readonly wire: "bytes"; readonly guess: "message"; readonly fields: readonly WireField[] }
  | { readonly wire: "bytes"; readonly guess: "bytes" }
);

/** No station nests deeper; a bound on work for foreign bytes. */
const deepest = 8;
/** A higher field number is a sign of a wrong guess: the highest known one is 1279. */
const highestNumber = 4_095;
/** A shorter text is as often a small message. */
const shortText = 4;

/** Returns the fields of the message between `from` and `to`, their `start` and `end` (without tag and length) counted in `bytes`; null when it does not parse. */
export function readWire(bytes: Uint8Array, from = 0, to = bytes.length): WireField[] | null {
  return walk(bytes, from, to, 0);
}

function walk(bytes: Uint8Array, start: number, end: number, depth: number): WireField[] | null {
  const reader = new BinaryReader(bytes);
  reader.pos = start;
  const fields: WireField[] = [];
  try {
    while (reader.pos < end) {
      const tag = reader.uint32();
      const no = tag >>> 3;
      if (no === 0 || no > highestNumber) return null;
      const field = readField(reader, bytes, no, tag & 7, end, depth);
      if (field === null || reader.pos > end) return null;
      fields.push(field);
    }
  } catch {
    return null;
  }
  return fields;
}

function readField(
  reader: BinaryReader,
  bytes: Uint8Array,
  no: number,
  wire: number,
  end: number,
  depth: number,
): WireField | null {
  const start = reader.pos;
  if (wire === 0) {
    // Negative numbers are ten-byte varints (docs/protocol.md).
    const value = Number(reader.int64());
    return { no, start, end: reader.pos, wire: "varint", value };
  }
  if (wire === 5) {
    const float = reader.float();
    reader.pos = start;
    return { no, start, end: start + 4, wire: "fixed32", float, int: reader.fixed32() };
  }
  if (wire === 1) return { no, start, end: start + 8, wire: "fixed64", double: reader.double() };
  if (wire !== 2) return null;
  const length = reader.uint32();
  const from = reader.pos;
  if (from + length > end) return null;
  reader.pos = from + length;
  return { no, start: from, end: from + length, wire: "bytes", ...guess(bytes, from, from + length, depth) };
}

type Guess =
  | { guess: "text"; text: string }
  | { guess: "message"; fields: readonly WireField[] }
  | { guess: "bytes" };

function guess(bytes: Uint8Array, start: number, end: number, depth: number): Guess {
  if (start === end) return { guess: "bytes" };
  const text = textOf(bytes.subarray(start, end));
  const certain = text !== null && end - start >= shortText;
  const fields = certain || depth === deepest ? null : walk(bytes, start, end, depth + 1);
  if (fields !== null) return { guess: "message", fields };
  return text === null ? { guess: "bytes" } : { guess: "text", text };
}

/** Returns a packed list of numbers; null if the bytes are none. */
export function readPacked(bytes: Uint8Array, type: FieldType): number[] | null {
  const reader = new BinaryReader(bytes);
  const list: number[] = [];
  try {
    while (reader.pos < bytes.length) {
      if (type === "floats") list.push(reader.float());
      else list.push(type === "i32s" ? reader.int32() : reader.uint32());
    }
  } catch {
    return null;
  }
  return list;
}

/** Returns null unless every byte is a printable ASCII character. */
function textOf(bytes: Uint8Array): string | null {
  return bytes.every((byte) => byte >= 0x20 && byte < 0x7f) ? String.fromCharCode(...bytes) : null;
}
