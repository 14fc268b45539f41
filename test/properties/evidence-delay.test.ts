/**
 * What each rule of evidence delays a true shutdown by, measured: the same true outages through the policy as it is, and through
 * a copy without the rule. The worst delays of rules that hold without a pause stay together inside the margin of 60 s that a machine's own time has (S8).
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { step } from "../../src/core/policy/policy.ts";
import { type Fault, withFaults } from "../planted.ts";
import { needed, type Outage, type Pause, playOutage } from "./evidence-trace.ts";
import type { StepFn } from "./policy-world.ts";

const runs = process.env["NIGHTLY"] === "1" ? 100 : 8;
const pauseSec = 60;
const at = (name: string) => `core/policy/${name}.ts`;

interface Rule {
  name: string;
  without: Fault | readonly Fault[];
  /** Whether the process pauses within the outage. */
  pauses?: boolean;
}

const rules: readonly Rule[] = [
  {
    name: "E2 two samples that agree",
    without: {
      file: at("station/evidence"),
      find: "export const agreeMs = 2_000;",
      replace: "export const agreeMs = 0;",
    },
  },
  {
    name: "E2 a refuted trigger is dropped",
    without: {
      file: at("machine/triggers"),
      find: "return soc > armed.soc + ",
      replace: "return soc > 1_000 + armed.soc + ",
    },
  },
  {
    name: "E2 more than twice the rating is no load",
    without: {
      file: at("station/sample"),
      find: "const mostOfRating = 2;",
      replace: "const mostOfRating = 2_000;",
    },
  },
  {
    name: "E5 a pause of 60 s is no silence",
    pauses: true,
    without: {
      file: at("presence/status"),
      find: "excuse(tx, ms, () => true);",
      replace: "void ms;",
    },
  },
];

/** Seconds from the beginning to the shutdown. */
function shutdownAt(outage: Outage, policy: StepFn, pause: Pause | null): number {
  const [first] = playOutage(outage, policy, null, pause).commands;
  expect(first?.action).toBe("shutdown");
  return first?.second ?? Number.NaN;
}

test("the worst added delays together stay inside the margin", async () => {
  const outages = fc.sample(needed, { numRuns: runs, seed: 10 });
  const worst: { rule: string; pauses: boolean; seconds: number }[] = [];
  for (const { name, without, pauses = false } of rules) {
    await withFaults(without, async (load) => {
      const copy = await load<typeof import("../../src/core/policy/policy.ts")>(at("policy"));
      const added = outages.map((outage, nth) => {
        const pause = pauses ? { at: 150 + 7 * (nth % 20), seconds: pauseSec } : null;
        return shutdownAt(outage, step, pause) - shutdownAt(outage, copy.step, pause);
      });
      worst.push({ rule: name, pauses, seconds: Math.max(0, ...added) });
    });
  }
  if (process.env["NIGHTLY"] === "1") console.table(worst);
  const report = JSON.stringify(worst);
  const sum = worst.reduce((total, { pauses, seconds }) => total + (pauses ? 0 : seconds), 0);
  expect(sum, report).toBeLessThanOrEqual(60);
  // After a pause the station gets its own time, and the drain in the pause counts as soon as it is heard.
  for (const { pauses, seconds } of worst)
    expect(pauses ? seconds : 0, report).toBeLessThanOrEqual(2 * pauseSec);
}, 900_000);
