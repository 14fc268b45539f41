/** Readings of stations: the public one, the judged one, what one source reports, and the health of a source. */
import { z } from "zod";
import { carriers, gridBases, gridVerdicts, qualities } from "../../core/reading.ts";
import { percent, unknownOr, watts } from "./fields.ts";

const moduleSchema = z.object({
  num: z.int(),
  soc: percent,
  temp_celsius: unknownOr(z.number()),
  soh: unknownOr(z.number()),
  cycles: unknownOr(z.number()),
  in_watts: watts,
  out_watts: watts,
});

/** The reading of a station. A value that was never reported is null. */
export const readingSchema = z.object({
  device: z.string(),
  soc: percent,
  grid_connected: z.boolean().nullable().describe("true, false, null = unknown"),
  temp_celsius: unknownOr(z.number()),
  serial: z.string().nullable(),
  name: z.string().nullable(),
  model: z.string().nullable(),
  ac_in_watts: watts,
  ac_out_watts: watts,
  in_watts: watts,
  out_watts: watts,
  solar_watts: watts,
  charging: z.boolean().nullable(),
  runtime_sec: unknownOr(z.number()).describe("seconds to the discharge limit at the present load"),
  capacity_wh: unknownOr(z.number()),
  discharge_limit_percent: percent,
  charge_limit_percent: percent,
  modules: z.array(moduleSchema).nullable(),
  sampled_at: z.number().nullable().describe("epoch ms"),
  received_at: z.number().nullable().describe("epoch ms"),
  source: z.string().nullable(),
  seq: z.int(),
  origin: z.string().describe("<site>/<instance> that published it"),
  quality: z.enum(qualities),
  grid: z.enum(gridVerdicts),
  grid_last: z.enum(["present", "lost"]).nullable(),
  grid_basis: z.enum(gridBases),
  carried_by: z.enum(carriers).nullable(),
  ac_out_on: z.boolean().nullable(),
  ac_standby_min: unknownOr(z.number()),
  output_memory: z.boolean().nullable(),
  faults: z.array(z.string()).nullable(),
});

/** The judged reading between rooms: the public one and the further fields that a decision needs. */
export const stationReadingSchema = readingSchema.extend({
  samples: z.int(),
  sample_age_ms: z.number().nullable(),
  grid_suspected: z.boolean(),
  local: z.boolean(),
  battery_watts: watts,
  capacity_basis: z.enum(["measured", "model"]).nullable(),
  rated_watts: watts,
});

const measuredFields = readingSchema.pick({
  soc: true,
  temp_celsius: true,
  ac_in_watts: true,
  ac_out_watts: true,
  in_watts: true,
  out_watts: true,
  solar_watts: true,
  charging: true,
  runtime_sec: true,
  capacity_wh: true,
  discharge_limit_percent: true,
  charge_limit_percent: true,
  modules: true,
  ac_out_on: true,
  ac_standby_min: true,
  output_memory: true,
  faults: true,
});

/** What one source says about one station, before fusion. */
export const partReadingSchema = z.object({
  station: z.string().describe("the serial, or the id that the source knows the station by"),
  source: z.string().describe("name of the source instance"),
  sampled_at: z.number().describe("epoch ms"),
  received_at: z.number().describe("epoch ms"),
  values: measuredFields.partial().describe("what this source knows; absent and null mean unknown"),
  ages: z.partialRecord(measuredFields.keyof(), z.number()).describe("ms; absent: as old as the message"),
  grid: z
    .object({
      verdict: z.enum(gridVerdicts),
      basis: z.enum(gridBases),
      carried_by: z.enum(carriers).nullable(),
    })
    .nullable(),
  sample: z.boolean().describe("false: it may come from a cache, renews no age and ends no silence"),
});

/** The health of one source, for a status page. */
export const sourceHealthSchema = z.object({
  kind: z.string().describe("as in the configuration"),
  up: z.boolean().describe("it is connected and hears its stations"),
  since: z.number().describe("epoch ms of the last change of up"),
  problem: z.string().nullable().describe("one sentence with what to do; null when all is well"),
  stations: z.int().min(0).describe("how many stations it brings"),
  heard_at: z.number().nullable().describe("epoch ms of the last message; null before the first"),
});
export type SourceHealth = z.output<typeof sourceHealthSchema>;

/** The stations of an account: a station that is configured by its name in the app is recognised by it. */
export const rosterSchema = z.object({
  stations: z.array(z.object({ serial: z.string(), name: z.string().nullable() })),
});
export type Roster = z.output<typeof rosterSchema>;

/**
 * A reading of another publisher. Only `device` must be a text; telemetry judges `soc` and `grid_connected`,
 * because one bad field must never suppress the others (I3).
 */
export const foreignReadingSchema = z.looseObject({ device: z.string().min(1).max(200) });
export type ForeignReading = z.output<typeof foreignReadingSchema>;
