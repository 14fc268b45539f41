/** Planted faults: steps that equal the rule deleted, or shifted by one sample, second or unit. Each property must see its own. */
import type { Effect } from "../../src/core/policy/effects.ts";
import type { PolicyInput } from "../../src/core/policy/inputs.ts";
import type { MachineState, Phase } from "../../src/core/policy/machine/state.ts";
import { step } from "../../src/core/policy/policy.ts";
import type { MachineRules, PolicyRules } from "../../src/core/policy/rules.ts";
import type { PolicyState } from "../../src/core/policy/state.ts";
import type { StationState } from "../../src/core/policy/station/state.ts";
import type { StationReading } from "../../src/core/reading.ts";
import type { StepFn } from "./policy-world.ts";

const withInput =
  (change: (input: PolicyInput, state: PolicyState) => PolicyInput): StepFn =>
  (rules, state, input) =>
    step(rules, state, change(input, state));

const withReading = (
  change: (reading: StationReading, state: PolicyState) => Partial<StationReading>,
): StepFn =>
  withInput((input, state) =>
    input.kind === "reading"
      ? { ...input, reading: { ...input.reading, ...change(input.reading, state) } }
      : input,
  );

const withRules =
  (patch: Partial<PolicyRules>): StepFn =>
  (rules, state, input) =>
    step({ ...rules, ...patch }, state, input);

const withMachines =
  (change: (machine: MachineState, input: PolicyInput) => Partial<MachineState>): StepFn =>
  (rules, state, input) => {
    const { state: next, effects } = step(rules, state, input);
    const machines = next.machines.map((machine) => ({ ...machine, ...change(machine, input) }));
    return { state: { ...next, machines }, effects };
  };

const withEffects =
  (change: (effect: Effect) => Effect): StepFn =>
  (rules, state, input) => {
    const result = step(rules, state, input);
    return { ...result, effects: result.effects.map(change) };
  };

/** Stations as `change` would have them, before the step looks at them. */
const withStations =
  (change: (station: StationState, input: PolicyInput) => Partial<StationState>): StepFn =>
  (rules, state, input) => {
    const stations = state.stations.map((station) => ({ ...station, ...change(station, input) }));
    return step(rules, { ...state, stations }, input);
  };

const dueAt = (phase: Phase, at: number): Phase => (phase.is === "pending" ? { ...phase, dueAt: at } : phase);

const late = (input: PolicyInput): PolicyInput => ({ ...input, at: input.at - 1_000 });

