/** A small world for the policy's tests: stations with real energy, agents that obey, a clock of whole seconds. */
import type { AlarmCode } from "../../src/contract/events.ts";
import { type EntryType, journalEntry, noticeOf } from "../../src/contract/journal.ts";
import type { JournalEntry } from "../../src/contract/messages/journal.ts";
import type { AckPhase } from "../../src/core/ack.ts";
import type { CommandEffect, Effect } from "../../src/core/policy/effects.ts";
import type { AgentStatus, PolicyInput } from "../../src/core/policy/inputs.ts";
import { step } from "../../src/core/policy/policy.ts";
import type { PolicyRules } from "../../src/core/policy/rules.ts";
import { initialState, type PolicyState } from "../../src/core/policy/state.ts";
import type { StationReading } from "../../src/core/reading.ts";
import { ManualClock } from "../../src/sim/clock.ts";
import { type AgentKind, WorldAgent } from "./policy-agent.ts";
import { calm, lost, makeRules, nothing } from "./policy-samples.ts";

export type StepFn = typeof step;

/** A station that publishes what it is told to, every `cadence` seconds while `feed`. */
export interface SimStation {
  reading: Partial<StationReading>;
  cadence: number;
  feed: boolean;
  samples: number;
  nextAt: number;
}

export interface Told {
  at: number;
  effect: Effect;
}

export class World {
  readonly clock = new ManualClock({ now: 1_000_000, wall: 1_700_000_000_000 });
  state: PolicyState;
  readonly told: Told[] = [];
  readonly stations: Record<string, SimStation> = {};
  readonly agents: Record<string, WorldAgent> = {};
  readonly rules: PolicyRules;
  readonly step: StepFn;
  /** The policy's process runs; while it does not, nobody hears anything. */
  serving = true;
  /** The newest status of each agent, as the broker keeps it. */
  readonly retained: Record<string, AgentStatus> = {};
  /** Loses an acknowledgement when it says so. */
  loseAck: () => boolean = () => false;

  constructor(rules: PolicyRules, step: StepFn, agent: AgentKind = "agent") {
    this.rules = rules;
    this.step = step;
    this.state = initialState(rules);
    for (const id of Object.keys(rules.stations)) {
      this.stations[id] = { reading: {}, cadence: 2, feed: true, samples: 0, nextAt: 0 };
    }
    for (const id of Object.keys(rules.machines)) this.agents[id] = this.#makeAgent(id, agent);
    this.input({ kind: "start", boot: "b1", sameBoot: false, awayMs: 0 });
    for (const each of Object.values(this.agents)) each.connect();
  }

  /** Milliseconds of the world's clock. */
  get at(): number {
    return this.clock.now();
  }

  get station(): SimStation {
    return this.stations["Study"]!;
  }

  get agent(): WorldAgent {
    return this.agents["pc"]!;
  }

  get machine() {
    return this.state.machines.find(({ id }) => id === "pc")!;
  }

  /** The process dies at the nth step from now that has effects, before or after its state is written. */
  kill: { nth: number; written: boolean; away: number } | null = null;
  restartedAt = 0;
  #undone: Effect[] = [];
  #away: { until: number; since: number } | null = null;

  /** Feeds one input now, and carries out its effects. */
  input(input: DistributiveOmit<PolicyInput, "at" | "wall">): Effect[] {
    if (!this.serving) return [];
    const { state, effects } = this.step(this.rules, this.state, {
      ...input,
      at: this.clock.now(),
      wall: this.clock.wall(),
    } as PolicyInput);
    if (effects.length > 0 && this.kill !== null && this.kill.nth-- === 0) {
      this.#die(state, effects, this.kill);
      return [];
    }
    this.state = state;
    this.perform(effects);
    return effects;
  }

