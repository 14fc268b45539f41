/** docs/policy.md shows the table of transitions as the code has it (`npm run docs` writes it), and the code keeps to the table. */
import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StimulusName } from "../src/core/policy/machine/case.ts";
import { unheardMachine } from "../src/core/policy/machine/state.ts";
import { type Row, table } from "../src/core/policy/machine/transitions.ts";
import { step } from "../src/core/policy/policy.ts";
import { takeStart } from "../src/core/policy/start.ts";
import { initialState } from "../src/core/policy/state.ts";
import { assess } from "../src/core/policy/station/assessment.ts";
import { unheardStation } from "../src/core/policy/station/state.ts";
import { Transaction } from "../src/core/policy/transaction.ts";
import { lives, rulesOfLives, runLives } from "./properties/policy-lives.ts";
import { full, lost, makeRules } from "./properties/policy-samples.ts";
import type { StepFn } from "./properties/policy-world.ts";
import { World } from "./properties/policy-world.ts";

const path = "docs/policy.md";
const marks = /(<!-- table: [^\n]*-->\n)[\s\S]*(<!-- end of table -->)/;

/** Each input with its heading, in the order of the page. */
const inputs: Readonly<Record<StimulusName, string>> = {
  look: "Time passed, or one of its stations changed",
  ack: "Its agent acknowledged its command",
  rehearsed: "Its agent acknowledged its command in dry run",
  status: "A live status of an agent that is online",
  shutting_down: "Its agent started SHUTDOWN_CMD",
  pong: "Its agent answered a ping",
  connected: "This server reached its broker again",
};

const line = ({ from, when, to, does }: Row, number: number) =>
  `| ${number} | ${from.join(", ")} | ${when} | ${to} | ${does} |`;

/** The rows are numbered from 1 as they come. */
function shown(): string {
  let number = 0;
  const sections = Object.entries(inputs).map(([on, heading]) => {
    const rows = table.filter((row) => row.on === on).map((row) => line(row, ++number));
    return [
      `### ${heading} (\`${on}\`)`,
      "",
      "| row | from | when | to | does |",
      "|---|---|---|---|---|",
      ...rows,
      "",
    ];
  });
  return sections.flat().join("\n");
}

test("docs/policy.md shows the table that the code follows", () => {
  const page = readFileSync(path, "utf8");
  const fresh = page.replace(marks, `$1\n${shown()}\n$2`);
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(path, fresh);
  else expect(page).toBe(fresh);
});

test("docs/policy.md numbers each row once, in the order of the code", () => {
  const numbers = [...shown().matchAll(/^\| (\d+) \|/gm)].map(([, number]) => Number(number));
  expect(numbers).toEqual(table.map((_, index) => index + 1));
  expect([...new Set(table.map(({ on }) => on))]).toEqual(Object.keys(inputs));
});

test("the figure: overdue after 90 s, silent after 180 s, the alarm after 360 s, blind after 600 s", () => {
  const world = new World(makeRules(), step);
  world.station.cadence = 60;
  // (22.26 - 10 - 3) % of 900 Wh at 200 W x 1.25 last 20 min.
  world.say({
    ...full,
    ...lost,
    soc: 22.26,
    capacity_wh: 1000,
    discharge_limit_percent: 10,
    battery_watts: 200,
  });
  world.run(301);
  world.station.feed = false;
  const [station] = world.state.stations;
  const assessed = (sec: number) => assess(makeRules(), station!, station!.sampleAt! + sec * 1000);
  const since = (is: "overdue" | "silent") =>
    Array.from({ length: 400 }, (_, sec) => sec).find((sec) => assessed(sec)[is]);
  expect(Math.round(assessed(0).projection!.whole / 60_000)).toBe(20);
  expect(since("overdue")).toBe(90);
  expect(since("silent")).toBe(181);
  world.run(360 - (world.at - station!.sampleAt!) / 1000);
  expect(world.alarms()).toEqual([]);
  world.run(1);
  expect(world.alarms()).toEqual(["blind-on-battery"]);
  world.run(300);
  const [command] = world.commands();
  expect((command!.at - station!.sampleAt!) / 1000).toBeCloseTo(600, -1);
  expect(command!.reason).toContain("newest sample 601 s old on battery");
});

