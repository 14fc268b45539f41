/**
 * Makes the readings that leave a station. `readingOf` copies field by field: with `{ ...values, … }` V8 makes an object of a
 * slow kind, and a frame costs 8 times as much (34 µs instead of 4 µs, bench/decode.ts).
 */
import { socOf } from "../filter/soc.ts";
import {
  type Instant,
  type Measured,
  nothingMeasured,
  type Reading,
  type StationReading,
} from "../reading.ts";
import { batteryOf, capacityOf, isSuspected, type JudgedReading } from "./judge.ts";
import type { StationMemory } from "./memory.ts";

/** The reading of a station that reported nothing known. */
export const blankReading = (memory: StationMemory, at: Instant): JudgedReading =>
  readingOf(memory, { ...nothingMeasured }, at);

/** The reading as it stands after `update`, which answered `values`. */
export function readingOf(memory: StationMemory, values: Measured, at: Instant): JudgedReading {
  const { setup, model, grid, sampleAt } = memory;
  const capacityWh = capacityOf(memory, values);
  return {
    device: setup.id,
    soc: socOf(memory.soc),
    grid_connected: grid.verdict === "unknown" ? null : grid.verdict === "present",
    temp_celsius: values.temp_celsius,
    serial: setup.serial,
    name: setup.name,
    model: model?.name ?? null,
    ac_in_watts: values.ac_in_watts,
    ac_out_watts: values.ac_out_watts,
    in_watts: values.in_watts,
    out_watts: values.out_watts,
    solar_watts: values.solar_watts,
    charging: values.charging,
    runtime_sec: values.runtime_sec,
    capacity_wh: capacityWh,
    discharge_limit_percent: values.discharge_limit_percent ?? setup.dischargeLimitPercent,
    charge_limit_percent: values.charge_limit_percent,
    modules: values.modules,
    ac_out_on: values.ac_out_on,
    ac_standby_min: values.ac_standby_min,
    output_memory: values.output_memory,
    faults: values.faults,
    sampled_at: memory.sampledWall,
    received_at: memory.receivedWall,
    source: memory.newest?.name ?? null,
    quality: memory.quality,
    grid: grid.verdict,
    grid_last: grid.last,
    grid_basis: grid.basis,
    carried_by: memory.carriedBy,
    samples: memory.samples,
    sample_age_ms: sampleAt === null ? null : Math.max(0, at - sampleAt),
    grid_suspected: isSuspected(memory),
    local: memory.newest?.traits.local ?? false,
    battery_watts: batteryOf(memory),
    capacity_basis: values.capacity_wh !== null ? "measured" : capacityWh !== null ? "model" : null,
    rated_watts: memory.rules.ratedWatts?.(memory.device) ?? model?.ratedWatts ?? null,
  };
}

/** A public reading before its publisher numbers it. */
export type PublicReading = Omit<Reading, "seq" | "origin">;

/** The public part of a judged reading: everything but what only a decision needs. */
export function publicOf(reading: JudgedReading): PublicReading {
  return {
    device: reading.device,
    soc: reading.soc,
    grid_connected: reading.grid_connected,
    temp_celsius: reading.temp_celsius,
    serial: reading.serial,
    name: reading.name,
    model: reading.model,
    ac_in_watts: reading.ac_in_watts,
    ac_out_watts: reading.ac_out_watts,
    in_watts: reading.in_watts,
    out_watts: reading.out_watts,
    solar_watts: reading.solar_watts,
    charging: reading.charging,
    runtime_sec: reading.runtime_sec,
    capacity_wh: reading.capacity_wh,
    discharge_limit_percent: reading.discharge_limit_percent,
    charge_limit_percent: reading.charge_limit_percent,
    modules: reading.modules,
    ac_out_on: reading.ac_out_on,
    ac_standby_min: reading.ac_standby_min,
    output_memory: reading.output_memory,
    faults: reading.faults,
    sampled_at: reading.sampled_at,
    received_at: reading.received_at,
    source: reading.source,
    quality: reading.quality,
    grid: reading.grid,
    grid_last: reading.grid_last,
    grid_basis: reading.grid_basis,
    carried_by: reading.carried_by,
  };
}

/** The public value of a station. One is kept for each, and a copy by spread would take more memory. */
export function stateOf(reading: StationReading): Reading {
  const shown = publicOf(reading) as Reading;
  shown.seq = reading.seq;
  shown.origin = reading.origin;
  return shown;
}
