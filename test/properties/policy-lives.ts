/** Random lives of three stations with four machines on one, two and three of them: losses, silences, solar, restarts. */
import fc from "fast-check";
import type { PolicyRules } from "../../src/core/policy/rules.ts";
import type { StationReading } from "../../src/core/reading.ts";
import { lost, machineRules, makeRules, onMains, stationRules } from "./policy-samples.ts";
import { rejoin } from "./policy-trace.ts";
import { type StepFn, World } from "./policy-world.ts";

export const stationIds = ["Study", "Den", "Attic"] as const;
const doings = ["present", "present", "lost", "lost", "silent", "unknown", "solar", "charging"] as const;
type Doing = (typeof doings)[number];

/** What a station does for some seconds, and how many percent it loses or gains in each minute. */
interface Stretch {
  doing: Doing;
  seconds: number;
  percentPerMinute: number;
}

export interface Lives {
  stations: Record<(typeof stationIds)[number], { soc: number; cadence: number; life: Stretch[] }>;
  upstream: boolean;
  runtimeSec: number | null;
  onBatterySec: number | null;
  minSupplies: number;
  debounce: number;
  threshold: number;
  unseen: boolean;
  restarts: { at: number; away: number; sameBoot: boolean }[];
  apart: { at: number; seconds: number }[];
}

const stretch = fc.record({
  doing: fc.constantFrom(...doings),
  seconds: fc.integer({ min: 3, max: 400 }),
  percentPerMinute: fc.constantFrom(0, 0.5, 2, 6),
});

const station = fc.record({
  soc: fc.integer({ min: 8, max: 100 }),
  cadence: fc.constantFrom(1, 2, 5, 30),
  life: fc.array(stretch, { minLength: 3, maxLength: 8 }),
});

export const lives: fc.Arbitrary<Lives> = fc.record({
  stations: fc.record({ Study: station, Den: station, Attic: station }),
  upstream: fc.boolean(),
  runtimeSec: fc.option(fc.constantFrom(300, 900, 1800)),
  onBatterySec: fc.option(fc.integer({ min: 60, max: 900 })),
  minSupplies: fc.integer({ min: 1, max: 3 }),
  debounce: fc.constantFrom(10, 60, 180),
  threshold: fc.constantFrom(10, 20, 50, 90),
  unseen: fc.boolean(),
  restarts: fc.array(
    fc.record({
      at: fc.integer({ min: 30, max: 1_500 }),
      away: fc.constantFrom(1, 20, 700),
      sameBoot: fc.boolean(),
    }),
    { maxLength: 2 },
  ),
  apart: fc.array(
    fc.record({ at: fc.integer({ min: 10, max: 1_500 }), seconds: fc.integer({ min: 5, max: 400 }) }),
    {
      maxLength: 2,
    },
  ),
});

export function rulesOfLives(all: Lives): PolicyRules {
  const machine = { ...machineRules, socPercent: all.threshold, runtimeSec: all.runtimeSec };
  const attic = all.upstream ? { ...stationRules, upstream: "Den" } : stationRules;
  return makeRules({
    debounceSec: all.debounce,
    stations: { Study: stationRules, Den: stationRules, Attic: attic },
    machines: {
      pc: machine,
      den: { ...machine, stations: ["Den"], onBatterySec: all.onBatterySec, stopSec: 40 },
      attic: { ...machine, stations: ["Attic"], socPercent: 30 },
      rack: { ...machine, stations: [...stationIds], minSupplies: all.minSupplies },
    },
  });
}

/** Plays the lives for 1 500 seconds. */
export function runLives(all: Lives, step: StepFn, rules: PolicyRules): World {
  const world = new World(rules, step, all.unseen ? "unseen" : "agent");
  const socs = Object.fromEntries(stationIds.map((id) => [id, all.stations[id].soc]));
  let back: { at: number; run: () => void } | null = null;
  for (let second = 1; second <= 1_500; second++) {
    for (const id of stationIds) live(world, all, socs, id, second);
    for (const { at, seconds } of all.apart) separate(world, second - at, seconds);
    if (back !== null && second >= back.at) {
      back.run();
      back = null;
    }
    const restart = all.restarts.find(({ at }) => at === second);
    if (restart !== undefined && back === null) back = stop(world, second, restart);
    world.run(1);
  }
  return world;
}

/** The process ends, and starts again later. */
function stop(world: World, second: number, { away, sameBoot }: Lives["restarts"][number]) {
  world.serving = false;
  const run = () => {
    world.serving = true;
    world.restart(away * 1000, sameBoot);
  };
  return { at: second + Math.min(away, 60), run };
}

function separate(world: World, since: number, seconds: number) {
  if (since === 0) world.agent.reachable = false;
  if (since === 20 && seconds > 20) world.agent.loseConnection();
  if (since === seconds) rejoin(world.agent);
}

function live(
  world: World,
  all: Lives,
  socs: Record<string, number>,
  id: (typeof stationIds)[number],
  second: number,
) {
  const { doing, percentPerMinute } = stretchAt(all.stations[id].life, second);
  const points = percentPerMinute / 60;
  const change = doing === "lost" || doing === "unknown" ? -points : points;
  const soc = Math.min(100, Math.max(0, (socs[id] ?? 0) + (doing === "silent" ? 0 : change)));
  socs[id] = soc;
  const station = world.stations[id]!;
  station.cadence = all.stations[id].cadence;
  station.feed = doing !== "silent";
  world.say({ ...readings[doing], soc: Math.round(soc), capacity_wh: 286, discharge_limit_percent: 10 }, id);
}

function stretchAt(life: readonly Stretch[], second: number): Stretch {
  let until = 20;
  for (const each of life) {
    until += each.seconds;
    if (second < until) return each;
  }
  return { doing: "present", seconds: 0, percentPerMinute: 1 };
}

const readings: Record<Doing, Partial<StationReading>> = {
  present: { ...onMains, ac_out_watts: 100, battery_watts: 0, charging: true, runtime_sec: null },
  lost: { ...lost, ac_out_watts: 100, battery_watts: 118, charging: false, runtime_sec: 1_200 },
  silent: {},
  unknown: { grid: "unknown", grid_basis: "none", carried_by: "battery", ac_out_watts: 100, charging: false },
  solar: { grid: "unknown", grid_basis: "solar", carried_by: "solar", ac_out_watts: 60, charging: false },
  charging: { ...lost, ac_out_watts: 80, battery_watts: 0, charging: true, runtime_sec: 4_000 },
};
