/** Takes fields that come by name, as in JSON, into a device's memory. */
import { jsonOrNull } from "../bounded-json.ts";
import type { Instant } from "../reading.ts";
import { bigPackOf, type Device, mostPacks, numbersOf } from "./device.ts";
import { bmsHeartBeatReport } from "./fields/bms-heartbeat.ts";
import { cmsHeartBeatReport } from "./fields/cms-heartbeat.ts";
import { bpInfo, bpInfoReport } from "./fields/delta-pro-ultra.ts";
import { displayPropertyUpload } from "./fields/display-property.ts";
import { quota } from "./fields/quota.ts";
import { runtimePropertyUpload } from "./fields/runtime-property.ts";
import { protoPushAndSet, protoTime } from "./fields/smart-home-panel2.ts";
import type { Field, Table } from "./fields/table.ts";
import { add, type Found, keep, nothingFound } from "./numbers.ts";
import { isPossible } from "./walk.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Merges the fields of one message; returns whether at least one was a possible number of the table. */
export function takeNamed(device: Device, table: Table, fields: Fields, at: Instant): boolean {
  if (table === bpInfoReport) return takeBigPacks(device, fields, at);
  const num = table === bmsHeartBeatReport ? packNumberOf(fields["num"]) : 0;
  const found = nothingFound();
  collect(table, fields, 0, found);
  const numbers = found.known === 0 ? null : numbersOf(device, table, num);
  if (numbers === null) return false;
  keep(numbers, found, at);
  return true;
}

/**
 * Adds the numbers of `fields`. `begin` is the index of the first number of `table` in the outermost message; null counts the known
 * fields only.
 */
function collect(table: Table, fields: Fields, begin: number | null, found: Found): void {
  for (const [name, value] of Object.entries(fields)) {
    const whole = table.byName.get(name);
    if (whole !== undefined) collectField(whole, value, begin, found);
    else {
      // `masterIncreInfo.gridSta`: the rest of the name belongs to the nested message.
      const dot = name.indexOf(".");
      const outer = dot < 0 ? undefined : table.byName.get(name.slice(0, dot));
      if (outer?.nested != null)
        collect(outer.nested, { [name.slice(dot + 1)]: value }, indexIn(begin, outer), found);
    }
  }
}

const indexIn = (begin: number | null, { index }: Field) =>
  begin === null || index < 0 ? null : begin + index;

function collectField(field: Field, value: unknown, begin: number | null, found: Found): void {
  const index = indexIn(begin, field);
  if (field.nested !== null) {
    if (!isRecord(value)) return;
    if (field.nested.missingIsZero)
      for (const { name } of field.nested.fields) collect(field.nested, { [name]: 0 }, index, found);
    collect(field.nested, value, index, found);
    return;
  }
  const number = asPossible(field, numberOf(value));
  if (number === null) return;
  found.known++;
  if (index !== null) add(found, index, number);
}

/** HTTP answers write numbers, and whole lists, as text (a Delta Pro Ultra's `quota/all`: `"soc": "21"`). */
function numberOf(value: unknown): unknown {
  if (typeof value === "boolean") return Number(value);
  if (value === "true" || value === "false") return Number(value === "true");
  return typeof value === "string" && /^\s*-?\d+(?:\.\d+)?(?:e[+-]?\d+)?\s*$/i.test(value)
    ? Number(value)
    : value;
}

/** Returns 0 for a missing number, and NaN for one that is not whole: it must not make a pack of its own. */
function packNumberOf(value: unknown): number {
  const num = numberOf(value ?? 0);
  return typeof num === "number" && Number.isInteger(num) ? num : Number.NaN;
}

/**
 * Returns a value that this field can have, else null. River mini writes the bits of a float where others write the number, or the
 * number with its bytes reversed (tolwi/hassio-ecoflow-cloud#501). A fraction of a millivolt or of a watt is no measurement, so the
 * bytes must be in the other order.
 */
function asPossible(field: Field, value: unknown): number | null {
  if (isPossible(field, value)) return value;
  // Not `inv.acIn*`: other families judge the mains by it, so a wrong guess would be a false loss or a false presence.
  const mayBeBits = field.name.startsWith("inv.") && !field.name.startsWith("inv.acIn");
  const isWord = Number.isInteger(value) && Number(value) >= -(2 ** 31) && Number(value) < 2 ** 32;
  if (!mayBeBits || !isWord) return null;
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setUint32(0, Number(value));
  const isMeasured = (other: number) => isPossible(field, other) && (other === 0 || Math.abs(other) >= 1);
  return [bytes.getFloat32(0), bytes.getUint32(0, true)].find(isMeasured) ?? null;
}

function listOf(value: unknown): unknown {
  if (typeof value !== "string" || !value.startsWith("[")) return value;
  return jsonOrNull(value);
}

function takeBigPacks(device: Device, fields: Fields, at: Instant): boolean {
  const entries = listOf(fields["bp_info"] ?? fields["bpInfo"]);
  if (!Array.isArray(entries)) return false;
  let taken = false;
  for (const entry of entries.slice(0, mostPacks)) {
    if (!isRecord(entry)) continue;
    const num = packNumberOf(entry["bp_no"] ?? entry["bpNo"]);
    const pack = bigPackOf(device, num, bpInfo);
    if (pack === null) continue;
    const found = nothingFound();
    collect(bpInfo, entry, 0, found);
    keep(pack, found, at);
    taken ||= found.known > 0;
  }
  return taken;
}

/** The tables that a field without a message's name may belong to; the first that has the name takes it. */
const unnamed = [
  quota,
  displayPropertyUpload,
  runtimePropertyUpload,
  cmsHeartBeatReport,
  protoTime,
  protoPushAndSet,
];
const withHeartbeat = [...unnamed, bmsHeartBeatReport];

/** Whether the fields are a pack's heartbeat without its name; its `soc` and `temp` have no meaning elsewhere. */
const isHeartbeat = (fields: Fields) =>
  "num" in fields && "soc" in fields && ("maxCellVol" in fields || "max_cell_vol" in fields);

/** Merges fields without a message's name, also of several messages at once; each goes to the first table that has it. */
export function takeFields(device: Device, fields: Fields, at: Instant): boolean {
  let taken = false;
  const rest = new Map(Object.entries(fields));
  for (const table of isHeartbeat(fields) ? withHeartbeat : unnamed) {
    const own: Record<string, unknown> = {};
    for (const [name, value] of rest) {
      const head = name.includes(".") ? name.slice(0, name.indexOf(".")) : name;
      if (!table.byName.has(name) && table.byName.get(head)?.nested == null) continue;
      own[name] = value;
      rest.delete(name);
    }
    if (takeNamed(device, table, own, at)) taken = true;
  }
  return taken;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);
