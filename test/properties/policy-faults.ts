/** Planted faults: patches to the decision's code, each the rule deleted, or shifted by one sample, second or unit. */
import { type Fault, withFaults } from "../planted.ts";
import type { StepFn } from "./policy-world.ts";

/** By name: one patch, or several that are one fault together. */
export type Faults = Readonly<Record<string, Fault | readonly Fault[]>>;

/** Runs `work` with the step of a copy of the sources in which the fault is planted. */
export const withFaultyStep = (fault: Fault | readonly Fault[], work: (faulty: StepFn) => void) =>
  withFaults(fault, async (load) => {
    const { step } = await load<typeof import("../../src/core/policy/policy.ts")>("core/policy/policy.ts");
    work(step);
  });

const patch = (name: string, find: string, replace: string): Fault => ({
  file: `core/policy/${name}.ts`,
  find,
  replace,
});

/** By the invariant that they break, and by name. */
export const faults: Readonly<Record<string, Faults>> = {
  I1: {
    "deleted: a charge that was never reported is 0": patch(
      "station/sample",
      "?? before.soc,",
      "?? before.soc ?? 0,",
    ),
    "shifted by one sample: only the first sample's missing charge is 0": patch(
      "station/sample",
      "?? before.soc,",
      "?? before.soc ?? (before.sampleAt === null ? 0 : null),",
    ),
    "deleted: a grid that was never reported is lost": patch(
      "station/assessment",
      `station.verdict === "unknown" && station.last === "lost"`,
      `station.verdict === "unknown" && station.last !== "present"`,
    ),
  },
  I4: {
    "deleted: a station is never silent, and no sample overdue": [
      patch("station/assessment", "age > silentAfterMs(rules, station);", "age < 0;"),
      patch("station/assessment", "age >= overdueAfterMs(rules, station);", "age < 0;"),
    ],
    "shifted by one second: what is due while a sample is overdue comes late": patch(
      "machine/guards",
      "c.tx.at >= deadlineOf(c)",
      "c.tx.at >= deadlineOf(c) + (c.rules.stations.some((id) => c.tx.assess(id).overdue) ? 1_000 : 0)",
    ),
    "deleted: silence on mains counts as an outage": patch(
      "station/assessment",
      `return station.carried === "battery" || station.carried === "solar";`,
      "return true;",
    ),
  },
  I7: {
    "deleted: a tick does nothing": patch(
      "policy",
      "return restless(tx);",
      "return { stations: [], machines: [] };",
    ),
    "shifted by one second: a deadline is over a tick late": patch(
      "machine/guards",
      "c.tx.at >= deadlineOf(c)",
      "c.tx.at > deadlineOf(c)",
    ),
  },
  I9: {
    "deleted: what is armed does not stay so": patch(
      "machine/triggers",
      "let arms = machine.armed;",
      "let arms: ArmedTrigger[] = [];",
    ),
    "shifted by one unit: below the threshold, not at it": patch(
      "machine/triggers",
      "met: !gains && soc <= rules.socPercent",
      "met: !gains && soc < rules.socPercent",
    ),
    "shifted by one sample: a charge above the threshold begins the debounce again": patch(
      "machine/moves",
      "const dueAt = deadlineOf(c);",
      `const above = c.rules.stations.some((id) => (c.tx.station(id).soc ?? 0) > c.rules.socPercent);
  const dueAt = above ? c.tx.at + c.tx.rules.debounceSec * 1000 : deadlineOf(c);`,
    ),
  },
  I10: {
    "deleted: a grid that is seen is a grid that stays": patch(
      "machine/wish",
      "tx.at, tx.rules.abortAfterSec)",
      "tx.at, 0)",
    ),
    "shifted by one second": patch(
      "machine/wish",
      "tx.at, tx.rules.abortAfterSec)",
      "tx.at, tx.rules.abortAfterSec - 1)",
    ),
    "shifted by one sample: one is enough": patch(
      "station/assessment",
      "station.presentSamples >= 2",
      "station.presentSamples >= 1",
    ),
  },
  I13: {
    "deleted: a start forgets the seq": patch(
      "start",
      "const machine = isContinued ? resumeMachine : forgetMachine;",
      "const machine = (...given) => ({ ...(isContinued ? resumeMachine : forgetMachine)(...given), seq: 0 });",
    ),
    "shifted by one: a repeat has an id of its own": patch(
      "command/command",
      "    id: command.id,\n",
      `    id: tries > 1 ? \`\${command.id}.\${tries}\` : command.id,\n`,
    ),
    "deleted: a machine that acknowledged gets a new command after 20 s": [
      patch("machine/moves", "1000 * (rules.delaySec + 1.5 * rules.stopSec)", "20_000"),
      patch(
        "machine/moves",
        "command = sendSoon(tx, command);",
        "command = { ...sendSoon(tx, command), renew: true };",
      ),
    ],
  },
  I23: {
    "deleted: a restart forgets what it was about": patch(
      "start",
      "sameBoot && awayMs <= longestAwayMs",
      "sameBoot && awayMs < 0",
    ),
    "shifted by the downtime: a deadline waits for the process": patch(
      "start",
      "const machine = isContinued ? resumeMachine : forgetMachine;",
      `const later = (phase) => (phase.is === "pending" ? { ...phase, dueAt: phase.dueAt + awayMs } : phase);
  const machine = isContinued
    ? (each, ...times) => resumeMachine({ ...each, phase: later(each.phase) }, ...times)
    : forgetMachine;`,
    ),
  },
};

/** Faults that break I12: what several stations add up to. */
export const supplyFaults: Faults = {
  "deleted: one supply is always enough": [
    patch("machine/supplies", "stations.length - without - minSupplies + 1", "stations.length - without"),
    patch(
      "machine/wish",
      "able.length + recent.length >= rules.minSupplies",
      "able.length + recent.length >= 1",
    ),
  ],
  "shifted by one supply: one more is needed": patch(
    "machine/supplies",
    "stations.length - without - minSupplies + 1",
    "stations.length - without - minSupplies",
  ),
};

/** Faults that only a trace of everything at once shows, by the question that sees them. */
export const anywayFaults: Readonly<Record<"falseShutdown" | "missedShutdown", Faults>> = {
  falseShutdown: {
    "deleted: after a reboot what is stored is believed (S1)": patch(
      "start",
      "sameBoot && awayMs <= longestAwayMs",
      "awayMs >= 0",
    ),
    "shifted by one sample: the grid that is back is believed at the second sample": patch(
      "station/sample",
      "    verdict: reading.grid,\n",
      `    verdict: reading.grid === "present" && before.last === "lost" ? "lost" : reading.grid,\n`,
    ),
  },
  missedShutdown: {
    "deleted: no machine needs time to stop": patch(
      "station/projection",
      "return machine.delaySec + machine.stopSec;",
      "return 0 * machine.stopSec;",
    ),
    "shifted by ten points: the station is believed to go down to 0 %": [
      patch(
        "station/projection",
        "const limit = rules.dischargeLimitPercent ?? station.limit ?? assumedLimit;",
        "const limit = 0;",
      ),
      patch(
        "station/projection",
        "const limit = stationRules.dischargeLimitPercent ?? station.limit;",
        "const limit = station.limit === null ? null : 0;",
      ),
    ],
  },
};
