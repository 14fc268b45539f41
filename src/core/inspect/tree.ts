/** The tree of one payload as lines of text, every value at its place. */
import type { Leaf, Part } from "./leaf.ts";
import { partsOf } from "./part.ts";

/** Returns a heading per message and a line per value; a field in no table has only its number. */
export function treeLines(bytes: Uint8Array): string[] {
  const parts = partsOf(bytes);
  if ("unknown" in parts) return [`no frame: ${parts.unknown}`];
  return parts.flatMap((part) => [heading(part), ...part.leaves.map((leaf) => `  ${leafLine(leaf)}`)]);
}

/** `254/21 DisplayPropertyUpload, from board 2`. */
export function heading({ kind, message, src, because }: Part): string {
  const name = message ?? (kind.startsWith("JSON") || kind === "request" ? "" : "unknown message");
  const from = src === null ? "" : `, from board ${src}`;
  return `${`${kind} ${name}`.trim()}${from}${because === undefined ? "" : `: ${because}`}`;
}

/** `54     pow_get_ac_in                 209.6 W`; a guess has a question mark behind its type. */
export function leafLine({ path, name, unit, type, value, int }: Leaf): string {
  const shown = typeof value === "number" ? numberText(value) : value;
  const other = int === undefined || int === 0 ? "" : `, or ${int}`;
  return `${path.padEnd(10)} ${(name ?? "?").padEnd(34)} ${shown}${unitText(value, unit)}${other}  (${type})`;
}

/** No station has a higher voltage: some firmwares send millivolts in a field that is volts on others (fields/runtime-property.ts). */
const mostVolts = 1_000;

/** Returns the unit behind a value, after a space; empty where it has none. */
export function unitText(value: unknown, unit: string): string {
  if (unit === "" || unit === "bits") return "";
  return unit === "V" && typeof value === "number" && Math.abs(value) > mostVolts ? " mV" : ` ${unit}`;
}

/** Rounds a float for people: to hundredths, below 1 to three digits. */
export const numberText = (value: number): string =>
  String(Math.abs(value) >= 1 ? Math.round(value * 100) / 100 : Number(value.toPrecision(3)));