  #die(state: PolicyState, effects: Effect[], { written, away }: { written: boolean; away: number }) {
    this.kill = null;
    if (written) this.state = state;
    this.#undone = written ? effects : [];
    this.serving = false;
    this.#away = { until: this.at + away * 1000, since: this.at };
  }

  /** It starts again, and does what it had written down to do, as the room does. */
  #comeBack() {
    if (this.#away === null || this.at < this.#away.until) return;
    const away = this.at - this.#away.since;
    this.#away = null;
    this.restartedAt = this.at;
    this.serving = true;
    const answered = this.restart(away).some(({ kind }) => kind === "command");
    this.perform(this.#undone.filter(({ kind }) => kind !== "command" || !answered));
  }

  perform(effects: Effect[]) {
    for (const effect of effects) {
      this.told.push({ at: this.at, effect });
      if (effect.kind !== "command" || !this.state.broker.connected) continue;
      this.agents[effect.machine]?.obey(effect);
    }
  }

  /** Lets whole seconds pass: stations publish, agents work, the policy ticks. */
  run(seconds: number, each?: (world: World) => void) {
    for (let i = 0; i < seconds; i++) {
      this.clock.move(1_000);
      each?.(this);
      this.#comeBack();
      if (this.serving) for (const [id, station] of Object.entries(this.stations)) this.publish(id, station);
      for (const each of Object.values(this.agents)) each.tick();
      this.input({ kind: "tick" });
    }
  }

  publish(id: string, station: SimStation) {
    if (!station.feed || this.at < station.nextAt) return;
    station.nextAt = this.at + station.cadence * 1000;
    this.sample(id);
  }

  /** One new sample of the station, now. */
  sample(id = "Study", patch: Partial<StationReading> = {}): Effect[] {
    const station = this.stations[id]!;
    station.reading = { ...station.reading, ...patch };
    station.samples += 1;
    return this.repeat(id);
  }

  /** The newest reading once more: no new sample. */
  repeat(id = "Study"): Effect[] {
    const { reading, samples } = this.stations[id]!;
    return this.input({
      kind: "reading",
      station: id,
      reading: { ...nothing, device: id, sample_age_ms: 0, ...reading, samples },
    });
  }

  /** Sets what the station publishes from now on. */
  say(patch: Partial<StationReading>, id = "Study") {
    this.stations[id]!.reading = { ...this.stations[id]!.reading, ...patch };
  }

  #makeAgent(id: string, kind: AgentKind): WorldAgent {
    return new WorldAgent(id, kind, this.clock, {
      status: (status) => this.#publishStatus(id, status),
      ack: (ack) => {
        if (this.serving && !this.loseAck()) this.input({ kind: "ack", machine: id, ack });
      },
    });
  }

  /** The broker keeps the status, and passes it on while the process runs. */
  #publishStatus(id: string, status: AgentStatus) {
    this.retained[id] = status;
    if (this.serving) this.input({ kind: "presence", machine: id, status, live: true });
  }

  /** What the broker has kept is handed over, as after each connect. */
  subscribe() {
    for (const [machine, status] of Object.entries(this.retained)) {
      this.input({ kind: "presence", machine, status, live: false });
    }
  }

  /** An agent acknowledges, whatever it is at. */
  ack(id: string, cmd: string, phase: AckPhase) {
    this.input({ kind: "ack", machine: id, ack: { id: cmd, phase } });
  }

  /** The policy's process ends and starts again from what is on disk. */
  restart(awayMs: number, sameBoot = true) {
    this.state = JSON.parse(JSON.stringify(this.state)) as PolicyState;
    const effects = this.input({ kind: "start", boot: sameBoot ? "b1" : "b2", sameBoot, awayMs });
    this.subscribe();
    return effects;
  }

  commands(machine = "pc"): (CommandEffect & { at: number })[] {
    return this.told.flatMap(({ at, effect }) =>
      effect.kind === "command" && effect.machine === machine ? [{ ...effect, at }] : [],
    );
  }

  /** The events as the journal renders them; `type` may also be the code of an alarm that begins. */
  events(type?: EntryType | AlarmCode): JournalEntry[] {
    const entries = this.told.flatMap(({ at, effect }, index) =>
      effect.kind === "event" ? [journalEntry(index, noticeOf(at, effect))] : [],
    );
    return entries.filter(
      (entry) => type === undefined || entry.type === type || (entry.type === "alarm" && entry.code === type),
    );
  }

  alarms(): string[] {
    return this.events("alarm").map(({ code }) => code ?? "");
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** A world that has been calm for a minute. */
export function begin(rules = makeRules(), agent: AgentKind = "agent"): World {
  const world = new World(rules, step, agent);
  for (const id of Object.keys(rules.stations)) world.say(calm, id);
  world.run(60);
  return world;
}

/** In an outage at 9 %, the command has just gone out. */
export function commandedWorld(rules = makeRules(), agent: AgentKind = "agent"): World {
  const world = begin(rules, agent);
  world.say({ ...lost, soc: 9 });
  for (let i = 0; i < 1000 && world.commands().length === 0; i++) world.run(1);
  if (world.commands().length !== 1) throw new Error("the command did not go out");
  return world;
}

/** The command went out ten seconds after its machine went offline. */
export function commandedOffline(): World {
  const world = begin();
  world.say({ ...lost, soc: 9 });
  world.run(170);
  world.agent.loseConnection();
  world.run(15);
  if (world.machine.phase.is !== "commanded") throw new Error("the command did not go out");
  return world;
}
