/** Encodes payloads as a station sends them, from the field tables that the decoder uses. */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { bmsHeartBeatReport } from "../core/decode/fields/bms-heartbeat.ts";
import { cmsHeartBeatReport } from "../core/decode/fields/cms-heartbeat.ts";
import { displayPropertyUpload } from "../core/decode/fields/display-property.ts";
import { runtimePropertyUpload } from "../core/decode/fields/runtime-property.ts";
import type { Field, Table } from "../core/decode/fields/table.ts";

export type Value = number | boolean | string | readonly Value[] | { readonly [name: string]: Value };
export type Fields = Readonly<Record<string, Value>>;

/** The messages that can be encoded, with the command of each (docs/protocol.md, messages). */
const messages = {
  DisplayPropertyUpload: { table: displayPropertyUpload, cmdFunc: 254, cmdId: 21 },
  RuntimePropertyUpload: { table: runtimePropertyUpload, cmdFunc: 254, cmdId: 22 },
  BMSHeartBeatReport: { table: bmsHeartBeatReport, cmdFunc: 32, cmdId: 50 },
  CMSHeartBeatReport: { table: cmsHeartBeatReport, cmdFunc: 32, cmdId: 2 },
} as const;
export type MessageName = keyof typeof messages;

/** The variable parts of a header; the rest is as in every captured push. */
export interface HeaderOptions {
  /** 2 main board, 3 battery of River 3 Plus, Delta 3 and Delta Pro 3, 7 battery of River 3. */
  src?: number;
  /** Absent: no seq field, so the XOR key is 0. */
  seq?: number;
  /** XORed with the low byte of `seq`. */
  masked?: boolean;
  /** False for a header of a get_reply, which has neither `version` nor `product_id`. */
  push?: boolean;
  /** High byte 68 = River 3 Plus, 69 = River 3, 28 = Delta Pro 3. */
  productId?: number;
}

/** Encodes one message as protobuf. Throws on a name that is not in the table: a typo in a test must not pass. */
export function encodeMessage(table: Table, fields: Fields): Uint8Array {
  const writer = new BinaryWriter();
  writeFields(writer, table, fields);
  return writer.finish();
}

/** Encodes a payload of one header: `message` with `fields`, by their names in the tables. */
export function encodeFrame(message: MessageName, fields: Fields, header: HeaderOptions = {}): Uint8Array {
  return encodePayload([{ message, fields, header }]);
}

/** Encodes a payload of several headers, as in a get_reply. */
export function encodePayload(
  parts: readonly { message: MessageName; fields: Fields; header?: HeaderOptions }[],
): Uint8Array {
  const writer = new BinaryWriter();
  for (const { message, fields, header } of parts) {
    const { table, cmdFunc, cmdId } = messages[message];
    writer.tag(1, WireType.LengthDelimited).fork();
    writeHeader(writer, encodeMessage(table, fields), cmdFunc, cmdId, header ?? {});
    writer.join();
  }
  return writer.finish();
}

function writeHeader(
  writer: BinaryWriter,
  plain: Uint8Array,
  cmdFunc: number,
  cmdId: number,
  { src = 2, seq, masked = false, push = true, productId }: HeaderOptions,
): void {
  const number = (no: number, value: number) => writer.tag(no, WireType.Varint).int32(value);
  const pdata = masked ? plain.map((byte) => byte ^ ((seq ?? 0) & 0xff)) : plain;
  writer.tag(1, WireType.LengthDelimited).bytes(pdata);
  number(2, src);
  if (push) number(3, 32);
  if (masked) number(6, 1);
  number(8, cmdFunc);
  number(9, cmdId);
  if (push) number(10, pdata.length);
  if (seq !== undefined) number(14, seq);
  if (productId !== undefined) number(15, productId);
  if (push) number(16, 3);
  if (push) number(17, 1);
}

function writeFields(writer: BinaryWriter, table: Table, fields: Fields): void {
  const strange = Object.keys(fields).find((name) => !table.fields.some((field) => field.name === name));
  if (strange !== undefined) throw new RangeError(`${table.name} has no field ${strange}`);
  for (const field of table.fields) {
    const value = fields[field.name];
    if (value !== undefined) writeField(writer, field, value);
  }
}

function writeField(writer: BinaryWriter, field: Field, value: Value): void {
  const { no, type, nested } = field;
  if (type === "float" || type === "number") writer.tag(no, WireType.Bit32).float(value as number);
  else if (type === "u32") writer.tag(no, WireType.Varint).uint32(value as number);
  else if (type === "i32") writer.tag(no, WireType.Varint).int32(value as number);
  else if (type === "bool") writer.tag(no, WireType.Varint).bool(value as boolean);
  else if (type === "text") writer.tag(no, WireType.LengthDelimited).string(value as string);
  else if (nested !== null) {
    const parts = type === "messages" ? (value as readonly Fields[]) : [value as Fields];
    for (const part of parts) {
      writer.tag(no, WireType.LengthDelimited).fork();
      writeFields(writer, nested, part);
      writer.join();
    }
  } else {
    writer.tag(no, WireType.LengthDelimited).fork();
    for (const item of value as readonly number[]) writeItem(writer, type, item);
    writer.join();
  }
}

function writeItem(writer: BinaryWriter, type: Field["type"], item: number): void {
  if (type === "floats") writer.float(item);
  else if (type === "i32s") writer.int32(item);
  else writer.uint32(item);
}

/** Puts a plain pdata into the envelope of its command. */
export function encodePlain(
  pdata: Uint8Array,
  { cmdFunc, cmdId }: { cmdFunc: number; cmdId: number },
  header: HeaderOptions = {},
): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).fork();
  writeHeader(writer, pdata, cmdFunc, cmdId, header);
  writer.join();
  return writer.finish();
}
