/** Says where the load of a projection comes from: it is an estimate, and people see how it was made. */
import type { StationRules } from "../rules.ts";
import { conversion, inverterWatts } from "../station/load.ts";
import { surge } from "../station/projection.ts";
import type { StationState } from "../station/state.ts";

/** What a projected load was made from. `output` and `battery`: where the present load is measured; `day`: the most of the last day. */
export type LoadBasis = "output" | "battery" | "day" | "configured" | "rated";

export interface LoadOrigin {
  loadBasis: LoadBasis;
  /** Watts as measured: at the output for `output`, else at the battery; null for `configured` and `rated`. */
  loadWatts: number | null;
}

/** Returns the origin of `watts`, the load that a projection of the station assumes. */
export function loadOrigin(rules: StationRules, { load }: StationState, watts: number): LoadOrigin {
  if (load.last === null)
    return { loadBasis: rules.assumedLoadWatts === watts ? "configured" : "rated", loadWatts: null };
  if (rules.assumedLoadWatts === watts) return { loadBasis: "configured", loadWatts: null };
  const measured = watts / surge;
  const ofDay = load.hours.some((mean) => Math.abs(mean - measured) < 0.5);
  const isNow = [load.last, load.smooth].some((now) => now !== null && Math.abs(now - measured) < 0.5);
  if (ofDay && !isNow) return { loadBasis: "day", loadWatts: measured };
  if (load.from !== "output") return { loadBasis: "battery", loadWatts: measured };
  return { loadBasis: "output", loadWatts: (measured - inverterWatts) / conversion };
}

/** Returns `464 W assumed: 330 W measured + 10 % + 8 W, x 1.25`. */
export function assumedText(watts: number, { loadBasis, loadWatts }: LoadOrigin): string {
  const measured = `${Math.round(loadWatts ?? 0)} W`;
  const origins: Readonly<Record<LoadBasis, string>> = {
    output: `${measured} measured + 10 % + 8 W, x ${surge}`,
    battery: `${measured} measured at the battery, x ${surge}`,
    day: `${measured}, the most of the last day, x ${surge}`,
    configured: "assumedLoadWatts of the configuration",
    rated: "its rated output, because no load was measured",
  };
  return `${Math.round(watts)} W assumed: ${origins[loadBasis]}`;
}
