/** I12 over random traces: a machine's order is a function of all its supplies, whatever each of them does. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Effect } from "../../src/core/policy/effects.ts";
import { step } from "../../src/core/policy/policy.ts";
import { supplyFaults, withFaultyStep } from "./policy-faults.ts";
import { lost, machineRules, makeRules, onMains, stationRules } from "./policy-samples.ts";
import { type StepFn, World } from "./policy-world.ts";

const stations = ["Study", "Den"] as const;
const rules = makeRules({
  debounceSec: 20,
  stations: { Study: stationRules, Den: stationRules },
  machines: {
    study: machineRules,
    den: { ...machineRules, stations: ["Den"] },
    either: { ...machineRules, stations: [...stations], minSupplies: 1 },
    both: { ...machineRules, stations: [...stations], minSupplies: 2 },
  },
});

/** What each station does in each stretch of so many seconds. */
type Stretch = readonly ["present" | "lost" | "silent", number];
type Life = Record<(typeof stations)[number], Stretch[]>;

const life: fc.Arbitrary<Stretch[]> = fc.array(
  fc.tuple(fc.constantFrom("present", "present", "lost", "lost", "silent"), fc.integer({ min: 3, max: 120 })),
  { minLength: 4, maxLength: 8 },
);

const doing = (stretches: Stretch[], second: number): Stretch[0] => {
  let until = 30;
  if (second < until) return "present";
  for (const [what, long] of stretches) {
    until += long;
    if (second < until) return what;
  }
  return "present";
};

type Words = Record<string, "present" | "lost">;

/** Null, or the order that its supplies do not bear out. */
function unfounded(lives: Life, faulty: StepFn): string | null {
  const world = new World(rules, faulty);
  const words: Words = { Study: "present", Den: "present" };
  for (let second = 1; second <= 700; second++) {
    // What is due and what is heard in the same instant come in either order.
    const old = { ...words };
    for (const id of stations) tell(world, id, doing(lives[id], second), words);
    const before = world.told.length;
    world.run(1);
    const wrong = world.told
      .slice(before)
      .find(({ effect }) => !isFounded(effect, words) && !isFounded(effect, old));
    if (wrong) return `at ${second} s: ${JSON.stringify(wrong.effect)} with ${JSON.stringify(words)}`;
  }
  return null;
}

/** The station lives its next second; what it says becomes its newest word. */
function tell(world: World, id: (typeof stations)[number], what: Stretch[0], words: Words) {
  const station = world.stations[id]!;
  station.feed = what !== "silent";
  world.say(what === "lost" ? { ...lost, soc: 8 } : { ...onMains, soc: 8 }, id);
  if (what !== "silent" && station.nextAt <= world.at + 1000) words[id] = what;
}

/** A shutdown needs fewer than minSupplies stations with a grid at their newest word, an abort that many. */
function isFounded(effect: Effect, words: Words): boolean {
  if (effect.kind !== "command" || effect.attempt > 1) return true;
  const { stations: own, minSupplies } = rules.machines[effect.machine]!;
  const dark = own.filter((id) => words[id] === "lost").length;
  const isDue = own.length - dark < minSupplies;
  return effect.action === "shutdown" ? isDue : !isDue;
}

const lives: fc.Arbitrary<Life> = fc.record({ Study: life, Den: life });

describe("I12", () => {
  test("holds", () => {
    fc.assert(
      fc.property(lives, (each) => {
        expect(unfounded(each, step)).toBeNull();
      }),
      { numRuns: process.env["NIGHTLY"] === "1" ? 3_000 : 40 },
    );
  });

  test.each(Object.entries(supplyFaults))("sees the fault %s", (_, fault) =>
    withFaultyStep(fault, (faulty) => {
      const found = fc.check(
        fc.property(lives, (each) => unfounded(each, faulty) === null),
        { numRuns: 300, endOnFailure: true, seed: 5 },
      );
      expect(found.failed).toBe(true);
    }),
  );
});
