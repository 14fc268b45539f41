/** The protobuf line as families: River 3, Delta 3, Delta Pro 3 share tables and rule (river3.ts), STREAM shares the tables. */
import type { FamilyAbout, FamilyRules } from "./family.ts";
import { deltaPro3Signs, judgeGrid, river3Signs, type Signs } from "./river3.ts";
import { batteryWattsOf, measuredOf, socOf } from "./values.ts";

const line = (signs: Signs, boardTells: boolean, about: FamilyAbout): FamilyRules => ({
  soc: socOf,
  measured: measuredOf,
  batteryWatts: (device) => batteryWattsOf(device, boardTells),
  grid: (device, evidence, { at, soc, holdsPassed }) =>
    judgeGrid(device, evidence, at, soc, signs, holdsPassed),
  about,
});

const shared = {
  wire: "protobuf 254/21, 254/22, 32/2, 32/50",
  measured:
    "charge of all packs and each, watts in and out, AC in and out, solar, charging, runtime on battery, temperature, capacity, health, cycles, limits, AC output, standby time, output memory, faults",
  setUp:
    "AC timeout never; output memory on; discharge limit below every threshold; backup reserve above them where a schedule is on",
};

export const river3Rules = line(river3Signs, false, {
  ...shared,
  title: "River 3, River 3 Plus",
  sign: "AC input above 3 W, a plug or flow flag, the charger flag when newer than the last sign of a loss, or charging without sun; lost: discharging with at most 1 W of AC input and a load, for 4 s",
  inferred: "the mains while nothing flows: the last verdict stays, and the basis says so",
  unknown:
    "the mains on a firmware whose flags are always 0 and that never charged; whether the sun carries the load on good mains",
  seen: "River 3 (R655) in an outage and back; River 3 Plus (R631) on mains with an extra battery",
});

export const delta3Rules = line(river3Signs, true, {
  ...shared,
  title: "Delta 3, Delta 3 Plus, Delta 3 Max",
  sign: "`plug_in_info_ac_in_flag`, `flow_info_ac_in`, AC input above 3 W; lost: outage mode 1279 (Delta 3 Max), else the rule of River 3",
  inferred: "the mains while both flags are off and nothing flows",
  unknown: "whether the sun carries the load on good mains",
  seen: "Delta 3 and Delta 3 Plus on mains, on battery, on solar",
});

export const deltaPro3Rules = line(deltaPro3Signs, true, {
  ...shared,
  title: "Delta Pro 3",
  sign: "`flow_info_ac_in`, AC input above 5 W or above 80 V; lost: the rule of River 3",
  inferred: "the fallback by watts and volts",
  unknown: "the mains while nothing flows",
  seen: "two deltas on mains and one snapshot without it",
});

/** STREAM speaks the shared fields; no sign of the mains is known of it (ecoflow-protocol.md 5.1). */
export const streamRules: FamilyRules = {
  ...line(river3Signs, true, {
    ...shared,
    title: "STREAM",
    measured: "the shared fields, as far as it sends them",
    sign: "none is known: the grid stays unknown",
    inferred: "nothing",
    unknown: "the mains",
    seen: "nothing",
    setUp: "add a witness",
  }),
  grid: () => ({ verdict: "unknown", basis: "none", carriedBy: null }),
};
