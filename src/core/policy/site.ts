/** The rules' shape as an index: which station feeds which machines, and where each stands in the state's lists. */
import type { PolicyRules } from "./rules.ts";

export interface Site {
  /** Position in `PolicyState.stations` and `PolicyState.machines`. */
  readonly stationAt: ReadonlyMap<string, number>;
  readonly machineAt: ReadonlyMap<string, number>;
  /** By a station's id: itself and the stations behind it. */
  readonly fed: ReadonlyMap<string, readonly string[]>;
  /** By a station's id: the machines that it, or a station behind it, feeds. */
  readonly machines: ReadonlyMap<string, readonly string[]>;
  /** By a station's id: itself, the stations behind it, and all stations of its machines: what a look at those machines rests on. */
  readonly around: ReadonlyMap<string, readonly string[]>;
}

/** One index for each set of rules: a step must not search 5 000 machines for those that one reading concerns. */
const known = new WeakMap<PolicyRules, Site>();

export function siteOf(rules: PolicyRules): Site {
  const before = known.get(rules);
  if (before) return before;
  const site = indexOf(rules);
  known.set(rules, site);
  return site;
}

function indexOf(rules: PolicyRules): Site {
  const positions = (ids: string[]) => new Map(ids.map((id, index) => [id, index]));
  const stations = Object.keys(rules.stations);
  const fed = new Map(stations.map((id) => [id, fedBy(rules, id)]));
  const direct = new Map<string, string[]>();
  for (const [machine, { stations: own }] of Object.entries(rules.machines))
    for (const id of own) direct.set(id, [...(direct.get(id) ?? []), machine]);
  const machines = new Map(
    stations.map((id) => [id, [...new Set((fed.get(id) ?? []).flatMap((each) => direct.get(each) ?? []))]]),
  );
  const around = new Map(
    stations.map((id) => {
      const supplies = (machines.get(id) ?? []).flatMap((machine) => rules.machines[machine]?.stations ?? []);
      return [id, [...new Set([...(fed.get(id) ?? []), ...supplies])]];
    }),
  );
  return {
    stationAt: positions(stations),
    machineAt: positions(Object.keys(rules.machines)),
    fed,
    machines,
    around,
  };
}

function fedBy(rules: PolicyRules, id: string): string[] {
  const behind = Object.keys(rules.stations).filter((station) => rules.stations[station]?.upstream === id);
  return [id, ...behind.flatMap((station) => fedBy(rules, station))];
}
