/** The cost of a policy step against JSON.stringify of the same site's state, alternating in one run. */
import { step } from "../src/core/policy/policy.ts";
import type { MachineRules, PolicyRules, StationRules } from "../src/core/policy/rules.ts";
import { initialState, type PolicyState } from "../src/core/policy/state.ts";
import type { StationReading } from "../src/core/reading.ts";
import type { Figure } from "./figure.ts";

const stationRules: StationRules = { capacityWh: null, dischargeLimitPercent: null, assumedLoadWatts: null };
const stations = ["Study", "Den", "Attic"];

const settings: Omit<PolicyRules, "stations" | "machines"> = {
  debounceSec: 180,
  cooldownSec: 300,
  hysteresisPercent: 3,
  abortAfterSec: 10,
  wakeAfterSec: 300,
  blindAfterSec: 60,
  blindMaxSec: "auto",
  deadmanSec: 300,
  bootGraceSec: 600,
};

/** A site of so many stations with so many machines, each machine on one station. */
function wideSite(stationCount: number, machineCount: number): PolicyRules {
  const ids = Array.from({ length: stationCount }, (_, index) => `station-${index}`);
  const machines = Array.from({ length: machineCount }, (_, index) => [
    `machine-${index}`,
    { ...machineRules, stations: [ids[index % stationCount] as string] },
  ]);
  return {
    ...settings,
    stations: Object.fromEntries(ids.map((id) => [id, stationRules])),
    machines: Object.fromEntries(machines),
  };
}

/** One new sample after the other, from station to station. Both sites have as many machines on a station, but for a third. */
function sampler(rules: PolicyRules): () => void {
  const ids = Object.keys(rules.stations);
  let [at, samples] = [1_000_000, 0];
  const wall = 1.7e12;
  let { state } = step(rules, initialState(rules), {
    kind: "start",
    at,
    wall,
    boot: "bench",
    sameBoot: false,
    awayMs: 0,
  });
  return () => {
    const station = ids[samples % ids.length] as string;
    samples += 1;
    at += 10;
    const watts = { ac_out_watts: 120 + (samples % 7) };
    const input = { kind: "reading", at, wall, station, reading: reading(station, samples, watts) } as const;
    state = step(rules, state, input).state;
  };
}

/** A reading's step touches its station and the machines on it: its cost must not grow with the site. */
function benchSize(): Figure {
  const [large, small] = [sampler(wideSite(1_000, 5_000)), sampler(wideSite(3, 10))];
  for (let warm = 0; warm < 5_000; warm++) {
    large();
    small();
  }
  const [mine, theirs] = race(5_000, large, small);
  return {
    name: "a reading's policy step, 1 000 stations and 5 000 machines",
    ratio: mine / theirs,
    hold: 2,
    better: "lower",
    ours: `${(mine / 1000).toFixed(2)} µs`,
    partner: `the same in a site of 3 and 10 in ${(theirs / 1000).toFixed(2)} µs`,
  };
}

const machineRules: MachineRules = {
  stations: [],
  minSupplies: 1,
  socPercent: 20,
  runtimeSec: 900,
  onBatterySec: 7200,
  delaySec: 60,
  stopSec: 300,
};

/** A site of 3 stations and 10 machines, one of them on two supplies. */
function site(): PolicyRules {
  const machines: Record<string, MachineRules> = {};
  for (let i = 0; i < 10; i++) {
    const own = stations[i === 8 ? 1 : i % 3] as string;
    machines[`machine-${i}`] = { ...machineRules, stations: i === 9 ? ["Study", "Den"] : [own] };
  }
  return {
    stations: Object.fromEntries(stations.map((id) => [id, stationRules])),
    machines,
    ...settings,
  };
}

const modules = [{ num: 0, soc: 80, temp_celsius: 25, soh: 99, cycles: 12, in_watts: 0, out_watts: 128 }];

