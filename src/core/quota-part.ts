/** What the developer API answers over HTTP: a partial reading, because it comes from a cloud cache (hard-cases S7). */
import { nothingMeasured } from "./fuse/fuse.ts";
import type { Measured, PartReading } from "./reading.ts";
import { createStation, take } from "./station.ts";

/**
 * An HTTP `quota/all` body as a partial reading: it answers from a cloud cache, so it renews no age and ends no silence (S7).
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
  for (const key of Object.keys(nothingMeasured) as (keyof Measured)[]) {
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
