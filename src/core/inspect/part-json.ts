/** The values of a station's JSON, with the names of our tables. */
import { parseJson } from "../bounded-json.ts";
import { displayPropertyUpload } from "../decode/fields/display-property.ts";
import { quota } from "../decode/fields/quota.ts";
import { runtimePropertyUpload } from "../decode/fields/runtime-property.ts";
import type { Field, Table } from "../decode/fields/table.ts";
import { messageNamed } from "../decode/index.ts";
import { readJson } from "../decode/json.ts";
import type { Leaf, Part } from "./leaf.ts";

/** Returns the messages of a JSON payload; a request or an error body is one part without values and with a reason. */
export function jsonParts(bytes: Uint8Array): Part[] | { unknown: string } {
  const parsed = parseJson(new TextDecoder().decode(bytes));
  if ("problem" in parsed) return { unknown: `it begins like JSON: ${parsed.problem}` };
  const payload = readJson(parsed.value);
  if ("unknown" in payload) {
    return [{ kind: "JSON", src: null, message: null, leaves: [], because: payload.unknown }];
  }
  return payload.parts.map(({ message, fields }) => {
    const leaves: Leaf[] = [];
    const table = message === null ? null : messageNamed(message);
    for (const [key, field] of Object.entries(fields))
      jsonLeaves(key, field, table, message === null, leaves);
    return {
      kind: message === null ? "JSON" : `JSON ${message}`,
      src: null,
      message: table?.name ?? null,
      leaves,
    };
  });
}

function jsonLeaves(key: string, value: unknown, table: Table | null, flat: boolean, into: Leaf[]): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) jsonLeaves(`${key}[${index}]`, item, table, flat, into);
  } else if (value === null || typeof value !== "object") {
    into.push(jsonLeaf(key, value, table));
  } else if (!flat) {
    // Without a message's name, nested values occur a second time under their whole keys.
    for (const [name, inner] of Object.entries(value)) jsonLeaves(`${key}.${name}`, inner, table, flat, into);
  }
}

function jsonLeaf(key: string, value: unknown, table: Table | null): Leaf {
  const known = fieldOfKey(key, table);
  const type = value === null ? "null" : typeof value;
  const number = typeof value === "number" || typeof value === "boolean" ? Number(value) : null;
  return {
    path: key,
    name: known?.name ?? null,
    unit: known?.unit ?? "",
    type,
    value: number ?? JSON.stringify(value) ?? "null",
  };
}

/** Looks up a key without a message: the classic keys first, then those of the protobuf line. */
function fieldOfKey(key: string, table: Table | null): Field | null {
  const tables = table === null ? [quota, displayPropertyUpload, runtimePropertyUpload] : [table];
  const last = key.replace(/\[\d+\]/g, "");
  for (const { byName } of tables) {
    const field = byName.get(key) ?? byName.get(last);
    if (field !== undefined) return field;
  }
  return null;
}