function reading(device: string, samples: number, patch: Partial<StationReading>): StationReading {
  return {
    device,
    soc: 80,
    grid_connected: true,
    temp_celsius: 25,
    serial: "R631ZEB4WH000000",
    name: device,
    model: "River 3 Plus",
    ac_in_watts: 130,
    ac_out_watts: 120,
    in_watts: 130,
    out_watts: 120,
    solar_watts: 0,
    charging: false,
    runtime_sec: 6000,
    capacity_wh: 286,
    discharge_limit_percent: 10,
    charge_limit_percent: 100,
    modules,
    ac_out_on: true,
    ac_standby_min: 0,
    output_memory: true,
    faults: [],
    sampled_at: null,
    received_at: null,
    source: "mqtt-raw",
    seq: samples,
    origin: "home/bench",
    quality: "live",
    grid: "present",
    grid_last: "present",
    grid_basis: "ac-input-watts",
    carried_by: "grid",
    samples,
    sample_age_ms: 0,
    local: false,
    battery_watts: 128,
    capacity_basis: "measured",
    grid_suspected: false,
    rated_watts: 600,
    ...patch,
  };
}

const lost = { grid: "lost", grid_basis: "discharge", carried_by: "battery", ac_in_watts: 0 } as const;

/** Builds a site that has run for some minutes; with `outage`, Attic is on battery and its machines are pending. */
function prepare(rules: PolicyRules, outage: boolean): { state: PolicyState; at: number; samples: number } {
  let state = initialState(rules);
  let at = 1_000_000;
  const put = (input: object) => {
    state = step(rules, state, { at, wall: at + 1.7e12, ...input } as Parameters<typeof step>[2]).state;
  };
  put({ kind: "start", boot: "bench", sameBoot: false, awayMs: 0 });
  for (const machine of Object.keys(rules.machines)) {
    put({ kind: "presence", machine, status: { online: true, boot: "b", state: "idle" }, live: true });
  }
  let samples = 0;
  for (let second = 0; second < 400; second += 2) {
    at += 2_000;
    samples += 1;
    const dark = outage && second > 340;
    for (const station of stations) {
      const patch = dark && station === "Attic" ? { ...lost, soc: 25, runtime_sec: 850 } : {};
      put({ kind: "reading", station, reading: reading(station, samples, patch) });
    }
    put({ kind: "tick" });
  }
  return { state, at, samples };
}

/** Returns nanoseconds per call, the least of several rounds, the two alternating. */
function race(calls: number, ours: () => void, partner: () => void): [number, number] {
  let best: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const time = (run: () => void) => {
    const begin = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) run();
    return Number(process.hrtime.bigint() - begin) / calls;
  };
  for (let round = 0; round < 12; round++) {
    best = [Math.min(best[0], time(ours)), Math.min(best[1], time(partner))];
  }
  return best;
}

/** The figures of the policy: nothing changed; changed watts with machines pending; the state's size. */
export async function benchPolicy(): Promise<Figure[]> {
  const rules = site();
  const calm = prepare(rules, false);
  const busy = prepare(rules, true);
  const wall = 1.7e12;
  const pending = Object.values(busy.state.machines).filter(({ phase }) => phase.is === "pending").length;
  const figure = (name: string, state: PolicyState, ours: () => void, hold: number): Figure => {
    const [mine, theirs] = race(20_000, ours, () => {
      JSON.stringify(state);
    });
    const micro = (nanoseconds: number) => `${(nanoseconds / 1000).toFixed(2)} µs`;
    return {
      name,
      ratio: mine / theirs,
      hold,
      better: "lower",
      ours: micro(mine),
      partner: `JSON.stringify of the state's ${JSON.stringify(state).length} bytes in ${micro(theirs)}`,
    };
  };
  const tick = { kind: "tick", at: calm.at, wall } as const;
  const same = {
    kind: "reading",
    at: calm.at,
    wall,
    station: "Study",
    reading: reading("Study", calm.samples, {}),
  } as const;
  let samples = busy.samples;
  let state = busy.state;
  const watts = () => {
    samples += 1;
    const patch = { ac_out_watts: 120 + (samples % 7), battery_watts: 128 + (samples % 7) };
    const input = {
      kind: "reading",
      at: busy.at,
      wall,
      station: "Den",
      reading: reading("Den", samples, patch),
    };
    state = step(rules, state, input as Parameters<typeof step>[2]).state;
  };
  return [
    benchSize(),
    figure(
      "a policy step, a tick, nothing changed",
      calm.state,
      () => void step(rules, calm.state, tick),
      0.5,
    ),
    figure(
      "a policy step, a reading, nothing changed",
      calm.state,
      () => void step(rules, calm.state, same),
      0.5,
    ),
    figure(`a policy step, changed watts, ${pending} machines pending`, busy.state, watts, 1),
  ];
}
