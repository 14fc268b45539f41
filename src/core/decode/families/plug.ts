/** The mains by what a JSON station reports of its AC input, and what carries the load if it reports nothing. */
import type { GridEvidence } from "../../filter/grid.ts";
import type { Instant } from "../../reading.ts";
import type { Device } from "../device.ts";
import type { Evidence } from "./evidence.ts";
import { directEvidence, type Flows, freshNumber, freshSign, isAtLeast, isBelow } from "./family.ts";
import { indexOf, quotaOf } from "./quota-station.ts";

/** Returns the voltage (or frequency) of the AC input by its JSON key, while it proves something. */
export const freshInput = (device: Device, key: string, evidence: Evidence, at: Instant): number | null =>
  freshSign(quotaOf(device), indexOf(key), evidence, at);

/** Less output than this is the station's own screen and fans. */
const loadWatts = 5;

/**
 * Makes the evidence of the AC input; `connected` is null when nothing fresh shows it. What carries the load may be known all the
 * same: with nothing coming in it is the battery (S2). Also notes whether this firmware ever showed the mains (S16).
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
  const fresh = (key: string) => freshNumber(quotaOf(device), indexOf(key), evidence, at);
  const drains = isBelow(fresh("pd.wattsInSum"), 1) && isAtLeast(fresh("pd.wattsOutSum"), loadWatts);
  return { verdict: "unknown", basis: "none", carriedBy: drains ? "battery" : null };
}
