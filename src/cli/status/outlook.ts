/** When a machine would be commanded if the mains failed now: its threshold in force, and the time to it at a pessimistic load. */
import type { Config } from "../../config/config.ts";
import { policyRulesOf } from "../../config/policy-rules.ts";
import { needMs, project, thresholdOf } from "../../core/policy/station/projection.ts";
import { stationStateOf } from "../check-stations.ts";
import type { StationRow } from "./station.ts";

export interface Outlook {
  /** The charge threshold in force at the present load, percent. */
  threshold: number;
  /** The configured one, percent. */
  configured: number;
  /** Seconds from now until the machine is commanded, the mains being away from now on; null when it cannot be said. */
  inSec: number | null;
  /** The load that was assumed for it, watts at the battery. */
  watts: number | null;
}

interface AtStation {
  threshold: number;
  inSec: number | null;
  watts: number | null;
}

/** Returns the outlook of a configured machine at the readings of its stations. */
export function outlookOf(config: Config, id: string, stations: readonly StationRow[]): Outlook {
  const machine = config.machines[id];
  const configured = machine?.shutdownAt.socPercent ?? config.policy.socMinPercent;
  const each = (machine?.stations ?? []).map((station) =>
    atStation(config, id, station, stations.find((row) => row.id === station) ?? null),
  );
  const threshold = Math.max(configured, ...each.map((one) => one.threshold));
  // The machine goes when fewer than minSupplies of its stations are left: so many may fail before.
  const spare = each.length - (machine?.minSupplies ?? 1);
  const sorted = each.toSorted((a, b) => (a.inSec ?? Infinity) - (b.inSec ?? Infinity));
  const { inSec = null, watts = null } = sorted[spare] ?? {};
  return { threshold, configured, inSec, watts };
}

function atStation(config: Config, id: string, station: string, row: StationRow | null): AtStation {
  const rules = policyRulesOf(config);
  const [machine, stationRules] = [rules.machines[id], rules.stations[station]];
  if (machine === undefined || stationRules === undefined) return { threshold: 0, inSec: null, watts: null };
  const state = { ...stationStateOf(row?.settings ?? {}), soc: row?.soc ?? null };
  const { percent: threshold } = thresholdOf(rules, machine, stationRules, state);
  const left = project(stationRules, state, 0, false);
  const onBattery = machine.onBatterySec === null ? [] : [machine.onBatterySec + rules.debounceSec];
  if (left === null || state.soc === null)
    return { threshold, inSec: onBattery[0] ?? null, watts: left?.watts ?? null };
  const toThreshold = Math.max(0, (state.soc - threshold) / left.rate);
  const toRuntime = machine.runtimeSec === null ? [] : [Math.max(0, left.whole - machine.runtimeSec * 1_000)];
  const debounced = [toThreshold, ...toRuntime].map((ms) => ms / 1_000 + rules.debounceSec);
  const toFloor = Math.max(0, left.whole - needMs(machine)) / 1_000;
  return { threshold, inSec: Math.min(...debounced, ...onBattery, toFloor), watts: left.watts };
}
