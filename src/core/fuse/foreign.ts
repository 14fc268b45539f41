/** Turns another program's reading on `json/state` into a partial reading; each bad field is dropped alone. */
import {
  carriers,
  type GridReport,
  gridBases,
  gridVerdicts,
  type Measured,
  type PartReading,
  type PartValues,
} from "../reading.ts";
import { ownTime, sampleTime } from "./clocks.ts";

/** The believable part of a foreign reading, and one reason for each field that was dropped. */
export interface ForeignPart {
  part: PartReading;
  /** `soc 255 is outside 0–100`, one a field; empty when every field was taken. */
  refused: string[];
  /** When its sender measured, epoch ms by the sender's clock; null where it does not say. */
  own: number | null;
}

type Numeric = { [K in keyof Measured]: Measured[K] extends number | null ? K : never }[keyof Measured];
type Flag = { [K in keyof Measured]: Measured[K] extends boolean | null ? K : never }[keyof Measured];

/** The least and the greatest value that a power station can report. */
const ranges: Readonly<Record<Numeric, readonly [number, number]>> = {
  soc: [0, 100],
  temp_celsius: [-60, 150],
  ac_in_watts: [0, 60_000],
  ac_out_watts: [0, 60_000],
  in_watts: [0, 60_000],
  out_watts: [0, 60_000],
  solar_watts: [0, 60_000],
  runtime_sec: [0, 31_536_000],
  capacity_wh: [1, 1_000_000],
  discharge_limit_percent: [0, 100],
  charge_limit_percent: [0, 100],
  ac_standby_min: [0, 525_600],
};
const flags: readonly Flag[] = ["charging", "ac_out_on", "output_memory"];

/**
 * Reads a foreign payload as a partial reading of the source instance `source`. `payload` is the parsed JSON whose `device` the
 * contract has checked; `wall`, epoch ms, replaces a `sampled_at` that is missing or wrong. A bad field never suppresses the
 * others (I3). Null and absent mean unknown and are no fault.
 */
export function partFromForeign(
  payload: { device: string } & Record<string, unknown>,
  wall: number,
  source: string,
): ForeignPart {
  const refused: string[] = [];
  const values: PartValues = {};
  for (const key of Object.keys(ranges) as Numeric[]) {
    const value = numberIn(payload[key], key, refused);
    if (value !== null) values[key] = value;
  }
  for (const key of flags) {
    const value = flagIn(payload[key], key, refused);
    if (value !== null) values[key] = value;
  }
  const own = ownTime(payload["sampled_at"]);
  const part: PartReading = {
    station: payload.device,
    source,
    sampled_at: sampleTime(own, wall),
    received_at: wall,
    values,
    ages: {},
    grid: gridIn(payload, refused),
    sample: true,
  };
  return { part, refused, own };
}

const isAbsent = (value: unknown) => value === undefined || value === null;

/** A value as short text on one line. */
const show = (value: unknown) => {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
};

/** A number as text, as templates of home automations write it: `20`, ` 80.5 `. */
const numberText = /^\s*-?\d+(\.\d+)?\s*$/;

function numberIn(reported: unknown, key: Numeric, refused: string[]): number | null {
  if (isAbsent(reported)) return null;
  const [least, most] = ranges[key];
  const value = typeof reported === "string" && numberText.test(reported) ? Number(reported) : reported;
  if (typeof value !== "number" || Number.isNaN(value)) {
    refused.push(`${key} ${show(reported)} is not a number`);
    return null;
  }
  if (value < least || value > most) {
    refused.push(`${key} ${value} is outside ${least}–${most}`);
    return null;
  }
  return value;
}

/** How other publishers write true and false (E7): Home Assistant's templates, switches, C programs. */
const flagTexts: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["false", false],
  ["on", true],
  ["off", false],
  ["yes", true],
  ["no", false],
  ["1", true],
  ["0", false],
]);

/** Reads true or false in each unambiguous form; null where it is absent or refused. */
function flagIn(value: unknown, key: string, refused: string[]): boolean | null {
  if (isAbsent(value)) return null;
  if (typeof value === "boolean") return value;
  const isText = typeof value === "string" || typeof value === "number";
  const flag = isText ? flagTexts.get(String(value).trim().toLowerCase()) : undefined;
  if (flag === undefined) refused.push(`${key} ${show(value)} is not true or false`);
  return flag ?? null;
}

/** Reads our own `grid` where it is present, else the original's `grid_connected`; null when neither is usable. */
function gridIn(payload: Record<string, unknown>, refused: string[]): GridReport | null {
  const carried_by = oneOf(carriers, payload["carried_by"]);
  const basis = oneOf(gridBases, payload["grid_basis"]) ?? "none";
  const { grid, grid_connected: connected } = payload;
  if (!isAbsent(grid)) {
    const verdict = oneOf(gridVerdicts, grid);
    if (verdict !== null) return { verdict, basis, carried_by };
    refused.push(`grid ${show(grid)} is not present, lost or unknown`);
  }
  const isConnected = flagIn(connected, "grid_connected", refused);
  if (isConnected === null) return null;
  return isConnected
    ? { verdict: "present", basis, carried_by: carried_by ?? "grid" }
    : { verdict: "lost", basis, carried_by: carried_by ?? "battery" };
}

const oneOf = <T extends string>(known: readonly T[], value: unknown): T | null =>
  known.find((name) => name === value) ?? null;
