/** Outages of a station whose samples are true, but for the faults that are planted in them: one wrong sample, a pause of the process. */
import fc from "fast-check";
import type { StationReading } from "../../src/core/reading.ts";
import { lost, machineRules, makeRules, onMains } from "./policy-samples.ts";
import { type StepFn, World } from "./policy-world.ts";

/** One sample, counted from the start, and what it reports wrongly. */
export interface WrongSample {
  nth: number;
  values: Partial<StationReading>;
}

/** The process does not run, and hears nothing in this time. */
export interface Pause {
  at: number;
  seconds: number;
}

export interface Outage {
  /** Wh. */
  capacity: number;
  /** Watts at the battery. */
  load: number;
  /** Seconds between two samples. */
  cadence: number;
  /** Percent at the beginning. */
  soc: number;
  threshold: number;
  runtimeSec: number | null;
  debounce: number;
  delay: number;
  /** Seconds at which the grid fails and returns. */
  begin: number;
  end: number;
  seconds: number;
  /** The station tells capacity and limit. */
  known: boolean;
}

/** Percent, where the battery ends. */
const limit = 10;

/** Any value of any field that a decision may use. */
export const wrongValues: fc.Arbitrary<Partial<StationReading>> = fc
  .record(
    {
      soc: fc.option(fc.integer({ min: 0, max: 100 })),
      grid: fc.constantFrom("lost" as const, "present" as const, "unknown" as const),
      grid_basis: fc.constantFrom("discharge" as const, "by-setting" as const, "solar" as const),
      carried_by: fc.constantFrom("battery" as const, "grid" as const, "solar" as const, null),
      charging: fc.option(fc.boolean()),
      ac_out_watts: fc.option(fc.constantFrom(0, 1, 600, 1_500, 100_000)),
      out_watts: fc.option(fc.constantFrom(0, 1, 600, 1_500, 100_000)),
      in_watts: fc.option(fc.constantFrom(0, 1, 600, 1_500, 100_000)),
      battery_watts: fc.option(fc.constantFrom(0, 1, 600, 1_500, 100_000)),
      runtime_sec: fc.option(fc.constantFrom(0, 1, 60, 600, 1_000_000)),
      capacity_wh: fc.option(fc.constantFrom(1, 10, 100, 1_000_000)),
      discharge_limit_percent: fc.option(fc.integer({ min: 0, max: 100 })),
      rated_watts: fc.option(fc.constantFrom(1, 600, 1_000_000)),
      ac_out_on: fc.option(fc.boolean()),
    },
    { requiredKeys: [] },
  )
  .filter((values) => Object.keys(values).length > 0);

export interface Played {
  world: World;
  /** Each command once, with its second. */
  commands: { action: string; second: number; reason: string }[];
}

/** Plays the outage; `wrong` and `pause` are what goes wrong in it. */
export function playOutage(
  outage: Outage,
  step: StepFn,
  wrong: WrongSample | null = null,
  pause: Pause | null = null,
): Played {
  const world = worldOf(outage, step);
  let soc = outage.soc;
  for (let second = 0; second < outage.seconds; second++) {
    const isLost = second >= outage.begin && second < outage.end;
    if (isLost) soc = Math.max(0, soc - outage.load / (outage.capacity * 36));
    world.serving = !isPaused(pause, second);
    if (second % outage.cadence === 0 && world.serving) {
      const isWrong = wrong?.nth === second / outage.cadence;
      world.sample("Study", { ...readingAt(outage, isLost, soc), ...(isWrong ? wrong.values : {}) });
    }
    world.run(1);
    if (pause !== null && second === pause.at + pause.seconds - 1) {
      world.serving = true;
      world.input({ kind: "paused", ms: pause.seconds * 1_000 });
    }
  }
  return { world, commands: commandsOf(world) };
}

function worldOf({ threshold, runtimeSec, debounce, delay }: Outage, step: StepFn): World {
  const pc = { ...machineRules, socPercent: threshold, runtimeSec, delaySec: delay, stopSec: 60 };
  const world = new World(makeRules({ debounceSec: debounce, machines: { pc } }), step);
  world.agent.stopSec = 20;
  world.station.feed = false;
  return world;
}

const isPaused = (pause: Pause | null, second: number): boolean =>
  pause !== null && second >= pause.at && second < pause.at + pause.seconds;

/** What the station reports: all of it is true. */
function readingAt(outage: Outage, isLost: boolean, soc: number): Partial<StationReading> {
  const { capacity, load, known } = outage;
  const left = Math.max(0, Math.round(((soc - limit) * capacity * 36) / load));
  return {
    ...(isLost ? lost : onMains),
    soc: Math.round(soc),
    charging: false,
    ac_out_watts: load,
    out_watts: load,
    in_watts: isLost ? 0 : load,
    battery_watts: isLost ? load : 0,
    runtime_sec: isLost ? left : null,
    rated_watts: 600,
    ac_out_on: true,
    capacity_wh: known ? capacity : null,
    capacity_basis: known ? "measured" : null,
    discharge_limit_percent: known ? limit : null,
  };
}

function commandsOf(world: World): Played["commands"] {
  const seen = new Set<string>();
  return world.commands().flatMap(({ at, id, action, reason }) => {
    if (seen.has(id)) return [];
    seen.add(id);
    return [{ action, second: (at - 1_000_000) / 1000, reason }];
  });
}

const seconds = (min: number, max: number) => fc.integer({ min, max });

const outages = (given: { [K in keyof Outage]?: fc.Arbitrary<Outage[K]> }): fc.Arbitrary<Outage> =>
  fc.record({
    capacity: fc.constantFrom(286, 1_024),
    load: fc.constantFrom(60, 120, 300),
    cadence: fc.constantFrom(1, 2, 5, 10, 30),
    soc: seconds(30, 100),
    threshold: fc.constantFrom(10, 20),
    runtimeSec: fc.constantFrom(null, 300),
    debounce: fc.constantFrom(10, 60, 180),
    delay: fc.constantFrom(30, 60),
    begin: fc.constant(100),
    end: fc.constant(Number.POSITIVE_INFINITY),
    seconds: fc.constant(900),
    known: fc.boolean(),
    ...given,
  });

/** The charge stays far above all that would shut down: nothing may be commanded. */
export const harmless: fc.Arbitrary<Outage> = outages({
  // Large enough to stay far above the thresholds, small enough that its charge moves.
  capacity: fc.constant(2_000),
  load: fc.constantFrom(120, 300),
  soc: seconds(60, 95),
  end: fc.constantFrom(150, 500, Number.POSITIVE_INFINITY),
});

/** The charge falls below the threshold, and the grid does not return: the machine has to go. */
export const needed: fc.Arbitrary<Outage> = outages({
  capacity: fc.constant(286),
  load: fc.constantFrom(200, 400),
  soc: seconds(22, 26),
  threshold: fc.constant(20),
  seconds: fc.constant(800),
});

/** The machine is commanded at once, and the grid returns within its delay. */
export const returning: fc.Arbitrary<Outage> = outages({
  capacity: fc.constant(1_024),
  soc: seconds(80, 90),
  threshold: fc.constant(95),
  debounce: fc.constant(10),
  delay: fc.constant(300),
  cadence: fc.constantFrom(1, 2, 5, 10),
  end: fc.constant(180),
  seconds: fc.constant(500),
});
