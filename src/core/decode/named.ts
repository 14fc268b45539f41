/** Reads a protobuf message for people: every field by its name, nested messages nested, units as sent. */
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { skipValue } from "./envelope.ts";
import type { Field, FieldType, Table } from "./fields/table.ts";

export type Named = number | boolean | string | Named[] | { [name: string]: Named };

type Fields = { [name: string]: Named };

/** Returns the fields of `pdata`; null if it does not parse as a message. Never throws. */
export function readNamed(table: Table, pdata: Uint8Array): Fields | null {
  try {
    return readMessage(new BinaryReader(pdata), pdata.length, table);
  } catch {
    return null;
  }
}

function readMessage(reader: BinaryReader, end: number, table: Table): Fields {
  const fields: Fields = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = table.byNumber[tag >>> 3];
    const value = field === undefined ? undefined : readValue(reader, tag & 7, field);
    if (field === undefined || value === undefined) skipValue(reader, tag);
    else if (isRepeated(field.type)) append(fields, field.name, value);
    else fields[field.name] = value;
  }
  if (reader.pos !== end) throw new RangeError("a value ends beyond its message");
  return fields;
}

const isRepeated = (type: FieldType) => type.endsWith("s");

function append(fields: Fields, name: string, value: Named): void {
  const before = fields[name];
  const list = Array.isArray(before) ? before : [];
  fields[name] = list.concat(value);
}

/** Returns undefined and reads nothing if the wire type is not the table's. */
function readValue(reader: BinaryReader, wire: number, field: Field): Named | undefined {
  if (wire === 0) return readVarint(reader, field.type);
  if (wire === 5) return ["float", "floats", "number"].includes(field.type) ? reader.float() : undefined;
  if (wire === 2) return readDelimited(reader, field);
  return undefined;
}

function readVarint(reader: BinaryReader, type: FieldType): Named | undefined {
  if (type === "u32" || type === "u32s") return reader.uint32();
  if (type === "i32" || type === "i32s" || type === "number") return reader.int32();
  return type === "bool" ? reader.uint32() !== 0 : undefined;
}

function readDelimited(reader: BinaryReader, field: Field): Named | undefined {
  const start = reader.pos;
  if (field.type === "text") return reader.string();
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) throw new RangeError("a value ends beyond its message");
  try {
    if (field.nested !== null) return readMessage(reader, end, field.nested);
    if (isRepeated(field.type)) return readPacked(reader, end, field.type);
  } catch {
    // A part that is broken or of another type is left out; the rest of the message stays.
  }
  reader.pos = start;
  return undefined;
}

function readPacked(reader: BinaryReader, end: number, type: FieldType): Named[] {
  const list: number[] = [];
  while (reader.pos < end) {
    if (type === "floats") list.push(reader.float());
    else list.push(type === "i32s" ? reader.int32() : reader.uint32());
  }
  if (reader.pos !== end) throw new RangeError("a packed list ends within a value");
  return list;
}
