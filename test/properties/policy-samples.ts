/** Rules and readings that the policy's tests begin with. */
import type { MachineRules, PolicyRules, StationRules } from "../../src/core/policy/rules.ts";
import { nothingMeasured, type StationReading } from "../../src/core/reading.ts";

export const stationRules: StationRules = {
  capacityWh: null,
  dischargeLimitPercent: null,
  assumedLoadWatts: null,
};

export const machineRules: MachineRules = {
  stations: ["Study"],
  minSupplies: 1,
  socPercent: 10,
  runtimeSec: null,
  onBatterySec: null,
  delaySec: 60,
  stopSec: 300,
};

export function makeRules(patch: Partial<PolicyRules> = {}): PolicyRules {
  return {
    stations: { Study: stationRules },
    machines: { pc: machineRules },
    debounceSec: 180,
    cooldownSec: 300,
    hysteresisPercent: 3,
    abortAfterSec: 10,
    wakeAfterSec: 300,
    blindAfterSec: 60,
    blindMaxSec: "auto",
    deadmanSec: 300,
    bootGraceSec: 600,
    ...patch,
  };
}

/** A reading of which nothing was ever reported. */
export const nothing: StationReading = {
  ...nothingMeasured,
  device: "Study",
  grid_connected: null,
  serial: null,
  name: null,
  model: null,
  sampled_at: null,
  received_at: null,
  source: null,
  seq: 0,
  origin: "site/test",
  quality: "none",
  grid: "unknown",
  grid_last: null,
  grid_basis: "none",
  carried_by: null,
  samples: 0,
  sample_age_ms: null,
  grid_suspected: false,
  local: false,
  battery_watts: null,
  capacity_basis: null,
  rated_watts: null,
};

export const onMains = { grid: "present", grid_basis: "ac-input-watts", carried_by: "grid" } as const;
export const lost = { grid: "lost", grid_basis: "discharge", carried_by: "battery" } as const;

/** A measured River 3 Plus. */
export const full = { capacity_wh: 286, capacity_basis: "measured", discharge_limit_percent: 10 } as const;

export const calm = { ...onMains, soc: 80 };
