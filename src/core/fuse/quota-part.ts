/** An HTTP `quota/all` body as a partial reading: it answers from a cloud cache, so it renews no age and ends no silence (S7). */

import type { Measured, PartReading } from "../reading.ts";
import { createStation, take } from "../station.ts";

/**
 * `body` is the parsed answer (or its `data`) of the developer API for the station `serial`; `wall` the time of receipt, epoch
 * ms. Answers one sentence where there is nothing of a station in it. Never throws.
 */
export function partFromQuota(
  serial: string,
  body: unknown,
  wall: number,
): { part: PartReading } | { unknown: string } {
  const setup = { id: serial, serial, name: null, capacityWh: null, dischargeLimitPercent: null };
  const bytes = new TextEncoder().encode(JSON.stringify(body) ?? "");
  const input = { kind: "frame", source: "ecoflow-open", bytes, at: 0, wall } as const;
  const { reading, problem } = take(createStation(setup, true), input);
  if (reading === null) return { unknown: problem ?? "nothing of a station in it" };
  const values: Partial<Measured> = {};
  const measured: Record<string, unknown> = values;
  for (const key of measuredKeys) {
    const value = reading[key];
    // The model's capacity is no measurement.
    if (value !== null && (key !== "capacity_wh" || reading.capacity_basis === "measured"))
      measured[key] = value;
  }
  return {
    part: {
      station: serial,
      source: "ecoflow-open",
      sampled_at: wall,
      received_at: wall,
      values,
      ages: {},
      grid: { verdict: reading.grid, basis: reading.grid_basis, carried_by: reading.carried_by },
      sample: false,
    },
  };
}

const measuredKeys: readonly (keyof Measured)[] = [
  "soc",
  "temp_celsius",
  "ac_in_watts",
  "ac_out_watts",
  "in_watts",
  "out_watts",
  "solar_watts",
  "charging",
  "runtime_sec",
  "capacity_wh",
  "discharge_limit_percent",
  "charge_limit_percent",
  "modules",
  "ac_out_on",
  "ac_standby_min",
  "output_memory",
  "faults",
];
