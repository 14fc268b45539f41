/** Random traces for the policy's properties: a real battery, faults on every wire, and what really happened. */
import fc from "fast-check";
import type { CommandEffect } from "../../src/core/policy/effects.ts";
import type { PolicyRules } from "../../src/core/policy/rules.ts";
import type { WorldAgent } from "./policy-agent.ts";
import { lost, machineRules, makeRules, onMains } from "./policy-samples.ts";
import { type StepFn, World } from "./policy-world.ts";

/** From and until, in seconds of the trace. */
export type Span = readonly [number, number];

export interface Restart {
  at: number;
  away: number;
  sameBoot: boolean;
}

export interface Trace {
  seconds: number;
  /** Wh; `known`: the station tells it. */
  capacity: number;
  known: boolean;
  /** Watts on the battery's side on mains; in an outage `surge` times that, within S5's 1.25. */
  load: number;
  surge: number;
  soc: number;
  cadence: number;
  threshold: number;
  debounce: number;
  /** Seconds that the machine really takes to stop. */
  stop: number;
  unseen: boolean;
  outages: Span[];
  /** The station cannot be heard. */
  blind: Span[];
  /** The agent and the broker do not hear each other; the broker tells so after 20 s. */
  apart: Span[];
  restarts: Restart[];
  /** Every n-th acknowledgement is lost; 0: none. */
  loss: number;
  wallJumps: { at: number; ms: number }[];
}

const span = (from: number, until: number, longest: number): fc.Arbitrary<Span> =>
  fc
    .tuple(fc.integer({ min: from, max: until }), fc.integer({ min: 1, max: longest }))
    .map(([begin, length]) => [begin, begin + length] as const);

export const traces = (seconds = 2_400): fc.Arbitrary<Trace> =>
  fc.record({
    seconds: fc.constant(seconds),
    capacity: fc.constantFrom(100, 286, 1024),
    known: fc.boolean(),
    load: fc.constantFrom(60, 150, 400),
    surge: fc.constantFrom(1, 1.2),
    soc: fc.integer({ min: 12, max: 95 }),
    cadence: fc.constantFrom(1, 2, 5, 20, 61),
    threshold: fc.constantFrom(10, 20, 50, 90),
    debounce: fc.constantFrom(10, 60, 180),
    stop: fc.integer({ min: 5, max: 280 }),
    unseen: fc.boolean(),
    outages: fc.array(span(60, seconds, 1_500), { minLength: 0, maxLength: 4 }),
    blind: fc.array(span(0, seconds, 1_000), { maxLength: 2 }),
    apart: fc.array(span(0, seconds, 400), { maxLength: 2 }),
    restarts: fc.array(
      fc.record({
        at: fc.integer({ min: 30, max: seconds }),
        away: fc.constantFrom(1, 5, 60, 700),
        sameBoot: fc.boolean(),
      }),
      { maxLength: 2 },
    ),
    loss: fc.constantFrom(0, 0, 2, 3),
    wallJumps: fc.array(
      fc.record({ at: fc.integer({ min: 0, max: seconds }), ms: fc.constantFrom(-86_400_000, 3_600_000) }),
      { maxLength: 1 },
    ),
  });

export function rulesOf(trace: Trace): PolicyRules {
  return makeRules({
    debounceSec: trace.debounce,
    machines: { pc: { ...machineRules, socPercent: trace.threshold } },
  });
}

/** What the world knows at the end of each second. */
export interface Moment {
  second: number;
  grid: boolean;
  blind: boolean;
  apart: boolean;
  /** The process runs. */
  serving: boolean;
  /** The machine runs, at the second's end. */
  up: boolean;
  /** The machine's boot. */
  boot: number;
  /** Percent, exact. */
  soc: number;
  /** What the newest sample said that the policy may still go by; null before one (S1). */
  word: "lost" | "present" | null;
  /** A sample arrived in this second. */
  sampled: boolean;
}

export interface Outcome {
  trace: Trace;
  world: World;
  moments: Moment[];
  /** Seconds at which the machine lost its power while it was up. */
  crashes: number[];
  commands: (CommandEffect & { second: number })[];
}

const within = (spans: readonly Span[], second: number) => spans.some(([a, b]) => second >= a && second < b);
/** The discharge limit of all batteries here, percent; the output is cut one above. */
const limit = 10;
/** Somebody starts the machine when the grid has been back for so long, in seconds. */
const humanSec = 200;

