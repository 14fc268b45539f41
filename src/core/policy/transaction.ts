/** One step at work: reads see its own changes, the state it began with stays as it was. Lives within a single step. */
import type { Instant } from "../reading.ts";
import type { Effect } from "./effects.ts";
import type { EventEffect, PolicyEvents, PolicyOvers } from "./event-types.ts";
import { type MachineState, type Phase, unheardMachine } from "./machine/state.ts";
import type { PolicyRules } from "./rules.ts";
import { type Site, siteOf } from "./site.ts";
import type { PolicyState } from "./state.ts";
import { type Assessment, assess, assessBehind } from "./station/assessment.ts";
import { type StationState, unheardStation } from "./station/state.ts";

export class Transaction {
  readonly rules: PolicyRules;
  readonly site: Site;
  readonly at: Instant;
  readonly wall: number;
  readonly effects: Effect[] = [];
  readonly #before: PolicyState;
  #now: PolicyState;
  #stations: StationState[] | null = null;
  #machines: MachineState[] | null = null;
  readonly #assessments = new Map<string, Assessment>();

  constructor(rules: PolicyRules, state: PolicyState, at: Instant, wall: number) {
    this.rules = rules;
    this.site = siteOf(rules);
    this.at = at;
    this.wall = wall;
    this.#before = state;
    this.#now = state;
  }

  get state(): PolicyState {
    return this.#now;
  }

  get changed(): boolean {
    return this.#now !== this.#before;
  }

  station(id: string): StationState {
    const at = this.site.stationAt.get(id);
    return (at === undefined ? undefined : this.#now.stations[at]) ?? unheardStation(id);
  }

  machine(id: string): MachineState {
    const at = this.site.machineAt.get(id);
    return (at === undefined ? undefined : this.#now.machines[at]) ?? unheardMachine(id);
  }

  /** What the station's state means at this instant; computed once until the station changes. */
  assess(id: string): Assessment {
    const known = this.#assessments.get(id);
    if (known) return known;
    const station = this.station(id);
    const { broker } = this.#now;
    const lostAt = broker.connected || station.local ? null : (broker.lostAt ?? null);
    const deafAt = lostAt !== null && lostAt >= (station.sampleAt ?? 0) ? lostAt : null;
    const assessment = assess(this.rules, station, this.at, deafAt);
    const upstream = this.rules.stations[id]?.upstream;
    // Not kept: it changes with the upstream too.
    if (upstream !== undefined) return assessBehind(assessment, station, this.assess(upstream), this.at);
    this.#assessments.set(id, assessment);
    return assessment;
  }

  set(patch: Partial<Omit<PolicyState, "stations" | "machines">>): void {
    this.#now = { ...this.#now, ...patch };
  }

  /** Replaces all stations and machines: only a start does that. */
  replaceAll(stations: StationState[], machines: MachineState[]): void {
    this.#stations = stations;
    this.#machines = machines;
    this.#now = { ...this.#now, stations, machines };
    this.#assessments.clear();
  }

  setStation(id: string, patch: Partial<Omit<StationState, "id">>): void {
    const at = this.site.stationAt.get(id);
    if (at === undefined) return;
    const next = { ...this.station(id), ...patch };
    if (this.#stations === null) {
      this.#stations = [...this.#now.stations];
      this.#now = { ...this.#now, stations: this.#stations };
    }
    this.#stations[at] = next;
    this.#assessments.delete(id);
  }

  /** Changes everything but the phase. */
  setMachine(id: string, patch: Partial<Omit<MachineState, "id" | "phase">>): void {
    this.#putMachine(id, patch);
  }

  /** Changes the phase: only `machine/transitions.ts` calls this. */
  enter(id: string, phase: Phase): void {
    this.#putMachine(id, { phase });
  }

  emit(effect: Effect): void {
    this.effects.push(effect);
  }

  /** Something happened, or an alarm begins. Of a machine that another server commands, that one reports it. */
  event<C extends keyof PolicyEvents>(code: C, params: PolicyEvents[C]): void {
    if ("machine" in params && this.machine(params.machine).aside) return;
    this.effects.push({ kind: "event", code, params } as EventEffect);
  }

  /** The alarm of this code and subject is over. */
  over<C extends keyof PolicyOvers>(code: C, params: PolicyOvers[C]): void {
    this.effects.push({ kind: "event", code, params, over: true } as EventEffect);
  }

  #putMachine(id: string, patch: Partial<MachineState>): void {
    const at = this.site.machineAt.get(id);
    if (at === undefined) return;
    const next = { ...this.machine(id), ...patch };
    // The first change of a step copies the list; later ones write into the copy.
    if (this.#machines === null) {
      this.#machines = [...this.#now.machines];
      this.#now = { ...this.#now, machines: this.#machines };
    }
    this.#machines[at] = next;
  }
}
