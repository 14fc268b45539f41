/** The load of a station, measured at its battery: what a reading reports of it, and what is remembered of a day. */
import type { Instant, StationReading } from "../../reading.ts";
import type { LoadMemory } from "./state.ts";

const hourMs = 3_600_000;
const tenMinutesMs = 600_000;
/** What the inverter itself draws, measured by an owner of a River 3 Plus: 0 W out, 7.9 W in. */
export const inverterWatts = 8;
/** What conversion costs on the way from the battery to the output. */
export const conversion = 1.1;

/** Returns the load at the battery in watts: as measured there, else AC output + 8 W + 10 % (S5); null where neither is reported. */
export function loadOf(
  reading: Pick<StationReading, "ac_out_watts" | "out_watts" | "battery_watts">,
  carriedByBattery: boolean,
): number | null {
  const output = reading.ac_out_watts ?? reading.out_watts;
  const known = output !== null && output >= 0;
  const battery = carriedByBattery ? (reading.battery_watts ?? 0) : 0;
  if (battery > 0) return Math.max(battery, known ? output + inverterWatts : 0);
  return known ? output * conversion + inverterWatts : null;
}

/** Where `loadOf` takes the load from: the battery's own measurement where it is higher, else the output. */
export function measuredAt(
  reading: Pick<StationReading, "ac_out_watts" | "out_watts" | "battery_watts">,
  carriedByBattery: boolean,
): "output" | "battery" {
  const output = reading.ac_out_watts ?? reading.out_watts ?? 0;
  const battery = carriedByBattery ? (reading.battery_watts ?? 0) : 0;
  return battery > 0 && battery >= output + inverterWatts ? "battery" : "output";
}

/** Returns the memory after one more sample of `watts`, `spanMs` after the sample before. */
export function rememberLoad(memory: LoadMemory, watts: number, at: Instant, spanMs: number): LoadMemory {
  const rolled = at - memory.tenAt >= tenMinutesMs ? rollTen(memory, at) : memory;
  // A silence says nothing about the load in it.
  const span = Math.min(spanMs, 60_000);
  const weight = memory.smooth === null ? 1 : Math.min(1, spanMs / 60_000);
  const smooth = memory.smooth === null ? watts : memory.smooth + (watts - memory.smooth) * weight;
  return {
    ...rolled,
    last: watts,
    smooth,
    tenSum: rolled.tenSum + watts * span,
    tenMs: rolled.tenMs + span,
  };
}

/** Closes the ten minutes: their mean enters the maxima of its hour; hours older than a day fall out. */
function rollTen(memory: LoadMemory, at: Instant): LoadMemory {
  const fresh = { ...memory, tenAt: at, tenSum: 0, tenMs: 0 };
  const passed = Math.floor((at - memory.hourAt) / hourMs);
  const mean = memory.tenMs > 0 ? Math.round(memory.tenSum / memory.tenMs) : null;
  const kept = [...memory.hours];
  if (mean !== null) kept[0] = Math.max(kept[0] ?? 0, mean);
  if (passed < 1) return { ...fresh, hours: kept };
  const hours = [...new Array<number>(Math.min(passed, 24)).fill(0), ...kept].slice(0, 24);
  return { ...fresh, hourAt: memory.hourAt + passed * hourMs, hours };
}
