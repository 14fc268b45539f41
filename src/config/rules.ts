/** From the configuration to the rules that the policy decides by. */
import type { MachineRules, PolicyRules, StationRules } from "../core/policy/rules.ts";
import type { Config, MachineConfig, StationConfig } from "./config.ts";

const stationRules = (station: StationConfig): StationRules => ({
  capacityWh: station.capacityWh,
  dischargeLimitPercent: station.dischargeLimitPercent,
  assumedLoadWatts: station.assumedLoadWatts,
  ...(station.upstream !== null && { upstream: station.upstream }),
});

const machineRules = (machine: MachineConfig): MachineRules => ({
  stations: [...machine.stations],
  minSupplies: machine.minSupplies,
  ...machine.shutdownAt,
  delaySec: machine.delaySec,
  stopSec: machine.stopSec,
});

const mapped = <A, B>(from: Readonly<Record<string, A>>, to: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(from).map(([id, value]) => [id, to(value)]));

/** The rules of a site: what the policy needs of its configuration, and nothing else. */
export function rulesOf(config: Config): PolicyRules {
  const { policy } = config;
  return {
    stations: mapped(config.stations, stationRules),
    machines: mapped(config.machines, machineRules),
    debounceSec: policy.debounceSec,
    cooldownSec: policy.cooldownSec,
    hysteresisPercent: policy.hysteresisPercent,
    abortAfterSec: policy.abortAfterSec,
    wakeAfterSec: policy.wakeAfterSec,
    blindAfterSec: policy.blindAfterSec,
    blindMaxSec: policy.blindMaxSec,
    deadmanSec: policy.deadmanSec,
    bootGraceSec: policy.bootGraceSec,
  };
}
