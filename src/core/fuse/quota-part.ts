/** Reads an answer of EcoFlow's developer API over HTTP as a partial reading. */

import type { PartReading, PartValues } from "../reading.ts";
import { nothingMeasured } from "../reading.ts";
import { createStation, take } from "../station.ts";

/**
 * An HTTP `quota/all` body as a partial reading of the source instance `source`. It is no sample, because the API answers from
 * the cloud's cache (S7). `body` is the parsed answer (or its `data`) for the station `serial`; `wall` is the time of receipt,
 * epoch ms. Answers one sentence where the body holds nothing of a station. Never throws.
 */
export function partFromQuota(
  source: string,
  serial: string,
  body: unknown,
  wall: number,
): { part: PartReading } | { unknown: string } {
  const setup = { id: serial, serial, name: null, capacityWh: null, dischargeLimitPercent: null };
  const bytes = new TextEncoder().encode(JSON.stringify(body) ?? "");
  const { reading, problem } = take(createStation(setup, true), {
    kind: "frame",
    source,
    bytes,
    at: 0,
    wall,
  });
  if (reading === null) return { unknown: problem ?? "nothing of a station in it" };
  const values: Record<string, unknown> = {};
  for (const key of Object.keys(nothingMeasured) as (keyof PartValues)[]) {
    const value = reading[key];
    // The capacity of a model is no measurement.
    const isMeasured = key !== "capacity_wh" || reading.capacity_basis === "measured";
    if (value !== null && isMeasured) values[key] = value;
  }
  return {
    part: {
      station: serial,
      source,
      sampled_at: wall,
      received_at: wall,
      values: values as PartValues,
      ages: {},
      grid: { verdict: reading.grid, basis: reading.grid_basis, carried_by: reading.carried_by },
      sample: false,
    },
  };
}
