/** Fields that come by name, as JSON has them, into a device's memory. */
import { jsonOrNull } from "../bounded-json.ts";
import type { Instant } from "../reading.ts";
import { type Device, keepNumber, makeMemory, mostPacks, type Numbers, placeOf } from "./device.ts";
import { bmsHeartBeatReport } from "./fields/bms-heartbeat.ts";
import { cmsHeartBeatReport } from "./fields/cms-heartbeat.ts";
import { bpInfo, bpInfoReport } from "./fields/delta-pro-ultra.ts";
import { displayPropertyUpload } from "./fields/display-property.ts";
import { quota } from "./fields/quota.ts";
import { runtimePropertyUpload } from "./fields/runtime-property.ts";
import { protoPushAndSet, protoTime } from "./fields/smart-home-panel2.ts";
import type { Field, Table } from "./fields/table.ts";
import { isPossible } from "./numbers.ts";

/** Merges the fields of a message that came by name, as JSON has them; true when at least one was a possible number of the table. */
export function takeNamed(
  device: Device,
  table: Table,
  fields: Readonly<Record<string, unknown>>,
  at: Instant,
): boolean {
  if (table === bpInfoReport) return takeBigPacks(device, fields, at);
  const num = table === bmsHeartBeatReport ? packNumberOf(fields["num"]) : 0;
  const found: Found = { known: 0, numbers: [] };
  collect(table, fields, found);
  const place = found.known === 0 ? null : placeOf(device, table, num);
  if (place === null) return false;
  keep(place.numbers, found, at, place.begin);
  return true;
}

interface Found {
  /** Fields that the table knows and whose value is possible, kept or not. */
  known: number;
  numbers: [slot: number, value: number][];
}

function keep(target: Numbers, { numbers }: Found, at: Instant, begin = 0): void {
  for (const [slot, value] of numbers) keepNumber(target, begin + slot, value, at);
}

function collect(table: Table, fields: Readonly<Record<string, unknown>>, found: Found): void {
  for (const [name, value] of Object.entries(fields)) {
    const whole = table.byName.get(name);
    if (whole !== undefined) collectField(whole, value, found);
    else {
      // `masterIncreInfo.gridSta`: the rest of the name belongs to the nested message.
      const dot = name.indexOf(".");
      const outer = dot < 0 ? undefined : table.byName.get(name.slice(0, dot));
      if (outer?.nested != null) collect(outer.nested, { [name.slice(dot + 1)]: value }, found);
    }
  }
}

function collectField(field: Field, value: unknown, found: Found): void {
  if (field.nested !== null) {
    if (!isRecord(value)) return;
    if (field.nested.missingIsZero)
      for (const { name } of field.nested.fields) collect(field.nested, { [name]: 0 }, found);
    collect(field.nested, value, found);
    return;
  }
  const number = asPossible(field, numberOf(value));
  if (number === null) return;
  found.known++;
  if (field.slot >= 0) found.numbers.push([field.slot, number]);
}

/** HTTP answers write numbers, and whole lists, as text (a Delta Pro Ultra's `quota/all`: `"soc": "21"`). */
function numberOf(value: unknown): unknown {
  if (typeof value === "boolean") return Number(value);
  if (value === "true" || value === "false") return Number(value === "true");
  return typeof value === "string" && /^\s*-?\d+(?:\.\d+)?(?:e[+-]?\d+)?\s*$/i.test(value)
    ? Number(value)
    : value;
}

/** 0 where none is told; NaN for what is no whole number, so that nobody makes packs without end. */
function packNumberOf(value: unknown): number {
  const num = numberOf(value ?? 0);
  return typeof num === "number" && Number.isInteger(num) ? num : Number.NaN;
}

/**
 * A value that this field can have. River mini writes the bits of a float where others write the number (ecoflow-protocol.md
 * 5.1), or the number with its bytes the other way round (tolwi/hassio-ecoflow-cloud#501): a part of a millivolt or of a watt
 * is no measurement, so it was the other way.
 */
function asPossible(field: Field, value: unknown): number | null {
  if (isPossible(field, value)) return value;
  // Not the input of the other families: broken there would be a loss, or the mains.
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

function takeBigPacks(device: Device, fields: Readonly<Record<string, unknown>>, at: Instant): boolean {
  const entries = listOf(fields["bp_info"] ?? fields["bpInfo"]);
  if (!Array.isArray(entries)) return false;
  let taken = false;
  for (const entry of entries.slice(0, mostPacks)) {
    if (!isRecord(entry)) continue;
    const num = packNumberOf(entry["bp_no"] ?? entry["bpNo"]);
    if (!(num >= 0 && num < mostPacks)) continue;
    const pack = device.bigPacks.get(num) ?? makeMemory(bpInfo);
    if (!device.bigPacks.has(num)) device.bigPacks = new Map(device.bigPacks).set(num, pack);
    const found: Found = { known: 0, numbers: [] };
    collect(bpInfo, entry, found);
    keep(pack, found, at);
    taken ||= found.known > 0;
  }
  return taken;
}

/** Tables that fields without a message's name may belong to, in this order. */
const unnamed = [
  quota,
  displayPropertyUpload,
  runtimePropertyUpload,
  cmsHeartBeatReport,
  protoTime,
  protoPushAndSet,
];
const withHeartbeat = [...unnamed, bmsHeartBeatReport];

/** A pack's heartbeat came without its name; its `soc` and `temp` mean nothing elsewhere. */
const isHeartbeat = (fields: Readonly<Record<string, unknown>>) =>
  "num" in fields && "soc" in fields && ("maxCellVol" in fields || "max_cell_vol" in fields);

/** Merges fields that carry no message's name, also those of several messages in one: each goes to the first table that knows it. */
export function takeFields(device: Device, fields: Readonly<Record<string, unknown>>, at: Instant): boolean {
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
