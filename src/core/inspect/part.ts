/** Takes a payload apart for people: every message, and every value with its place and, where a table has it, its name. */
import { readEnvelope } from "../decode/envelope.ts";
import { readWire } from "../decode/generic.ts";
import type { Part } from "./leaf.ts";
import { partOfFrame } from "./part-frame.ts";
import { jsonParts } from "./part-json.ts";

/** Returns every message of a payload; `{ unknown }` is a sentence about why there is none. Never throws. */
export function partsOf(bytes: Uint8Array): Part[] | { unknown: string } {
  if (bytes[0] === 0x7b) return jsonParts(bytes);
  const envelope = readEnvelope(bytes);
  if ("frames" in envelope) return envelope.frames.map(partOfFrame);
  const request = requestIn(bytes);
  return request === null ? envelope : [request];
}

/** Returns a header without data, with which an app requests everything (docs/protocol.md, pushes and replies), or null. */
function requestIn(bytes: Uint8Array): Part | null {
  const fields = readWire(bytes);
  const headers = fields?.every(({ no }) => no === 1) ? fields : null;
  const [header] = headers ?? [];
  if (header?.wire !== "bytes" || header.guess !== "message") return null;
  const number = (no: number) => {
    const found = header.fields.find((field) => field.no === no);
    return found?.wire === "varint" ? found.value : null;
  };
  if (header.fields.some(({ no }) => no === 1) || number(2) === null) return null;
  const kind = number(8) === null ? "request" : `${number(8)}/${number(9)} without data`;
  return {
    kind,
    src: number(2),
    message: null,
    leaves: [],
    because: "a request without data",
  };
}
