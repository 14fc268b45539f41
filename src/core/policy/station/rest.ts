/** Until when time alone changes nothing that is published about the machines on a station. */
import type { Instant } from "../../reading.ts";
import type { PolicyRules } from "../rules.ts";
import { assess, silentAfterMs } from "./assessment.ts";
import type { StationState } from "./state.ts";

/**
 * Returns the last instant up to which `plan` and `power` of the machines on the station stay as they are at `at`, as long
 * as the state of the station and of the machine stays the same object. Infinity if only a new state can change them; `at`
 * itself while the battery is used or an outage is open, because projections and confirmations move with the clock.
 * The pending deadline of a machine is not covered.
 */
export function restsUntil(rules: PolicyRules, station: StationState, at: Instant): Instant {
  if (station.sampleAt === null) return Number.POSITIVE_INFINITY;
  const { floorApplies, silent } = assess(rules, station, at);
  if (floorApplies || station.outage !== null) return at;
  return silent ? Number.POSITIVE_INFINITY : station.sampleAt + silentAfterMs(rules, station);
}
