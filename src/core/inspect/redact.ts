/** Removes what identifies an owner from payloads: serials, texts, accounts and places. Every length is kept. */
import { parseJson } from "../bounded-json.ts";
import type { Field, Table } from "../decode/fields/table.ts";
import { readWire, type WireField } from "../decode/generic.ts";
import { messageOf } from "../decode/index.ts";

/** Runs of capitals and digits of at least the length of a serial. */
const serialRun = /[A-Z0-9]{12,}/g;
/** Names of fields that may hold a person or a place. */
const telling =
  /zone|latit|longit|gps|ssid|wifi|mac_?addr|\bmac\b|\bip\b|ip_?addr|country|city|user|account|mail|phone/i;
/** Numbers beyond 32 bits are ids and hardware addresses, not measurements. */
const largest = 2 ** 32;
/** `X`, as publishers of captures mask serials. */
const blot = 0x58;

/** Whether a field's values must not be shown, by its name. */
export const isTelling = (name: string | null): boolean => name !== null && telling.test(name);

/** Returns a text without serials: known ones, and whatever looks like one. `R655…` keeps the four characters that name the model. */
export function withoutSerials(text: string, serials: readonly string[]): string {
  const known = serials.filter((serial) => serial !== "");
  const all = known.reduce((rest, serial) => replaceAnyCase(rest, serial), text);
  return all.replace(serialRun, (run) => (isSerial(run) ? maskOf(run) : run));
}

/** Whether a run is a serial: digits alone are a time, and `X` behind four characters is masked already. */
const isSerial = (run: string) => /\d/.test(run) && /[A-Z]/.test(run) && !/^X+\d?$/.test(run.slice(4));

const maskOf = (serial: string) => serial.slice(0, 4) + "X".repeat(Math.max(0, serial.length - 4));

function replaceAnyCase(text: string, serial: string): string {
  const pattern = new RegExp(serial.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gi");
  return text.replace(pattern, maskOf(serial));
}

/**
 * Returns a payload to share: same length, same numbers, no text. Null if it is neither an envelope nor JSON: what cannot be read
 * cannot be cleaned.
 */
export function redacted(bytes: Uint8Array, serials: readonly string[]): Uint8Array | null {
  if (bytes[0] === 0x7b) return redactedJson(bytes, serials);
  const headers = readWire(bytes);
  if (headers === null || headers.length === 0 || headers.some(({ no }) => no !== 1)) return null;
  const clean = bytes.slice();
  for (const { start, end } of headers) if (!cleanHeader(clean, start, end, serials)) return null;
  return clean;
}

function cleanHeader(clean: Uint8Array, start: number, end: number, serials: readonly string[]): boolean {
  const fields = readWire(clean, start, end);
  if (fields === null) return false;
  const number = (no: number) => {
    const field = fields.find((one) => one.no === no);
    return field?.wire === "varint" ? field.value : 0;
  };
  const key = number(6) === 1 && number(2) !== 32 ? number(14) & 0xff : 0;
  const table = messageOf({ cmdFunc: number(8), cmdId: number(9) });
  for (const field of fields) {
    if (field.no === 1) cleanData(clean.subarray(field.start, field.end), key, table, serials);
    else cleanField(clean, field, null);
  }
  return true;
}

/** Cleans the data of one message in place; data that does not parse is masked whole. */
function cleanData(data: Uint8Array, key: number, table: Table | null, serials: readonly string[]): void {
  for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) ^ key;
  const fields = readWire(data);
  if (fields === null) data.fill(blot);
  else for (const field of fields) cleanNamed(data, field, table);
  cleanRuns(data, serials);
  for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) ^ key;
}

function cleanNamed(data: Uint8Array, field: WireField, table: Table | null): void {
  cleanField(data, field, table?.byNumber[field.no] ?? null);
}

function cleanField(data: Uint8Array, field: WireField, known: Field | null): void {
  const { start, end } = field;
  if (field.wire === "bytes") {
    cleanBytes(data, field, known);
    return;
  }
  const isId = field.wire === "varint" && Math.abs(field.value) >= largest;
  // Eight bytes may be a place as well as a measurement.
  if (!isId && field.wire !== "fixed64" && !isTelling(known?.name ?? null)) return;
  // A varint keeps its length and becomes zero.
  for (let i = start; i < end; i++) data[i] = field.wire === "varint" && i < end - 1 ? 0x80 : 0;
}

/** Masks texts and unnamed bytes; cleans messages within, and leaves lists of numbers. */
function cleanBytes(data: Uint8Array, field: WireField & { wire: "bytes" }, known: Field | null): void {
  const { start, end } = field;
  if (known?.nested) {
    const inner = readWire(data, start, end);
    for (const one of inner ?? []) cleanNamed(data, one, known.nested);
    if (inner === null) data.fill(blot, start, end);
  } else if (known === null && field.guess === "message") {
    for (const inner of field.fields) cleanField(data, inner, null);
  } else if (known === null || !known.type.endsWith("s")) {
    data.fill(blot, start, end);
  }
}

/** Masks serials in places where no text was expected. */
function cleanRuns(data: Uint8Array, serials: readonly string[]): void {
  // One character a byte; spreading the bytes of a large frame over arguments would overflow the stack.
  const text = new TextDecoder("latin1").decode(data);
  const fill = (from: number, length: number) => data.fill(blot, from, from + length);
  for (const { 0: run, index } of text.matchAll(serialRun)) if (/\d/.test(run)) fill(index, run.length);
  const upper = text.toUpperCase();
  for (const serial of serials) {
    if (serial === "") continue;
    const wanted = serial.toUpperCase();
    for (let at = upper.indexOf(wanted); at >= 0; at = upper.indexOf(wanted, at + 1)) fill(at, wanted.length);
  }
}

/** Keys whose texts name the message and nothing about a person. */
const structural = ["typeCode", "addr", "operateType", "cmdId", "cmdFunc"];

function redactedJson(bytes: Uint8Array, serials: readonly string[]): Uint8Array | null {
  const parsed = parseJson(new TextDecoder().decode(bytes));
  if ("problem" in parsed) return null;
  return new TextEncoder().encode(withoutSerials(JSON.stringify(cleanValue(parsed.value, "")), serials));
}

function cleanValue(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value.map((item) => cleanValue(item, key));
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, cleanValue(inner, name)]));
  }
  if (typeof value === "string") return structural.includes(key) ? value : "X".repeat(value.length);
  if (typeof value !== "number") return value;
  const isTime = /time/i.test(key) && !/zone/i.test(key);
  return isTelling(key) || (Math.abs(value) >= largest && !isTime) ? 0 : value;
}
