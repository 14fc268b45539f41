/** The rules a site decides by, made from its configuration once at the start. Durations in seconds, levels in percent. */

export interface StationRules {
  /** Configured capacity; null leaves it to the reading. */
  capacityWh: number | null;
  /** Configured discharge limit; null leaves it to the reading. */
  dischargeLimitPercent: number | null;
  /** The least load a projection assumes. */
  assumedLoadWatts: number | null;
  /** The station whose output feeds this one (S35); never in a circle. */
  upstream?: string;
}

export interface MachineRules {
  /** The stations that feed it. */
  stations: string[];
  /** How many of them must be healthy for it to stay up (R13). */
  minSupplies: number;
  socPercent: number;
  runtimeSec: number | null;
  onBatterySec: number | null;
  /** How long the agent waits before it touches anything. */
  delaySec: number;
  /** From the end of the delay to absent (R14). */
  stopSec: number;
}

export interface PolicyRules {
  stations: Readonly<Record<string, StationRules>>;
  machines: Readonly<Record<string, MachineRules>>;
  debounceSec: number;
  cooldownSec: number;
  hysteresisPercent: number;
  abortAfterSec: number;
  /** The grid must hold this long for an outage to be over (R8). */
  wakeAfterSec: number;
  blindAfterSec: number;
  /** Seconds, or `auto`: half of the projected time (S6). */
  blindMaxSec: number | "auto";
  deadmanSec: number;
  bootGraceSec: number;
}

/** The machines that hang on a station, or on one behind it (S35). */
export function machinesOn(rules: PolicyRules, id: string): string[] {
  const { machines, stations } = rules;
  const own = Object.keys(machines).filter((machine) => machines[machine]?.stations.includes(id));
  const behind = Object.keys(stations).filter((station) => stations[station]?.upstream === id);
  return [...new Set([...own, ...behind.flatMap((station) => machinesOn(rules, station))])];
}
