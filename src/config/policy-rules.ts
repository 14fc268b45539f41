/** From the configuration to the rules that the policy decides by. */
import type { MachineRules, PolicyRules, StationRules } from "../core/policy/rules.ts";
import type { Config, MachineConfig, StationConfig } from "./config.ts";

/** What is left over are settings that the policy reads by the same name. */
function stationRules({ name, serial, upstream, ...rules }: StationConfig): StationRules {
  return { ...rules, ...(upstream !== null && { upstream }) };
}

function machineRules({ name, key, shutdownAt, ...rules }: MachineConfig): MachineRules {
  return { ...rules, ...shutdownAt };
}

const mapped = <A, B>(from: Readonly<Record<string, A>>, to: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(from).map(([id, value]) => [id, to(value)]));

/** The rules of a site: what the policy needs of its configuration, and nothing else. */
export function policyRulesOf({ stations, machines, policy }: Config): PolicyRules {
  // Commands have a lifetime outside the policy, and each machine has its own threshold and delay already.
  const { ttlSec, socMinPercent, delaySec, ...rules } = policy;
  return { ...rules, stations: mapped(stations, stationRules), machines: mapped(machines, machineRules) };
}
