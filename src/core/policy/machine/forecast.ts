/** When a machine would be commanded if the mains failed now: the arithmetic of its causes, asked in advance. */
import type { MachineRules, PolicyRules } from "../rules.ts";
import { needMs, project, thresholdOf } from "../station/projection.ts";
import type { StationState } from "../station/state.ts";
import { nthOf } from "./supplies.ts";

export interface Forecast {
  /** The charge threshold in force at the present load, the highest of its stations, percent. */
  threshold: number;
  /** Milliseconds until the command, the mains being away from now on; null where nothing can be projected. */
  left: number | null;
  /** The load that was assumed for it, watts at the battery; null with `left`. */
  watts: number | null;
}

/** Returns the forecast of a machine at the present state of its stations; one that is not in `stations` is not known. */
export function forecastOf(
  rules: PolicyRules,
  machine: MachineRules,
  stations: ReadonlyMap<string, StationState>,
): Forecast {
  const each = machine.stations.map((id) => atStation(rules, machine, id, stations));
  const left = nthOf(
    each.flatMap((one) => one.left ?? []),
    machine,
  );
  const decisive = left === null ? undefined : each.find((one) => one.left === left);
  const threshold = Math.max(machine.socPercent, ...each.map((one) => one.threshold));
  return { threshold, left, watts: decisive?.watts ?? null };
}

function atStation(
  rules: PolicyRules,
  machine: MachineRules,
  id: string,
  stations: ReadonlyMap<string, StationState>,
): Forecast {
  const [stationRules, station] = [rules.stations[id], stations.get(id)];
  const debounce = rules.debounceSec * 1000;
  const times = machine.onBatterySec === null ? [] : [machine.onBatterySec * 1000 + debounce];
  if (stationRules === undefined || station === undefined)
    return { threshold: machine.socPercent, left: times[0] ?? null, watts: null };
  const { percent: threshold } = thresholdOf(rules, machine, stationRules, station);
  const projection = project(stationRules, station, 0, false);
  if (projection !== null && station.soc !== null) {
    const { whole, rate } = projection;
    const before = carriedMs(rules, id, stations);
    times.push(before + Math.max(0, (station.soc - threshold) / rate) + debounce);
    if (machine.runtimeSec !== null)
      times.push(Math.max(0, before + whole - machine.runtimeSec * 1000) + debounce);
    // The floor allows no debounce.
    times.push(Math.max(0, before + whole - needMs(machine)));
  }
  const left = times.length === 0 ? null : Math.min(...times);
  return { threshold, left, watts: projection?.watts ?? null };
}

/** Returns for how long an upstream carries the station before its own battery is used, in ms (S35). */
function carriedMs(rules: PolicyRules, id: string, stations: ReadonlyMap<string, StationState>): number {
  const upstream = rules.stations[id]?.upstream;
  const [upstreamRules, station] = [rules.stations[upstream ?? ""], stations.get(upstream ?? "")];
  if (upstream === undefined || upstreamRules === undefined || station === undefined) return 0;
  const projection = project(upstreamRules, station, 0, false);
  return projection === null ? 0 : Math.max(0, projection.whole) + carriedMs(rules, upstream, stations);
}
