/** What a station can be set to and can store: other values are refused, however often they are told (E2). */
import type { StationReading } from "../../reading.ts";

/** Stations accept a limit of up to 30 %; a larger one is another setting, and would raise every threshold. */
const mostLimit = 50;
/** No station stores less, Wh: a smaller value is in kWh. */
const leastCapacity = 50;

/** Returns the discharge limit, percent; null where none was told, or one that no station has. */
export function possibleLimit(limit: number | null): number | null {
  return limit !== null && limit > mostLimit ? null : limit;
}

/** Returns the capacity x state of health where that is known, in Wh; null where none was told, or one that no station has. */
export function possibleCapacity({
  capacity_wh,
  modules,
}: Pick<StationReading, "capacity_wh" | "modules">): number | null {
  if (capacity_wh === null || capacity_wh < leastCapacity) return null;
  const healths = (modules ?? []).flatMap(({ soh }) => (soh === null || soh <= 0 ? [] : [soh]));
  if (healths.length === 0) return capacity_wh;
  const mean = healths.reduce((sum, soh) => sum + soh, 0) / healths.length;
  return (capacity_wh * Math.min(100, mean)) / 100;
}
