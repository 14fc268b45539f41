/** The decision without a house: inputs and effects of `step` only, on a clock that the story moves. */
import type { EventCode } from "../../src/contract/event-types.ts";
import type { Effect } from "../../src/core/policy/effects.ts";
import type { PolicyInput } from "../../src/core/policy/inputs.ts";
import type { PolicyRules } from "../../src/core/policy/rules.ts";
import type { StationReading } from "../../src/core/reading.ts";
import { ManualClock } from "../../src/sim/clock.ts";
import type { Load } from "../planted.ts";
import { full, lost, makeRules, nothing, onMains } from "../properties/policy-samples.ts";

type Input = PolicyInput extends infer I ? (I extends PolicyInput ? Omit<I, "at" | "wall"> : never) : never;

interface Policy {
  step: typeof import("../../src/core/policy/policy.ts").step;
  initialState: typeof import("../../src/core/policy/state.ts").initialState;
  powerOf: typeof import("../../src/core/policy/presence/power.ts").powerOf;
}

const beginMs = 1_000_000;

/** The policy of one site. */
export class Steps {
  readonly clock = new ManualClock({ now: beginMs, wall: 1_750_000_000_000 });
  readonly effects: (Effect & { second: number })[] = [];
  readonly #policy: Policy;
  readonly #rules: PolicyRules;
  #state;
  #samples = 0;

  private constructor(policy: Policy, rules: PolicyRules) {
    this.#policy = policy;
    this.#rules = rules;
    this.#state = policy.initialState(rules);
    this.take({ kind: "start", boot: "b", sameBoot: false, awayMs: 0 });
    const status = { online: true, boot: "pc-1", state: "idle" } as const;
    for (const machine of Object.keys(rules.machines)) {
      this.take({ kind: "presence", machine, status, live: true });
    }
  }

  static async begin(load: Load, rules: Partial<PolicyRules> = {}): Promise<Steps> {
    const { step } = await load<typeof import("../../src/core/policy/policy.ts")>("core/policy/policy.ts");
    const { initialState } =
      await load<typeof import("../../src/core/policy/state.ts")>("core/policy/state.ts");
    const { powerOf } = await load<typeof import("../../src/core/policy/presence/power.ts")>(
      "core/policy/presence/power.ts",
    );
    return new Steps({ step, initialState, powerOf }, makeRules(rules));
  }

  /** Seconds since its start. */
  get at(): number {
    return (this.clock.now() - beginMs) / 1_000;
  }

  take(input: Input): Effect[] {
    const timed = { ...input, at: this.clock.now(), wall: this.clock.wall() } as PolicyInput;
    const { state, effects } = this.#policy.step(this.#rules, this.#state, timed);
    this.#state = state;
    for (const effect of effects) this.effects.push({ ...effect, second: this.at });
    return effects;
  }

  /** A fresh sample of the station. */
  says(reading: Partial<StationReading>, station = "Study"): void {
    this.#samples += 1;
    const told = { ...nothing, ...full, ...reading, samples: this.#samples, sample_age_ms: 0 };
    this.take({ kind: "reading", station, reading: { ...told, device: station } });
  }

  onMains(reading: Partial<StationReading> = {}): void {
    this.says({ ...onMains, soc: 80, ...reading });
  }

  onBattery(reading: Partial<StationReading> = {}): void {
    this.says({ ...lost, soc: 80, ...reading });
  }

  /** Lets time pass, a tick each second. */
  pass(seconds: number): void {
    for (let second = 0; second < seconds; second++) {
      this.clock.move(1_000);
      this.take({ kind: "tick" });
    }
  }

  /** Moves the clock without a tick. */
  skip(seconds: number): void {
    this.clock.move(seconds * 1_000);
  }

  get commands() {
    return this.effects.flatMap((effect) => (effect.kind === "command" ? [effect] : []));
  }

  /** The events of a code, each with its second. */
  events(code: EventCode) {
    return this.effects.flatMap((effect) =>
      effect.kind === "event" && effect.code === code ? [effect] : [],
    );
  }

  /** What the policy remembers of a machine. */
  machine(id = "pc") {
    return this.#state.machines.find((machine) => machine.id === id);
  }

  power(machine = "pc") {
    return this.#policy.powerOf(this.#rules, this.#state, machine, this.clock.now());
  }
}
