/** The app's request for all values of a station, in both forms (docs/protocol.md). It reads, and changes nothing. */
import type { Family } from "../decode/models.ts";

/** Families that answer in JSON on the app's API; all other known ones answer in protobuf. */
const jsonFamilies: ReadonlySet<Family> = new Set(["delta2", "deltapro", "river1", "panel1"]);

/** Returns the payloads to send: one in the station's form, both if its family is unknown. `id` is a number of nine digits. */
export function snapshotRequests(family: Family | null, id: number): Uint8Array[] {
  if (family === null) return [protobufRequest(id), jsonRequest(id)];
  return [jsonFamilies.has(family) ? jsonRequest(id) : protobufRequest(id)];
}

function jsonRequest(id: number): Uint8Array {
  const request = {
    from: "Android",
    id: String(id),
    version: "1.0",
    moduleType: 0,
    operateType: "latestQuotas",
    params: {},
  };
  return new TextEncoder().encode(JSON.stringify(request));
}

/** A header without data: src 32 and dest 32 are the app, then the sequence number and `from`. */
function protobufRequest(seq: number): Uint8Array {
  const from = new TextEncoder().encode("Android");
  const header = [0x10, 0x20, 0x18, 0x20, 0x70, ...varint(seq), 0xba, 0x01, from.length, ...from];
  return Uint8Array.from([0x0a, header.length, ...header]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return [...bytes, rest];
}

/**
 * Returns the seconds of silence after which a station's stream counts as dead. A protobuf station sends a heartbeat every 10 to
 * 20 s, even if idle; an idle JSON station may send nothing for minutes.
 */
export const silentAfterSec = (family: Family | null): number =>
  family === null || jsonFamilies.has(family) ? 180 : 45;
