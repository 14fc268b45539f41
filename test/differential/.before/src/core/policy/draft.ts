/** One step at work: a copy-on-write view of the state, and the effects so far. Lives within a single step. */
import type { Instant } from "../reading.ts";
import type { Effect, EventEffect } from "./effects.ts";
import type { PolicyRules } from "./rules.ts";
import { type Sight, see, seeBehind } from "./sight.ts";
import {
  type MachineState,
  type PolicyState,
  type StationState,
  unheardMachine,
  unheardStation,
} from "./state.ts";

export class Draft {
  readonly rules: PolicyRules;
  readonly at: Instant;
  readonly wall: number;
  readonly effects: Effect[] = [];
  readonly #before: PolicyState;
  #now: PolicyState;
  readonly #sights: Record<string, Sight> = {};

  constructor(rules: PolicyRules, state: PolicyState, at: Instant, wall: number) {
    this.rules = rules;
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
    return this.#now.stations[id] ?? unheardStation();
  }

  machine(id: string): MachineState {
    return this.#now.machines[id] ?? unheardMachine();
  }

  /** The station at this instant; worked out once until the station changes. */
  sight(id: string): Sight {
    const known = this.#sights[id];
    if (known) return known;
    const sight = see(this.rules, id, this.station(id), this.at);
    const upstream = this.rules.stations[id]?.upstream;
    // Not kept: it changes with the upstream too.
    if (upstream !== undefined) return seeBehind(sight, this.station(id), this.sight(upstream), this.at);
    this.#sights[id] = sight;
    return sight;
  }

  set(patch: Partial<PolicyState>): void {
    this.#now = { ...this.#now, ...patch };
  }

  setStation(id: string, patch: Partial<StationState>): void {
    this.set({ stations: { ...this.#now.stations, [id]: { ...this.station(id), ...patch } } });
    delete this.#sights[id];
  }

  setMachine(id: string, patch: Partial<MachineState>): void {
    this.set({ machines: { ...this.#now.machines, [id]: { ...this.machine(id), ...patch } } });
  }

  emit(effect: Effect): void {
    this.effects.push(effect);
  }

  event(event: Omit<EventEffect, "kind">): void {
    this.effects.push({ kind: "event", ...event });
  }
}
