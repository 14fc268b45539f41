/** A line of text as a payload: hex, base64, JSON, or one object of a captures file. */
import { fileBounds, jsonOrNull } from "../core/bounded-json.ts";
import { type Entry, entryOf } from "../io/recording.ts";
import type { Payload } from "./decode-payload.ts";

export type Encoding = "hex" | "base64" | "json";

export interface Line {
  payload: Payload;
  /** Epoch ms, where the line tells its time. */
  wall: number | null;
}

/** A line as a payload, or a sentence that says what is wrong with it. */
export function payloadOf(line: string, encoding: Encoding | null): Line | string {
  if (!line.startsWith("{")) return wrap(bytesOf(line, encoding));
  const object = jsonOf(line);
  if (object === null) return `not JSON: ${line.slice(0, 60)}`;
  const isRecorded = "at" in object && ["hex", "mark", "gap"].some((name) => name in object);
  const entry = isRecorded ? entryOf(line) : null;
  if (entry !== null) return recordedOf(entry);
  if (!("payload" in object) || encoding === "json") {
    return { payload: { bytes: new Uint8Array(), json: object }, wall: null };
  }
  return captureOf(object);
}

const wrap = (bytes: Uint8Array | string): Line | string =>
  typeof bytes === "string" ? bytes : { payload: { bytes, ...jsonIn(bytes) }, wall: null };

/** A line of a recording; the first four characters of its serial tell the model. */
function recordedOf(entry: Entry | string): Line | string {
  if (typeof entry === "string") return `a line of a recording, but ${entry}`;
  if (entry.kind !== "frame") return "a mark or a gap of a recording, no payload";
  const { at, sn, bytes } = entry;
  const device = `${sn} (${sn.slice(0, 4)})`;
  return { payload: { device, bytes, ...jsonIn(bytes) }, wall: at };
}

/** The JSON that bytes may be: `{` begins no envelope. */
function jsonIn(bytes: Uint8Array): Pick<Payload, "json"> {
  const json = bytes[0] === 0x7b ? jsonOf(new TextDecoder().decode(bytes)) : null;
  return json === null ? {} : { json };
}

/** One object of a captures file. */
function captureOf(object: Record<string, unknown>): Line | string {
  const { id, device, payload, encoding } = object;
  const about = {
    ...(typeof id === "string" ? { id } : {}),
    ...(typeof device === "string" ? { device } : {}),
    ...commandOf(object["expected"]),
  };
  const wall = timeOf(object);
  if (encoding === "json" || typeof payload === "object") {
    const json = typeof payload === "string" ? jsonOf(payload) : payload;
    return { payload: { ...about, bytes: new Uint8Array(), json: json ?? payload }, wall };
  }
  const wanted = encoding === "hex" || encoding === "base64" ? encoding : null;
  const bytes = bytesOf(String(payload), wanted);
  return typeof bytes === "string"
    ? `${String(id)}: ${bytes}`
    : { payload: { ...about, bytes, ...jsonIn(bytes) }, wall };
}

/** The command of a bare pdata stands in the line's `expected.header`. */
function commandOf(expected: unknown): Pick<Payload, "command"> {
  const header = (expected as { header?: { cmdFunc?: unknown; cmdId?: unknown } } | null)?.header;
  const { cmdFunc, cmdId } = header ?? {};
  return typeof cmdFunc === "number" && typeof cmdId === "number" ? { command: { cmdFunc, cmdId } } : {};
}

/** When the line says it came: `at` (epoch ms or ISO), or `ts=` in a capture's note. */
function timeOf({ at, note }: Record<string, unknown>): number | null {
  if (typeof at === "number" && Number.isFinite(at)) return at;
  const text = typeof at === "string" ? at : /\bts=(\S+Z)/.exec(String(note))?.[1];
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? null : time;
}

function jsonOf(text: string): Record<string, unknown> | null {
  const value = jsonOrNull(text, fileBounds);
  return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : null;
}

/** The bytes of a text, or a sentence that says why it is none. */
function bytesOf(text: string, encoding: Encoding | null): Uint8Array | string {
  const bare = text.replace(/\s+/g, "").replace(/^0x/i, "");
  const isHex = /^(?:[0-9a-f]{2})+$/i.test(bare);
  if (encoding === "json") return "this is not JSON: it does not begin with {";
  if (encoding === "hex" || (encoding === null && isHex)) {
    return isHex
      ? new Uint8Array(Buffer.from(bare, "hex"))
      : "this is not hex: pairs of 0–9 and a–f are needed";
  }
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(bare)) return "this is neither hex nor base64";
  return new Uint8Array(Buffer.from(bare, "base64"));
}
