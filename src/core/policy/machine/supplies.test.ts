/** What an unknown supply is worth: every situation of one station beside every situation of another (S31, E12). */
import { describe, expect, test } from "vitest";
import {
  lost,
  machineRules,
  makeRules,
  onMains,
  stationRules,
} from "../../../../test/properties/policy-samples.ts";
import { World } from "../../../../test/properties/policy-world.ts";
import { step } from "../policy.ts";

const unknown = { grid: "unknown", grid_basis: "none", carried_by: null } as const;
const bySetting = { grid: "unknown", grid_basis: "by-setting", carried_by: "battery" } as const;

/** What Den does in the long run, and whether it then counts as a supply while Study has a cause. */
const situations = [
  { den: "present", ...onMains, soc: 80, silentAt: null, counts: true },
  { den: "on battery above its trigger", ...lost, soc: 80, silentAt: null, counts: true },
  { den: "on battery below its trigger", ...lost, soc: 9, silentAt: null, counts: false },
  {
    den: "discharging by its setting, above its trigger",
    ...bySetting,
    soc: 80,
    silentAt: null,
    counts: true,
  },
  { den: "silent since its present for 9 min", ...onMains, soc: 80, silentAt: 660, counts: true },
  { den: "silent since its present for 15 min", ...onMains, soc: 80, silentAt: 300, counts: false },
  { den: "never heard", ...unknown, soc: null, silentAt: 0, counts: false },
  { den: "heard, and never with a verdict", ...unknown, soc: 80, silentAt: null, counts: false },
] as const;

function worldOf(minSupplies: number) {
  const rules = makeRules({
    debounceSec: 30,
    stations: { Study: stationRules, Den: stationRules },
    machines: { rack: { ...machineRules, stations: ["Study", "Den"], minSupplies } },
  });
  return new World(rules, step);
}

/** Den lives its situation for 20 min; Study loses its grid at 1 100 s, with a charge below the trigger or above it. */
function shutdowns(situation: (typeof situations)[number], minSupplies: number, isStudyCritical: boolean) {
  const world = worldOf(minSupplies);
  const { den: _, silentAt, counts: __, ...reading } = situation;
  world.say(reading, "Den");
  world.say({ ...onMains, soc: 80 }, "Study");
  for (let second = 1; second <= 1_200; second++) {
    world.stations["Den"]!.feed = silentAt === null || second < silentAt;
    if (second === 1_100) world.say({ ...lost, soc: isStudyCritical ? 9 : 80 }, "Study");
    world.run(1);
  }
  return world.commands("rack").filter(({ action }) => action === "shutdown").length;
}

describe("a machine on Study and Den, one of which is enough, and Study is critical", () => {
  test.each(situations)("Den $den: counts as a supply: $counts", (situation) => {
    expect(shutdowns(situation, 1, true) === 0).toBe(situation.counts);
  });
});

describe("an unknown supply alone is no ground", () => {
  test.each(situations.filter(({ den }) => !den.startsWith("on battery below")))(
    "Den $den, and Study is well",
    (situation) => {
      expect(shutdowns(situation, 1, false)).toBe(0);
    },
  );

  test("both are needed, and one of them was never heard: nothing goes for that", () => {
    const world = worldOf(2);
    world.stations["Den"]!.feed = false;
    world.say({ ...onMains, soc: 80 }, "Study");
    world.run(3_600);
    expect(world.commands("rack")).toEqual([]);
  });
});

describe("how long a supply that was not heard since the start is waited for", () => {
  /** Seconds from the start to the shutdown; null without one. Study is on battery from the start. */
  function waited(reading: object) {
    const world = worldOf(1);
    world.stations["Den"]!.feed = false;
    world.say({ ...lost, ...reading }, "Study");
    const startAt = world.at;
    world.run(900);
    const [first] = world.commands("rack");
    return first === undefined ? null : (first.at - startAt) / 1000;
  }

  test("at a threshold for bootGraceSec and the debounce", () => {
    expect(waited({ soc: 9 })).toBe(630);
  });

  test("at the floor for blindAfterSec, without a debounce", () => {
    expect(
      waited({
        soc: 16,
        capacity_wh: 286,
        discharge_limit_percent: 10,
        battery_watts: 100,
        ac_out_watts: 80,
      }),
    ).toBe(60);
  });

  test("with the delay that Study's battery allows, not the full one", () => {
    const world = worldOf(1);
    world.stations["Den"]!.feed = false;
    world.say(
      {
        ...lost,
        soc: 15,
        capacity_wh: 286,
        discharge_limit_percent: 10,
        battery_watts: 100,
        ac_out_watts: 80,
      },
      "Study",
    );
    world.run(62);
    expect(world.commands("rack")[0]?.delaySec).toBe(0);
  });
});

test("the reason names the supply that is not counted", () => {
  const world = worldOf(1);
  world.say({ ...onMains, soc: 80 }, "Den");
  world.say({ ...onMains, soc: 80 }, "Study");
  world.run(60);
  world.stations["Den"]!.feed = false;
  world.run(900);
  world.say({ ...lost, soc: 9 }, "Study");
  world.run(40);
  expect(world.commands("rack")[0]?.reason).toMatch(
    /Study: soc 9 % <= 10 %.*; Den: grid unknown for 9\d\d s: counts as no supply/,
  );
});

test("a pause of this process makes no supply doubtful: Den counts for ten minutes of hearing after its present", () => {
  const world = worldOf(1);
  for (const id of ["Study", "Den"]) world.say({ ...onMains, soc: 80 }, id);
  world.run(60);
  world.clock.move(900_000);
  world.input({ kind: "paused", ms: 900_000 });
  world.stations["Den"]!.feed = false;
  world.say({ ...lost, soc: 9 }, "Study");
  world.run(590);
  expect(world.commands("rack")).toEqual([]);
  world.run(60);
  expect(world.commands("rack")).not.toEqual([]);
});

test("an unknown supply confirms nothing: beside one single sample of a loss it sends no command", () => {
  const rules = makeRules({
    debounceSec: 0,
    stations: { Study: stationRules, Den: stationRules },
    machines: { rack: { ...machineRules, stations: ["Study", "Den"], minSupplies: 2 } },
  });
  const world = new World(rules, step);
  world.say({ ...unknown, soc: 80 }, "Den");
  world.say({ ...onMains, soc: 9 }, "Study");
  world.run(700);
  world.station.feed = false;
  world.sample("Study", { ...lost, soc: 9 });
  world.run(1);
  expect(world.commands("rack")).toEqual([]);
  world.run(2);
  world.sample("Study");
  expect(world.commands("rack")).toHaveLength(1);
});
