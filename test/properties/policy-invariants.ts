/** The policy's invariants (docs/rules.md, I1 to I28) as questions to a step: null when it holds, else what broke. */
import fc from "fast-check";
import { badAbort, badOrder, leftOver, notOnce, orders } from "./policy-oracle.ts";
import { full, lost, machineRules, makeRules, onMains } from "./policy-samples.ts";
import { play, type Trace, traces } from "./policy-trace.ts";
import { type StepFn, World } from "./policy-world.ts";

export interface Invariant<T> {
  name: string;
  traces: fc.Arbitrary<T>;
  /** Traces that once broke it: played before the random ones. */
  found?: readonly T[];
  broken: (trace: T, step: StepFn) => string | null;
}

const seconds = (min: number, max: number) => fc.integer({ min, max });
/** Each order at its first sending. */
const told = (world: World) => {
  const seen = new Set<string>();
  return world.commands().filter(({ id }) => !seen.has(id) && seen.add(id));
};

/** I1: what was never reported takes part in no decision. */
const i1: Invariant<{
  missing: "grid" | "soc";
  first: number;
  soc: number;
  cadence: number;
  silentAt: number;
}> = {
  name: "I1",
  traces: fc.record({
    missing: fc.constantFrom("grid", "soc"),
    first: seconds(1, 5),
    soc: seconds(0, 100),
    cadence: fc.constantFrom(1, 5, 20),
    silentAt: seconds(10, 600),
  }),
  broken({ missing, first, soc, cadence, silentAt }, step) {
    const rules = makeRules({ debounceSec: 30, machines: { pc: { ...machineRules, runtimeSec: 900 } } });
    const world = new World(rules, step);
    world.station.cadence = cadence;
    // The SoC comes late and is high; the grid never comes, and is silent later on.
    const known = missing === "grid" ? { soc, ...full } : { ...lost };
    world.say({ ...known, soc: missing === "grid" ? soc : null });
    world.run(first * cadence);
    if (missing === "soc") world.say({ soc: 95 });
    world.run(silentAt);
    if (missing === "grid") world.station.feed = false;
    world.run(200);
    const [order] = told(world);
    return order ? `ordered, though the ${missing} was never told: ${order.reason}` : null;
  },
};

interface Blindness {
  trace: Trace;
  /** Seconds into the outage at which the station falls silent. */
  after: number;
  onBatterySec: number | null;
}

/** I4: blind on battery acts no later than with sight; blind on mains does not act. */
const i4: Invariant<Blindness> = {
  name: "I4",
  traces: fc.record({
    trace: traces(1_500).map((trace) => ({
      ...trace,
      unseen: false,
      blind: [],
      apart: [],
      restarts: [],
      wallJumps: [],
      loss: 0,
      outages: [[400, 5_000] as const],
    })),
    after: seconds(-200, 400),
    onBatterySec: fc.option(seconds(60, 900)),
  }),
  found: [
    // Blind at the whole percent above the threshold, with a debounce shorter than the cadence: a second late.
    {
      trace: {
        seconds: 1_500,
        capacity: 286,
        known: true,
        load: 60,
        surge: 1.2,
        soc: 90,
        cadence: 20,
        threshold: 90,
        debounce: 10,
        stop: 5,
        unseen: false,
        outages: [[400, 5_000]],
        blind: [],
        apart: [],
        restarts: [],
        loss: 0,
        wallJumps: [],
      },
      after: 242,
      onBatterySec: null,
    },
  ],
  broken({ trace, after, onBatterySec }, step) {
    const pc = { ...machineRules, socPercent: trace.threshold, onBatterySec };
    const rules = makeRules({ debounceSec: trace.debounce, machines: { pc } });
    const from = 400 + after;
    const blind = play({ ...trace, blind: [[from, 5_000]] }, step, rules);
    const [order] = orders(blind, "shutdown");
    const lastWord = blind.moments.at(-1)?.word;
    if (lastWord !== "lost") return order ? `blind on mains, ordered at ${order.second} s` : null;
    const samples = blind.moments.filter(({ word, sampled }) => sampled && word === "lost");
    if (samples.length < 2) return null;
    const [seen] = orders(play(trace, step, rules), "shutdown");
    const last = samples.at(-1)?.second ?? 0;
    const blindBy = trace.known ? Number.POSITIVE_INFINITY : last + 300;
    // Without a projection a SoC cannot be known either: 300 s decide (S6).
    const told = trace.known || !bySoc(seen?.reason) ? (seen?.second ?? Number.POSITIVE_INFINITY) : blindBy;
    // A fall by a whole percent that allows no debounce is seen at once, and feared once a sample is overdue.
    const slack = seen?.reason.includes("no debounce") ? last + overdueSec(trace) : 0;
    const latest = Math.min(Math.max(told, slack), blindBy);
    if (latest >= 1_500 || (order && order.second <= latest)) return null;
    return `with sight ordered at ${seen?.second} s, blind since ${from} s at ${order?.second} s`;
  },
};

