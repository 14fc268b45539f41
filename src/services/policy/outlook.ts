/** Publishes what is pending for each machine (`plan`) and what its agent needs to decide alone (`power`). */
import type { CommandEffect, PowerState } from "../../core/policy/effects.ts";
import type { MachineState } from "../../core/policy/machine/state.ts";
import { powerOf } from "../../core/policy/presence/power.ts";
import type { PolicyRules } from "../../core/policy/rules.ts";
import { type Site, siteOf } from "../../core/policy/site.ts";
import type { PolicyState } from "../../core/policy/state.ts";
import { restsUntil } from "../../core/policy/station/rest.ts";
import type { StationState } from "../../core/policy/station/state.ts";
import { planOf } from "../../core/policy/words/plan.ts";
import type { Instant } from "../../core/reading.ts";
import type { Room } from "../service.ts";

/** `power` is published this often, in ms; docs/topics.md promises it to the agents. */
const powerMs = { calm: 15_000, onBattery: 5_000 };
/** A pending deadline is published again this often, in ms. */
const planMs = 5_000;

/** What was last published about a machine. */
interface Machine {
  readonly id: string;
  /** Its position and those of its stations in the state's lists. */
  readonly index: number;
  readonly stations: readonly number[];
  plan: { text: string; at: Instant; hasDeadline: boolean } | null;
  power: { onBattery: boolean | null; at: Instant } | null;
  /** The state of the machine and of its stations at the newest look; null before the first. */
  seen: { machine: MachineState | undefined; stations: readonly (StationState | undefined)[] } | null;
  /** After this instant time alone may have changed what is to be published. */
  restsUntil: Instant;
}

/** The functions that compute the messages. A test counts their calls. */
export const views = { planOf, powerOf };

export class Outlook {
  readonly #room: Pick<Room, "clock" | "topics" | "publish">;
  readonly #rules: PolicyRules;
  readonly #views: typeof views;
  readonly #machines: ReadonlyMap<string, Machine>;
  /** Machines that were on battery, or possibly so, by their last `power`. */
  readonly #onBattery = new Set<string>();

  constructor(room: Pick<Room, "clock" | "topics" | "publish">, rules: PolicyRules, compute = views) {
    this.#room = room;
    this.#rules = rules;
    this.#views = compute;
    const site = siteOf(rules);
    this.#machines = new Map(
      Object.entries(rules.machines).map(([id, { stations }]) => [id, unpublished(site, id, stations)]),
    );
  }

  /** Whether a machine was on battery, or possibly so, by its last `power`. */
  get isBusy(): boolean {
    return this.#onBattery.size > 0;
  }

  /**
   * Publishes what has changed or is due. A machine costs a comparison of identities while nothing about it changed,
   * because a site may have thousands of machines and ticks once a second.
   */
  tick(state: PolicyState, at: Instant): void {
    for (const machine of this.#machines.values()) {
      if (state.machines[machine.index]?.aside === true) {
        this.#forget(machine);
        continue;
      }
      const changed = at > machine.restsUntil || !isAsSeen(machine, state);
      if (changed) this.#look(state, machine, at);
      if (changed || isPlanDue(machine, at)) this.#plan(state, machine, at);
      if (changed || isPowerDue(machine, at)) this.#power(state, machine, at);
    }
  }

  /** Another server commands the machine: its plan and `power` are that one's. When this one leads again, all is published. */
  #forget(machine: Machine) {
    if (machine.seen === null) return;
    Object.assign(machine, { plan: null, power: null, seen: null, restsUntil: Number.NEGATIVE_INFINITY });
    this.#onBattery.delete(machine.id);
  }

  /** Publishes a command together with the machine's `power` of this instant. */
  command(state: PolicyState, effect: CommandEffect): void {
    const at = this.#room.clock.now();
    const { kind: _, machine: id, ...command } = effect;
    const power = this.#views.powerOf(this.#rules, state, id, at);
    this.#intent(id, power, at, command);
  }

  #look(state: PolicyState, machine: Machine, at: Instant) {
    const stations = machine.stations.map((index) => state.stations[index]);
    machine.seen = { machine: state.machines[machine.index], stations };
    machine.restsUntil = Number.POSITIVE_INFINITY;
    for (const station of stations)
      if (station) machine.restsUntil = Math.min(machine.restsUntil, restsUntil(this.#rules, station, at));
  }

  /**
   * The policy publishes `power`, not the commander: it must stop when the decisions stop, or agents would take a dead
   * policy for a live one.
   */
  #power(state: PolicyState, machine: Machine, at: Instant) {
    const power = this.#views.powerOf(this.#rules, state, machine.id, at);
    const changed = machine.power?.onBattery !== power.on_battery;
    if (changed || isPowerDue(machine, at)) this.#intent(machine.id, power, at, null);
  }

  #intent(
    id: string,
    power: PowerState,
    at: Instant,
    command: Omit<CommandEffect, "kind" | "machine"> | null,
  ) {
    const machine = this.#machines.get(id);
    if (machine) machine.power = { onBattery: power.on_battery, at };
    if (power.on_battery === false) this.#onBattery.delete(id);
    else this.#onBattery.add(id);
    this.#room.publish(this.#room.topics.intent, { machine: id }, { power, command });
  }

  #plan(state: PolicyState, machine: Machine, at: Instant) {
    const plan = this.#views.planOf(this.#rules, state, machine.id, at);
    // The sentences and numbers move each second. What is compared changes when something happens.
    const causes = plan.causes.map(({ kind, station }) => [kind, station]);
    const text = JSON.stringify([plan.state, plan.hold, causes]);
    const hasDeadline = plan.deadline_sec !== null;
    if (machine.plan?.text === text) {
      machine.plan.hasDeadline = hasDeadline;
      if (!isPlanDue(machine, at)) return;
    }
    machine.plan = { text, at, hasDeadline };
    this.#room.publish(this.#room.topics.plan, { machine: machine.id }, plan);
  }
}

function unpublished({ machineAt, stationAt }: Site, id: string, stations: readonly string[]): Machine {
  return {
    id,
    index: machineAt.get(id) ?? -1,
    stations: stations.map((station) => stationAt.get(station) ?? -1),
    plan: null,
    power: null,
    seen: null,
    restsUntil: Number.NEGATIVE_INFINITY,
  };
}

/** The policy replaces what it changes, so an unchanged part is the same object. */
function isAsSeen({ index, stations, seen }: Machine, state: PolicyState): boolean {
  if (seen === null || seen.machine !== state.machines[index]) return false;
  return stations.every((station, at) => seen.stations[at] === state.stations[station]);
}

function isPowerDue({ power }: Machine, at: Instant): boolean {
  if (power === null) return true;
  return at - power.at >= (power.onBattery === true ? powerMs.onBattery : powerMs.calm);
}

/** The deadline counts down in what people see. */
function isPlanDue({ plan }: Machine, at: Instant): boolean {
  return plan === null || (plan.hasDeadline && at - plan.at >= planMs);
}
