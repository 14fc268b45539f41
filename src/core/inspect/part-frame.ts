/** The values of a frame by field number, with the names of our tables. */
import type { Frame } from "../decode/envelope.ts";
import { bmsHeartBeatReport } from "../decode/fields/bms-heartbeat.ts";
import type { Field, FieldType, Table } from "../decode/fields/table.ts";
import { readPacked, readWire, type WireField } from "../decode/generic.ts";
import { messageOf } from "../decode/index.ts";
import type { Leaf, Part } from "./leaf.ts";

/** Takes one header of an envelope apart; its data is unmasked. */
export function partOfFrame(frame: Frame): Part {
  const table = messageOf(frame);
  const kind = `${frame.cmdFunc}/${frame.cmdId}`;
  const about = { src: frame.src, message: table?.name ?? null };
  const fields = readWire(frame.pdata);
  if (fields === null) return { kind, ...about, leaves: [], because: "its data does not parse as protobuf" };
  const leaves = leavesOf(fields, table, { bytes: frame.pdata, path: "", name: "" });
  const pack = table === bmsHeartBeatReport ? leaves.find(({ name }) => name === "num")?.value : 0;
  return { kind: pack ? `${kind} pack ${pack}` : kind, ...about, leaves };
}

/** The place of a message: its bytes, the path before it, and its name if all tables above know it. */
interface Place {
  bytes: Uint8Array;
  path: string;
  name: string | null;
}

function leavesOf(fields: readonly WireField[], table: Table | null, place: Place): Leaf[] {
  const total = new Map<number, number>();
  for (const { no } of fields) total.set(no, (total.get(no) ?? 0) + 1);
  const seen = new Map<number, number>();
  return fields.flatMap((field) => {
    const index = seen.get(field.no) ?? 0;
    seen.set(field.no, index + 1);
    const nth = (total.get(field.no) ?? 0) > 1 ? `[${index}]` : "";
    const named = table?.byNumber[field.no];
    const known = named !== undefined && isOfType(field, named) ? named : null;
    const name = known === null || place.name === null ? null : `${place.name}${known.name}${nth}`;
    return leavesOfField(field, known, { bytes: place.bytes, path: `${place.path}${field.no}${nth}`, name });
  });
}

function leavesOfField(field: WireField, known: Field | null, { bytes, path, name }: Place): Leaf[] {
  const inner = innerOf(field, known, bytes);
  if (inner !== null) {
    const below = { bytes, path: `${path}.`, name: name === null ? null : `${name}.` };
    return leavesOf(inner, known?.nested ?? null, below);
  }
  return [{ path, name, unit: known?.unit ?? "", ...readingOf(field, known, bytes) }];
}

/** Returns the fields of a nested message: one that a table names, or one that the bytes look like. */
function innerOf(field: WireField, known: Field | null, bytes: Uint8Array): readonly WireField[] | null {
  if (field.wire !== "bytes") return null;
  if (known !== null) return known.nested === null ? null : readWire(bytes, field.start, field.end);
  return field.guess === "message" ? field.fields : null;
}

/** Whether the bytes have the wire type of the table. With another one it is a field that we do not know. */
function isOfType({ wire }: WireField, { type, nested }: Field): boolean {
  if (wire === "varint") return ["u32", "i32", "bool", "number", "u32s", "i32s"].includes(type);
  if (wire === "fixed32") return ["float", "floats", "number"].includes(type);
  return wire === "bytes" && (nested !== null || type === "text" || type.endsWith("s"));
}

function readingOf(
  field: WireField,
  known: Field | null,
  bytes: Uint8Array,
): Pick<Leaf, "type" | "value" | "int"> {
  const type = known?.type;
  switch (field.wire) {
    case "varint":
      return { type: type ?? "varint", value: type?.startsWith("i32") ? field.value | 0 : field.value };
    case "fixed32":
      if (type !== undefined) return { type, value: field.float };
      if (isLikelyFloat(field)) return { type: "float?", value: field.float, int: field.int };
      return { type: "fixed32?", value: field.int };
    case "fixed64":
      return { type: "double?", value: field.double };
    case "bytes":
      return delimited(bytes.subarray(field.start, field.end), type ?? null, field.guess);
  }
}

function delimited(bytes: Uint8Array, type: FieldType | null, guess: string): Pick<Leaf, "type" | "value"> {
  if (type === "text" || (type === null && guess === "text")) {
    return { type: type ?? "text?", value: JSON.stringify(new TextDecoder().decode(bytes)) };
  }
  const list = type?.endsWith("s") ? readPacked(bytes, type) : null;
  if (list !== null) return { type: type ?? "", value: `[${list.join(", ")}]` };
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
  return { type: type ?? "bytes", value: `0x${hex.join("")}` };
}

/** Whether four bytes may be a float: integers read as floats lie outside the range of measurements. */
const isLikelyFloat = ({ float, int }: { float: number; int: number }) =>
  int === 0 || (Math.abs(float) >= 1e-4 && Math.abs(float) <= 1e8);