describe("what a start keeps", () => {
  type Fields = Readonly<Record<string, unknown>>;
  const isFields = (value: unknown): value is Fields =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  /** Another value in each field, also in the nested ones. */
  const changed = (value: unknown): unknown => {
    if (isFields(value))
      return Object.fromEntries(Object.entries(value).map(([key, old]) => [key, changed(old)]));
    if (Array.isArray(value)) return [7];
    return typeof value === "boolean" ? !value : typeof value === "string" ? "changed" : Number(value) + 7;
  };
  /** Paths of the fields that differ. */
  const differing = (some: Fields, others: Fields): string[] =>
    Object.keys(some).flatMap((key) => {
      const [value, other] = [some[key], others[key]];
      if (isFields(value) && isFields(other)) return differing(value, other).map((path) => `${key}.${path}`);
      return JSON.stringify(value) === JSON.stringify(other) ? [] : [key];
    });
  const fresh = { station: unheardStation("Study"), machine: unheardMachine("pc") };
  const before = {
    station: { ...(changed(fresh.station) as typeof fresh.station), id: "Study" },
    machine: {
      ...(changed(fresh.machine) as typeof fresh.machine),
      id: "pc",
      phase: { is: "going_down", since: 7, order: null } as const,
    },
  };
  const startedWith = (sameBoot: boolean) => {
    const rules = makeRules();
    const state = { ...initialState(rules), stations: [before.station], machines: [before.machine] };
    const tx = new Transaction(rules, state, 5_000, 0);
    takeStart(tx, { boot: "boot", sameBoot, awayMs: 1_000 });
    return { station: tx.state.stations[0]!, machine: tx.state.machines[0]! };
  };

  test("of history: what docs/policy.md names, and nothing else", () => {
    const { station, machine } = startedWith(false);
    expect(differing({ ...station }, { ...fresh.station }).sort()).toEqual([
      "chargeAlarm",
      "faults.alarm",
      "gap",
      "gaps",
      "graceAlarm",
      "gridAlarm",
      "load.hourAt",
      "load.hours",
      "load.tenAt",
      "output.alarm",
      "silence",
    ]);
    expect(differing({ ...machine }, { ...fresh.machine }).sort()).toEqual([
      "agentAlarm",
      "lastDeadmanSec",
      "lastOnBattery",
      "onWakeList",
      "phase.is",
      "phase.since",
      "presence.ever",
      "presence.since",
      "seq",
      "stopTimes",
    ]);
    expect(machine.phase.is).toBe("down");
  });

  test("of a server that continues: everything but the count of samples, since when the grid is present, and its rank", () => {
    const { station, machine } = startedWith(true);
    expect(differing({ ...station }, { ...before.station }).sort()).toEqual([
      "presentAt",
      "presentSamples",
      "resumedAt",
      "samples",
    ]);
    // Beside another server the rank is found out again.
    expect(differing({ ...machine }, { ...before.machine })).toEqual(["aside"]);
  });
});

test("a machine changes its phase only from and to what some row says", () => {
  const allowed = new Set(table.flatMap(({ from, to }) => from.map((phase) => `${phase} -> ${to}`)));
  // Several rows may be taken in one step: each of them is allowed, so each pair that they add up to is.
  for (const first of [...allowed])
    for (const second of [...allowed]) {
      const [[from, middle], [again, to]] = [first.split(" -> "), second.split(" -> ")];
      if (middle === again) allowed.add(`${from} -> ${to}`);
    }
  const watched: StepFn = (rules, state, input) => {
    const result = step(rules, state, input);
    if (input.kind === "start") return result;
    for (const [index, { phase }] of result.state.machines.entries()) {
      const before = state.machines[index]!.phase;
      if (before.is !== phase.is) expect(allowed).toContain(`${before.is} -> ${phase.is}`);
    }
    return result;
  };
  fc.assert(
    fc.property(lives, (life) => {
      runLives(life, watched, rulesOfLives(life));
    }),
    { numRuns: process.env["NIGHTLY"] === "1" ? 500 : 5 },
  );
});
