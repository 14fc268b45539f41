/** The mains by what a JSON station tells of its AC input (ecoflow-protocol.md 5.1), and what carries the load without that. */
import type { GridEvidence } from "../../filter/grid.ts";
import type { Instant } from "../../reading.ts";
import type { Device } from "../device.ts";
import { quota } from "../fields/quota.ts";
import { slotOf } from "../fields/table.ts";
import type { Evidence } from "./evidence.ts";
import { directEvidence, type Flows, freshNumber, freshSign } from "./family.ts";
import { quotaOf } from "./quota-station.ts";

/** A voltage at the AC input as long as it proves something. */
export const freshVolts = (device: Device, slot: number, evidence: Evidence, at: Instant): number | null =>
  freshSign(quotaOf(device), slot, evidence, at);

/** So much goes out at least where a load is carried; less are screens and fans. */
const loadWatts = 5;

/**
 * Evidence by the voltage at the AC input. Where nothing fresh tells of it, what carries the load may be known all the same:
 * nothing comes in, so it is the battery (hard-cases S2). Also notes whether this firmware ever told of it (S16).
 */
export function plugEvidence(
  device: Device,
  connected: boolean | null,
  flows: Flows,
  evidence: Evidence,
  at: Instant,
): GridEvidence {
  evidence.firstAt ??= at;
  evidence.proven ||= connected !== null;
  evidence.loadSeen ||= (flows.out ?? 0) >= loadWatts;
  if (connected !== null) return directEvidence(connected, "flow", flows);
  const fresh = (key: string) => freshNumber(quotaOf(device), slotOf(quota, key), evidence, at) ?? Number.NaN;
  const drains = fresh("pd.wattsInSum") < 1 && fresh("pd.wattsOutSum") >= loadWatts;
  return { verdict: "unknown", basis: "none", carriedBy: drains ? "battery" : null };
}
