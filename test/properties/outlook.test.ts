/** The policy's room publishes the same `plan` and `power` as one that looks at every machine each second, but looks at few. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeTopics } from "../../src/contract/topics.ts";
import type { CommandEffect } from "../../src/core/policy/effects.ts";
import { step } from "../../src/core/policy/policy.ts";
import { powerOf } from "../../src/core/policy/presence/power.ts";
import type { PolicyRules } from "../../src/core/policy/rules.ts";
import type { PolicyState } from "../../src/core/policy/state.ts";
import { planOf } from "../../src/core/policy/words/plan.ts";
import type { StationReading } from "../../src/core/reading.ts";
import { Outlook, views } from "../../src/services/policy/outlook.ts";
import type { Room } from "../../src/services/service.ts";
import { calm, full, lost, machineRules, makeRules, onMains, stationRules } from "./policy-samples.ts";
import { type StepFn, World } from "./policy-world.ts";

const rules = makeRules({
  debounceSec: 20,
  stations: { Study: stationRules, Den: stationRules },
  machines: {
    study: { ...machineRules, socPercent: 60 },
    den: { ...machineRules, stations: ["Den"], onBatterySec: 90 },
    either: { ...machineRules, stations: ["Study", "Den"], runtimeSec: 900 },
    both: { ...machineRules, stations: ["Study", "Den"], minSupplies: 2, socPercent: 70 },
  },
});

type Message = [key: string, machine: string, payload: unknown];

/** A room that only remembers what is published. */
function roomAt(world: () => World) {
  const messages: Message[] = [];
  const clock = { now: () => world().at, wall: () => 0, boot: () => "b1", everySecond: () => () => {} };
  const publish: Room["publish"] = ({ key }, params, payload) =>
    void messages.push([key, params["machine"] ?? "", payload]);
  return { room: { clock, publish, topics: makeTopics("base", "site") }, messages };
}

/** Looks at each machine each second. */
class Thorough {
  readonly #room: Pick<Room, "publish" | "topics" | "clock">;
  readonly #power = new Map<string, { at: number; onBattery: boolean | null }>();
  readonly #plans = new Map<string, { at: number; text: string }>();

  readonly #rules: PolicyRules;

  constructor(room: Pick<Room, "publish" | "topics" | "clock">, given: PolicyRules) {
    this.#room = room;
    this.#rules = given;
  }

