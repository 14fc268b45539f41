/** What somebody else says about a station on `json/state`, turned into a partial reading, bad fields dropped one by one. */
import type { CarriedBy, GridBasis, GridVerdict, GridWord, Measured, PartReading } from "../reading.ts";

/** The believable part of a foreign reading, and one reason for each field that was not believed. */
export interface ForeignPart {
  part: PartReading;
  /** `soc 255 is outside 0–100`, one a field; empty when all is well. */
  refused: string[];
}

/** Its own time counts when it is this near to ours (rulings R18). */
const clocksAgreeMs = 60_000;

type Numeric = { [K in keyof Measured]: Measured[K] extends number | null ? K : never }[keyof Measured];
type Flag = { [K in keyof Measured]: Measured[K] extends boolean | null ? K : never }[keyof Measured];

/** What a number can be on a power station. */
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
const verdicts: readonly GridVerdict[] = ["present", "lost", "unknown"];
const carriers: readonly CarriedBy[] = ["grid", "battery", "solar", "none"];
const bases: readonly GridBasis[] = [
  "ac-input-watts",
  "flow",
  "charge-state",
  "discharge",
  "by-setting",
  "solar",
  "hid",
  "nut",
  "witness",
  "network",
  "last-known",
  "none",
];

/**
 * `payload` is the parsed JSON; `device` was checked before (contract). Times in epoch ms; `wall` stands in for a missing
 * `sampled_at`. A bad field never suppresses the others (I3); null and absent mean unknown and are no fault.
 */
export function partFromForeign(
  payload: { device: string } & Record<string, unknown>,
  wall: number,
): ForeignPart {
  const refused: string[] = [];
  const values: Partial<Measured> = {};
  for (const key of Object.keys(ranges) as Numeric[]) {
    const value = numberIn(payload[key], key, refused);
    if (value !== null) values[key] = value;
  }
  for (const key of flags) {
    const value = payload[key];
    if (typeof value === "boolean") values[key] = value;
    else if (!isAbsent(value)) refused.push(`${key} ${show(value)} is not true or false`);
  }
  const sampled = payload["sampled_at"];
  const agrees = typeof sampled === "number" && Math.abs(sampled - wall) <= clocksAgreeMs;
  const part: PartReading = {
    station: payload.device,
    source: "mqtt",
    sampled_at: agrees ? sampled : wall,
    received_at: wall,
    values,
    ages: {},
    grid: wordOf(payload, refused),
    sample: true,
  };
  return { part, refused };
}

const isAbsent = (value: unknown) => value === undefined || value === null;

/** Short, and on one line, whatever it is. */
const show = (value: unknown) => {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
};

function numberIn(value: unknown, key: Numeric, refused: string[]): number | null {
  if (isAbsent(value)) return null;
  const [least, most] = ranges[key];
  if (typeof value !== "number" || Number.isNaN(value)) {
    refused.push(`${key} ${show(value)} is not a number`);
    return null;
  }
  if (value < least || value > most) {
    refused.push(`${key} ${value} is outside ${least}–${most}`);
    return null;
  }
  return value;
}

/** Our own `grid` where it is spoken, else the original's `grid_connected`; null when it says nothing about the mains. */
function wordOf(payload: Record<string, unknown>, refused: string[]): GridWord | null {
  const carried_by = oneOf(carriers, payload["carried_by"]);
  const basis = oneOf(bases, payload["grid_basis"]) ?? "none";
  const { grid, grid_connected: connected } = payload;
  if (!isAbsent(grid)) {
    const verdict = oneOf(verdicts, grid);
    if (verdict !== null) return { verdict, basis, carried_by };
    refused.push(`grid ${show(grid)} is not present, lost or unknown`);
  }
  if (connected === true) return { verdict: "present", basis, carried_by: carried_by ?? "grid" };
  if (connected === false) return { verdict: "lost", basis, carried_by: carried_by ?? "battery" };
  if (!isAbsent(connected)) refused.push(`grid_connected ${show(connected)} is not true or false`);
  return null;
}

const oneOf = <T extends string>(words: readonly T[], value: unknown): T | null =>
  words.find((word) => word === value) ?? null;
