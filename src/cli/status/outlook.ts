/** What `status` says of the next outage: the policy's own forecast, at the readings that the server published. */
import type { Config } from "../../config/config.ts";
import { policyRulesOf } from "../../config/policy-rules.ts";
import { forecastOf } from "../../core/policy/machine/forecast.ts";
import type { MachineRules } from "../../core/policy/rules.ts";
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

/** Returns the outlook of a configured machine at the readings of its stations. */
export function outlookOf(config: Config, id: string, stations: readonly StationRow[]): Outlook {
  const rules = policyRulesOf(config);
  const machine = rules.machines[id] as MachineRules;
  const states = new Map(stations.map((row) => [row.id, { ...stationStateOf(row.settings), soc: row.soc }]));
  const { threshold, left, watts } = forecastOf(rules, machine, states);
  return { threshold, configured: machine.socPercent, inSec: left === null ? null : left / 1000, watts };
}