  tick(state: PolicyState, at: number) {
    for (const machine of Object.keys(this.#rules.machines)) {
      const plan = planOf(this.#rules, state, machine, at);
      const text = JSON.stringify([
        plan.state,
        plan.hold,
        plan.causes.map(({ kind, station }) => [kind, station]),
      ]);
      const last = this.#plans.get(machine);
      const isStale = plan.deadline_sec !== null && at - (last?.at ?? 0) >= 5_000;
      if (last?.text !== text || isStale) {
        this.#plans.set(machine, { at, text });
        this.#room.publish(this.#room.topics.plan, { machine }, plan);
      }
      this.#tickPower(state, machine, at);
    }
  }

  #tickPower(state: PolicyState, machine: string, at: number) {
    const { on_battery } = powerOf(this.#rules, state, machine, at);
    const last = this.#power.get(machine);
    const isDue = at - (last?.at ?? Number.NEGATIVE_INFINITY) >= (on_battery === true ? 5_000 : 15_000);
    if (isDue || last?.onBattery !== on_battery) this.#intent(state, machine, at, null);
  }

  command(state: PolicyState, { kind: _, machine, ...command }: CommandEffect) {
    this.#intent(state, machine, this.#room.clock.now(), command);
  }

  #intent(
    state: PolicyState,
    machine: string,
    at: number,
    command: Omit<CommandEffect, "kind" | "machine"> | null,
  ) {
    const power = powerOf(this.#rules, state, machine, at);
    this.#power.set(machine, { at, onBattery: power.on_battery });
    this.#room.publish(this.#room.topics.intent, { machine }, { power, command });
  }
}

const kinds: Record<string, Partial<StationReading>> = {
  present: onMains,
  lost,
  unknown: { grid: "unknown", grid_basis: "none", carried_by: null },
  bySetting: { grid: "unknown", grid_basis: "by-setting", carried_by: "battery" },
  solar: { grid: "present", grid_basis: "ac-input-watts", carried_by: "solar" },
};

interface Stretch {
  kind: string;
  seconds: number;
  cadence: number;
  soc: number;
}

const stretch: fc.Arbitrary<Stretch> = fc.record({
  kind: fc.constantFrom("present", "present", "lost", "lost", "silent", ...Object.keys(kinds)),
  seconds: fc.integer({ min: 1, max: 200 }),
  cadence: fc.constantFrom(1, 2, 7, 30, 61),
  soc: fc.integer({ min: 12, max: 95 }),
});
const life = fc.array(stretch, { minLength: 2, maxLength: 7 });
const presence = fc.array(
  fc.record({
    machine: fc.constantFrom(...Object.keys(rules.machines)),
    at: fc.integer({ min: 1, max: 600 }),
    online: fc.boolean(),
    armed: fc.boolean(),
  }),
  { maxLength: 6 },
);

interface Story {
  lives: { Study: Stretch[]; Den: Stretch[] };
  presences: { machine: string; at: number; online: boolean; armed: boolean }[];
}

/** Plays a story for ten minutes; returns what both published. */
function play({ lives, presences }: Story, given = rules): { quick: Message[]; thorough: Message[] } {
  let world: World | null = null;
  const here = () => world as unknown as World;
  const [one, two] = [roomAt(here), roomAt(here)];
  const [quick, thorough] = [new Outlook(one.room, given), new Thorough(two.room, given)];
  const watched: StepFn = (_, before, input) => {
    const result = step(given, before, input);
    for (const outlook of world === null ? [] : [quick, thorough]) {
      for (const effect of result.effects)
        if (effect.kind === "command") outlook.command(result.state, effect);
      if (input.kind === "tick") outlook.tick(result.state, input.at);
    }
    return result;
  };
  world = new World(given, watched);
  for (let second = 1; second <= 600; second++) {
    for (const id of ["Study", "Den"] as const) live(world, id, stretchAt(lives[id], second));
    for (const { machine, at, online, armed } of presences) {
      const status = { online, armed };
      if (at === second) world.input({ kind: "presence", machine, status, live: true });
    }
    world.run(1);
  }
  return { quick: one.messages, thorough: two.messages };
}

function stretchAt(stretches: Stretch[], second: number): Stretch {
  let until = 0;
  const found = stretches.find(({ seconds }) => {
    until += seconds;
    return second < until;
  });
  return found ?? { kind: "present", seconds: 1, cadence: 2, soc: 50 };
}

function live(world: World, id: "Study" | "Den", { kind, cadence, soc }: Stretch) {
  const station = world.stations[id]!;
  station.feed = kind !== "silent";
  station.cadence = cadence;
  world.say({ ...full, ...kinds[kind], soc, runtime_sec: soc * 30, ac_out_watts: 100 }, id);
}

describe("what the policy's room publishes", () => {
  it("is what looking at every machine each second would publish", () => {
    fc.assert(
      fc.property(fc.record({ Study: life, Den: life }), presence, (lives, presences) => {
        const { quick, thorough } = play({ lives, presences });
        expect(quick).toEqual(thorough);
      }),
      { numRuns: process.env["NIGHTLY"] ? 1_000 : 60 },
    );
  });

  it("reaches commands, aborts, silence and every phase", () => {
    const out = (kind: string, seconds: number): Stretch => ({ kind, seconds, cadence: 2, soc: 55 });
    const lives = {
      Study: [out("present", 20), out("lost", 70), out("present", 100), out("lost", 300)],
      Den: [out("present", 40), out("silent", 200), out("lost", 200)],
    };
    const { quick } = play({ lives, presences: [] });
    const text = JSON.stringify(quick);
    for (const word of ["shutdown", "abort", "pending", "commanded", "going_down", '"on_battery":null'])
      expect(text).toContain(word);
  });
});

describe("a discharge that is no outage", () => {
  it("shows its cause when the projection reaches it, between two samples", () => {
    const drain = { kind: "bySetting", seconds: 400, cadence: 61, soc: 20 };
    // A machine that one cause does not put down: nothing but the clock changes what is shown.
    const { either } = rules.machines;
    const alone = makeRules({ stations: rules.stations, machines: { either: either! } });
    const { quick, thorough } = play({ lives: { Study: [drain], Den: [] }, presences: [] }, alone);
    expect(quick).toEqual(thorough);
    const plans = quick.filter(([key, machine]) => key === "plan" && machine === "either");
    expect(JSON.stringify(plans)).toContain('"floor"');
  });
});

describe("a site of a thousand machines at rest", () => {
  const stations = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`s${n}`, stationRules]));
  const machines = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, n) => [`m${n}`, { ...machineRules, stations: [`s${n % 200}`] }]),
  );
  const large = makeRules({ stations, machines });

  it("looks at the machines of the one station that speaks, and at those whose power is due", () => {
    let looks = { plan: 0, power: 0 };
    const compute: typeof views = {
      planOf: (...given) => {
        looks.plan += 1;
        return views.planOf(...given);
      },
      powerOf: (...given) => {
        looks.power += 1;
        return views.powerOf(...given);
      },
    };
    const world = new World(large, step, "unseen");
    const { room } = roomAt(() => world);
    const outlook = new Outlook(room, large, compute);
    for (const id of Object.keys(stations)) {
      world.say(calm, id);
      world.sample(id);
    }
    outlook.tick(world.state, world.at);
    expect(looks).toEqual({ plan: 1_000, power: 1_000 });

    looks = { plan: 0, power: 0 };
    world.clock.move(1_000);
    outlook.tick(world.state, world.at);
    expect(looks).toEqual({ plan: 0, power: 0 });

    world.sample("s7");
    outlook.tick(world.state, world.at);
    expect(looks).toEqual({ plan: 5, power: 5 });

    looks = { plan: 0, power: 0 };
    world.clock.move(14_000);
    outlook.tick(world.state, world.at);
    expect(looks).toEqual({ plan: 0, power: 1_000 });
  });
});