/** By the invariant that they break, and by name. */
export const faults: Record<string, Record<string, StepFn>> = {
  I1: {
    "deleted: a SoC that was never reported is 0": withReading(({ soc }) => ({ soc: soc ?? 0 })),
    "shifted: only the missing SoC of the first samples is 0": withReading(({ soc, samples }) => ({
      soc: samples <= 3 ? (soc ?? 0) : soc,
    })),
    "deleted: a grid that was never told is lost": withReading(({ grid, carried_by }) =>
      carried_by === null && grid === "unknown" ? { grid: "lost" } : {},
    ),
  },
  I4: {
    "deleted: silence is not counted": withStations((station, input) =>
      input.kind === "tick" && station.sampleAt !== null && input.at - station.sampleAt > 5_000
        ? { sampleAt: input.at - 2_000, socAt: input.at - 2_000 }
        : {},
    ),
    "shifted by one second: what silence brings comes late": withInput((input, state) =>
      input.kind === "tick" && input.at - (state.stations[0]?.sampleAt ?? input.at) > 5_000
        ? late(input)
        : input,
    ),
    "deleted: silence on mains counts as an outage": withStations((station, input) =>
      station.sampleAt !== null && input.at - station.sampleAt > 60_000 ? { carried: "battery" } : {},
    ),
  },
  I7: {
    "deleted: a tick does nothing": (rules, state, input) =>
      input.kind === "tick" ? { state, effects: [] } : step(rules, state, input),
    "shifted by one second: a tick comes late": withInput((input) =>
      input.kind === "tick" ? late(input) : input,
    ),
  },
  I9: {
    "deleted: what is armed does not stay so": withMachines(() => ({ armed: [] })),
    "shifted by one unit: below the threshold, not at it": withReading(({ soc }) => ({
      soc: soc === null ? null : soc + 1,
    })),
    "shifted by one sample: a sample above the threshold begins the debounce anew": (rules, state, input) => {
      const above = input.kind === "reading" && (input.reading.soc ?? 0) > 10;
      return withMachines(({ phase }) =>
        above ? { phase: dueAt(phase, input.at + rules.debounceSec * 1000) } : {},
      )(rules, state, input);
    },
  },
  I10: {
    "deleted: a grid that is seen is a grid that stays": withRules({ abortAfterSec: 0 }),
    "shifted by one second": withRules({ abortAfterSec: 9 }),
    "shifted by one sample: one is enough": withReading(() => ({ local: true })),
  },
  I13: {
    "deleted: a start forgets the seq": withMachines((_, input) =>
      input.kind === "start" ? { seq: 0 } : {},
    ),
    "shifted by one: a repeat is a new order": withEffects((effect) =>
      effect.kind === "command" && effect.attempt > 1
        ? { ...effect, id: `${effect.id}.${effect.attempt}`, seq: effect.seq + 1 }
        : effect,
    ),
    "deleted: a commanded machine is ordered anew each minute": withMachines(({ phase }, input) => {
      if (phase.is !== "commanded" || phase.order.target !== "down") return {};
      const { ack, firstAt } = phase.order.command;
      return ack !== null && input.at - firstAt === 20_000
        ? { phase: { ...phase, is: "pending", dueAt: input.at, clearAt: null } }
        : {};
    }),
  },
  I23: {
    "deleted: a restart forgets what it was about": withInput((input) =>
      input.kind === "start" ? { ...input, sameBoot: false } : input,
    ),
    "shifted by the downtime: a deadline waits for the process": (rules, state, input) =>
      withMachines(({ phase }) =>
        input.kind === "start" && phase.is === "pending"
          ? { phase: { ...phase, dueAt: phase.dueAt + input.awayMs } }
          : {},
      )(rules, state, input),
  },
};

/** A machine's rules as `change` would have them. */
const withMachineRules =
  (change: (rules: MachineRules) => Partial<MachineRules>): StepFn =>
  (rules, state, input) => {
    const machines = Object.entries(rules.machines).map(([id, machine]) => [
      id,
      { ...machine, ...change(machine) },
    ]);
    return step(
      { ...rules, machines: Object.fromEntries(machines) as PolicyRules["machines"] },
      state,
      input,
    );
  };

/** Faults that only a trace of everything at once shows, by the question that sees them. */
export const anywayFaults: Record<string, Record<string, StepFn>> = {
  falseShutdown: {
    "deleted: after a reboot what is stored is believed (S1)": withInput((input) =>
      input.kind === "start" ? { ...input, sameBoot: true, awayMs: 0 } : input,
    ),
    "shifted by one sample: the grid that is back is believed at the second sample": (
      rules,
      state,
      input,
    ) => {
      const before = state.stations[0]?.verdict;
      const first = input.kind === "reading" && input.reading.grid === "present" && before === "lost";
      const doubted = first && (state.stations[0]?.samples ?? 0) % 2 === 0;
      return doubted ? { state, effects: [] } : step(rules, state, input);
    },
  },
  missedShutdown: {
    "deleted: no machine needs time to stop": withMachineRules(() => ({ stopSec: 0, delaySec: 0 })),
    "shifted by ten points: the station is believed to go down to 0 %": withReading(
      ({ discharge_limit_percent: limit }) => ({ discharge_limit_percent: limit === null ? null : 0 }),
    ),
  },
};