/** A tick later than the moment from which a missing sample counts. */
function overdueSec({ cadence, debounce }: Trace): number {
  return 1 + Math.max(Math.min(60, debounce), cadence + Math.min(cadence / 2, debounce));
}

const bySoc = (reason = "") => reason.includes("soc");

/** I7: every deadline comes from the clock. Two samples that agree, and then nothing but ticks. */
const i7: Invariant<{ debounce: number; abortAt: number }> = {
  name: "I7",
  traces: fc.record({ debounce: seconds(2, 250), abortAt: seconds(2, 40) }),
  broken({ debounce, abortAt }, step) {
    const world = new World(makeRules({ debounceSec: debounce }), step);
    world.say({ ...onMains, soc: 80 });
    world.run(30);
    world.station.feed = false;
    world.agent.reachable = false;
    world.sample("Study", { ...lost, soc: 5 });
    const fell = world.at;
    world.run(2);
    world.sample();
    world.run(debounce + abortAt - 2);
    const shutdowns = world.commands().map(({ at }) => (at - fell) / 1000 - debounce);
    const expected = [0, 1, 3, 7, 15, 30].filter((second) => second <= abortAt);
    if (shutdowns.join() !== expected.join()) return `sent at ${shutdowns} s after the debounce`;
    world.sample("Study", onMains);
    const rose = world.at;
    world.run(1);
    world.sample();
    world.run(11);
    const abort = world.commands().find(({ action }) => action === "abort");
    const waited = abort ? (abort.at - rose) / 1000 : null;
    return waited === 10 ? null : `aborted ${waited} s after the grid's return`;
  },
};

interface Urgency {
  /** What each sample on battery says. */
  socs: number[];
  lower: number[];
  debounce: number;
  cadence: number;
}

/** I9: noise at the threshold resets no debounce; a lower SoC never postpones. */
const i9: Invariant<Urgency> = {
  name: "I9",
  traces: fc.record({
    // As much as a charge is rounded: what differs by more is not confirmed by the sample before.
    socs: fc.array(seconds(9, 12), { minLength: 60, maxLength: 90 }),
    lower: fc.array(seconds(0, 2), { minLength: 90, maxLength: 90 }),
    debounce: seconds(20, 60),
    cadence: fc.constantFrom(1, 2),
  }),
  broken({ socs, lower, debounce, cadence }, step) {
    const first = ordered(socs, debounce, cadence, step);
    const armed = socs.findIndex((soc) => soc <= 10) * cadence;
    const due = armed + debounce;
    // It is armed once two samples, 2 s apart, agree: by the first such sample, counted from the first that meets the threshold.
    const agreed = socs.findIndex((soc, index) => index * cadence >= 2 && soc <= 10) * cadence;
    const latest = agreed + debounce;
    const isWrong = first === null || first < due || first > latest;
    if (agreed >= 0 && latest <= socs.length * cadence && isWrong)
      return `armed at ${armed} s and ordered at ${first} s, the debounce is ${debounce} s`;
    const sooner = ordered(
      socs.map((soc, index) => soc - (lower[index] ?? 0)),
      debounce,
      cadence,
      step,
    );
    if (first !== null && (sooner === null || sooner > first))
      return `${first} s, with lower SoC ${sooner} s`;
    return null;
  },
};

