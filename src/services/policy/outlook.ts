/** Publishes what is pending for each machine (`plan`) and what its agent needs to decide alone (`power`). */
import type { CommandEffect, PowerWord } from "../../core/policy/effects.ts";
import { powerOf } from "../../core/policy/presence/power.ts";
import type { PolicyRules } from "../../core/policy/rules.ts";
import type { PolicyState } from "../../core/policy/state.ts";
import { planOf } from "../../core/policy/words/plan.ts";
import type { Instant } from "../../core/reading.ts";
import type { Room } from "../service.ts";

/** `power` is published this often, in ms; docs/topics.md promises it to the agents. */
const powerMs = { calm: 15_000, onBattery: 5_000 };
/** A pending deadline is published again this often, in ms. */
const planMs = 5_000;

export class Outlook {
  readonly #room: Room;
  readonly #rules: PolicyRules;
  readonly #powerAt = new Map<string, Instant>();
  readonly #publishedOnBattery = new Map<string, boolean | null>();
  readonly #plans = new Map<string, { text: string; at: Instant }>();

  constructor(room: Room, rules: PolicyRules) {
    this.#room = room;
    this.#rules = rules;
  }

  /** Whether a machine was on battery, or possibly so, by its last `power`. */
  get isBusy(): boolean {
    return [...this.#publishedOnBattery.values()].some((onBattery) => onBattery !== false);
  }

  /** Publishes what is due: `plan` and `power` of every machine. */
  tick(state: PolicyState, at: Instant): void {
    for (const machine of Object.keys(this.#rules.machines)) {
      this.#plan(state, machine, at);
      this.#power(state, machine, at);
    }
  }

  /** Publishes a command together with the machine's `power` of this instant. */
  command(state: PolicyState, effect: CommandEffect): void {
    const at = this.#room.clock.now();
    const { kind: _, machine, ...command } = effect;
    this.#intent(machine, powerOf(this.#rules, state, machine, at), at, command);
  }

  /**
   * The policy publishes `power`, not the commander: it must stop when the decisions stop, or agents would take a dead
   * policy for a live one.
   */
  #power(state: PolicyState, machine: string, at: Instant) {
    const power = powerOf(this.#rules, state, machine, at);
    const every = power.on_battery === true ? powerMs.onBattery : powerMs.calm;
    const changed = this.#publishedOnBattery.get(machine) !== power.on_battery;
    if (!changed && at - (this.#powerAt.get(machine) ?? Number.NEGATIVE_INFINITY) < every) return;
    this.#intent(machine, power, at, null);
  }

  #intent(
    machine: string,
    power: PowerWord,
    at: Instant,
    command: Omit<CommandEffect, "kind" | "machine"> | null,
  ) {
    this.#powerAt.set(machine, at);
    this.#publishedOnBattery.set(machine, power.on_battery);
    this.#room.publish(this.#room.topics.intent, { machine }, { power, command });
  }

  #plan(state: PolicyState, machine: string, at: Instant) {
    const plan = planOf(this.#rules, state, machine, at);
    const { deadline_sec: deadline, ...lasting } = plan;
    const text = JSON.stringify([
      lasting.state,
      lasting.hold,
      lasting.causes.map(({ kind, station }) => [kind, station]),
    ]);
    const published = this.#plans.get(machine);
    const stale = deadline !== null && at - (published?.at ?? 0) >= planMs;
    if (published?.text === text && !stale) return;
    this.#plans.set(machine, { text, at });
    this.#room.publish(this.#room.topics.plan, { machine }, plan);
  }
}
