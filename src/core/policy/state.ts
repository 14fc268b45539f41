/** What the policy remembers of a site: plain JSON. What can be derived is never stored. */
import type { Instant } from "../reading.ts";
import { type MachineState, unheardMachine } from "./machine/state.ts";
import type { PolicyRules } from "./rules.ts";
import { type StationState, unheardStation } from "./station/state.ts";

export interface PolicyState {
  version: 2;
  /** The boot whose clock the instants belong to; null before the first start. */
  boot: string | null;
  /** The newest instant worth remembering: of the last change, and at most 30 s old in an outage. A restart computes from it how long the process was away. */
  now: Instant;
  startedAt: Instant;
  /** Rises with each start of an orchestrator; commands are ordered by (epoch, seq). */
  epoch: number;
  /** `settledAt`: no absence counts before it, because agents need time to reconnect. `lostAt`: since when it is away. */
  broker: { connected: boolean; settledAt: Instant; lostAt?: Instant | null };
  /** In the order of the rules. Lists, because a step replaces one entry: copying a list of 1 000 costs less than a microsecond. */
  stations: readonly StationState[];
  machines: readonly MachineState[];
  /** Ids of stations that were heard and are in no rule: each is reported once. */
  unmapped: readonly string[];
}

/** The state of a site that has never run. The first input must be `start`. */
export function initialState(rules: PolicyRules): PolicyState {
  return {
    version: 2,
    boot: null,
    now: 0,
    startedAt: 0,
    epoch: 0,
    broker: { connected: true, settledAt: 0 },
    stations: Object.keys(rules.stations).map((id) => unheardStation(id)),
    machines: Object.keys(rules.machines).map(unheardMachine),
    unmapped: [],
  };
}