/** Plays a trace against a step, and remembers what happened. */
export function play(trace: Trace, step: StepFn, rules = rulesOf(trace)): Outcome {
  const world = new World(rules, step, trace.unseen ? "unseen" : "agent");
  world.agent.stopSec = trace.stop;
  world.station.cadence = trace.cadence;
  const out: Outcome = { trace, world, moments: [], crashes: [], commands: [] };
  let acks = 0;
  world.loseAck = () => trace.loss > 0 && ++acks % trace.loss === 0;
  const begin = world.at;
  const player = new Player(out);
  for (let second = 1; second <= trace.seconds; second++) player.second(second);
  out.commands = world.commands().map((command) => ({ ...command, second: (command.at - begin) / 1000 }));
  return out;
}

class Player {
  readonly #out: Outcome;
  #soc: number;
  #away: { until: number; restart: Restart } | null = null;
  #word: Moment["word"] = null;
  #gridSince = 0;

  constructor(out: Outcome) {
    this.#out = out;
    this.#soc = out.trace.soc;
  }

  second(second: number) {
    const { trace, world } = this.#out;
    const grid = !within(trace.outages, second);
    if (!grid) this.#gridSince = second + 1;
    const watts = trace.load * (grid ? 1 : trace.surge);
    this.#drain(grid, watts, second);
    for (const jump of trace.wallJumps) if (jump.at === second) world.clock.shiftWall(jump.ms);
    this.#wire(second);
    this.#process(second);
    if (world.agent.phase === "off" && second - this.#gridSince >= humanSec) world.agent.boot();
    const blind = within(trace.blind, second);
    world.station.feed = !blind;
    world.say(readingOf(trace, grid, this.#soc, watts));
    const before = world.station.samples;
    world.run(1);
    const sampled = world.station.samples > before;
    if (sampled) this.#word = grid ? "present" : "lost";
    this.#out.moments.push({
      second,
      grid,
      blind,
      apart: !world.agent.reachable,
      serving: world.serving,
      up: world.agent.phase !== "off",
      boot: world.agent.boots,
      soc: this.#soc,
      word: this.#word,
      sampled,
    });
  }

  #drain(grid: boolean, watts: number, second: number) {
    const { trace, world, crashes } = this.#out;
    const points = (watts * 100) / (trace.capacity * 3600);
    this.#soc = grid ? Math.min(100, this.#soc + points) : Math.max(limit, this.#soc - points);
    if (grid || this.#soc > limit + 1 || world.agent.phase === "off") return;
    crashes.push(second);
    world.agent.cutPower();
  }

  /** The way between agent and broker. */
  #wire(second: number) {
    const { trace, world } = this.#out;
    const { agent } = world;
    const apart = within(trace.apart, second);
    if (apart && within(trace.apart, second - 20)) agent.loseConnection();
    if (apart || agent.reachable) agent.reachable = !apart;
    else rejoin(agent);
  }

  /** The process's end and start. */
  #process(second: number) {
    const { trace, world } = this.#out;
    const away = this.#away;
    if (away !== null && second >= away.until) {
      const { sameBoot } = away.restart;
      world.serving = true;
      this.#away = null;
      if (!sameBoot || away.restart.away > 600) this.#word = null;
      world.restart(away.restart.away * 1000, sameBoot);
      return;
    }
    const restart = trace.restarts.find(({ at }) => at === second);
    if (restart === undefined || this.#away !== null) return;
    this.#away = { until: second + restart.away, restart };
    world.serving = false;
  }
}

/** The wire is there again: the agent connects, or the broker notices that the machine is off. */
export function rejoin(agent: WorldAgent) {
  agent.reachable = true;
  if (agent.phase === "off") agent.loseConnection();
  else agent.connect();
}

function readingOf(trace: Trace, grid: boolean, soc: number, watts: number) {
  return {
    ...(grid ? onMains : lost),
    soc: Math.round(soc),
    ac_out_watts: (watts - 8) / 1.1,
    battery_watts: grid ? 0 : watts,
    charging: grid,
    capacity_wh: trace.known ? trace.capacity : null,
    discharge_limit_percent: trace.known ? limit : null,
  };
}