/** Seconds from the first sample on battery to the order. */
function ordered(socs: number[], debounce: number, cadence: number, step: StepFn): number | null {
  const world = new World(makeRules({ debounceSec: debounce }), step);
  world.say({ ...onMains, soc: 80 });
  world.run(30);
  world.station.feed = false;
  const begin = world.at;
  for (const soc of socs) {
    world.sample("Study", { ...lost, soc });
    world.run(cadence);
  }
  const [order] = told(world);
  return order ? (order.at - begin) / 1000 : null;
}

/** I10: an abort comes only for good power, and then it comes. */
const i10: Invariant<Trace> = {
  name: "I10",
  traces: traces(900).chain((trace) =>
    fc
      .array(fc.tuple(seconds(40, 200), seconds(1, 60)), { minLength: 2, maxLength: 4 })
      .map((pairs) => ({ ...trace, ...returns(pairs), threshold: 90, debounce: 10, apart: [] })),
  ),
  broken(trace, step) {
    const out = play(trace, step);
    return badAbort(out) ?? leftOver(out);
  },
};

/** Outages of such lengths, with such returns between them. */
function returns(pairs: [number, number][]): Pick<Trace, "outages"> {
  let at = 60;
  const outages = pairs.map(([long, back]) => {
    const begin = at;
    at += long + back;
    return [begin, begin + long] as const;
  });
  return { outages };
}

/** I13: one order, one id; one outage, one stop. */
const i13: Invariant<Trace> = {
  name: "I13",
  traces: fc
    .tuple(i10.traces, traces(900))
    .map(([trace, { apart, restarts, loss }]) => ({ ...trace, apart, restarts, loss })),
  broken(trace, step) {
    const out = play(trace, step);
    return badOrder(out) ?? notOnce(out);
  },
};

interface Kill {
  /** The step with effects, counted from the outage on, at which the process dies. */
  nth: number;
  /** Before the state is written, or between that and the publish. */
  written: boolean;
  away: number;
  outage: number;
  debounce: number;
}

/** I23: killed at any write or publish, it comes to the same outcome. */
const i23: Invariant<Kill> = {
  name: "I23",
  traces: fc.record({
    nth: seconds(0, 5),
    written: fc.boolean(),
    away: seconds(1, 30),
    outage: seconds(10, 300),
    debounce: fc.constantFrom(60, 120),
  }),
  broken(kill, step) {
    const { debounce, outage, away } = kill;
    // At these moments the outcome hangs on the second.
    const edges = [debounce - 10, debounce + 50];
    if (edges.some((edge) => Math.abs(outage - edge) < away + 20)) return null;
    const calm = outcome({ ...kill, nth: 99 }, step);
    const killed = outcome(kill, step);
    if (calm.story !== killed.story) return `undisturbed ${calm.story}, killed ${killed.story}`;
    if (calm.at === null || killed.at === null) return null;
    const slack = kill.written ? Math.max(1, killed.restarted - calm.at + 2) : away + 3;
    return Math.abs(killed.at - calm.at) <= slack ? null : `ordered at ${killed.at} s, not at ${calm.at} s`;
  },
};

function outcome(kill: Kill, step: StepFn) {
  const world = new World(makeRules({ debounceSec: kill.debounce }), step);
  world.say({ ...onMains, soc: 80 });
  world.run(30);
  world.kill = { nth: kill.nth, written: kill.written, away: kill.away };
  const begin = world.at;
  world.say({ ...lost, soc: 8 });
  world.run(kill.outage);
  world.say({ ...onMains });
  world.run(320);
  // Words of the agent that nobody heard while the process was away may cost one more, fruitless abort.
  const order = told(world).some(({ action }) => action === "shutdown") ? "ordered" : "not ordered";
  const { phase, shutdowns } = world.agent;
  const story = [order, `${shutdowns.length} stops`, phase, world.machine.phase.is].join(", ");
  const [first] = told(world);
  return {
    story,
    at: first ? (first.at - begin) / 1000 : null,
    restarted: (world.restartedAt - begin) / 1000,
  };
}

// The element types differ; each is only ever fed its own traces.
export const invariants = [i1, i4, i7, i9, i10, i13, i23] as unknown as Invariant<unknown>[];
