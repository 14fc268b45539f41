/** One value decides nothing (E2, E5): a single wrong sample, or a pause of the process, changes no command. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { step } from "../../src/core/policy/policy.ts";
import { harmless, needed, playOutage, returning, wrongValues } from "./evidence-trace.ts";

const numRuns = process.env["NIGHTLY"] === "1" ? 10_000 : 40;

/** A wrong sample somewhere in `count` samples. */
const wrongIn = (count: number) =>
  fc.record({ nth: fc.integer({ min: 0, max: count }), values: wrongValues });

describe("a single wrong sample of any field, at any moment", () => {
  test("shuts nothing down where nothing has to go", () => {
    fc.assert(
      fc.property(harmless, wrongIn(900), (outage, { nth, values }) => {
        const wrong = { nth: nth % Math.ceil(outage.seconds / outage.cadence), values };
        expect(playOutage(outage, step, wrong).commands).toEqual([]);
      }),
      { numRuns },
    );
  });

  test("keeps no machine up that has to go: the command comes two samples later at most, after a wrong load 60 s", () => {
    fc.assert(
      fc.property(needed, wrongIn(2_400), (outage, { nth, values }) => {
        const wrong = { nth: nth % Math.ceil(outage.seconds / outage.cadence), values };
        const [usual] = playOutage(outage, step).commands;
        const [first] = playOutage(outage, step, wrong).commands;
        expect(usual?.action).toBe("shutdown");
        expect(first?.action).toBe("shutdown");
        const later = (first?.second ?? Number.NaN) - (usual?.second ?? Number.NaN);
        // The load is smoothed over 60 s.
        const isLoad = Object.keys(values).some((field) => field.endsWith("_watts"));
        const most = Math.max(2 * outage.cadence + 3, isLoad ? 60 : 0);
        expect(later, JSON.stringify([usual, first])).toBeLessThanOrEqual(most);
      }),
      { numRuns },
    );
  });

  test("aborts nothing, and delays an abort by three samples and its own time at most", () => {
    fc.assert(
      fc.property(returning, wrongIn(500), (outage, { nth, values }) => {
        const wrong = { nth: nth % Math.ceil(outage.seconds / outage.cadence), values };
        const usual = playOutage(outage, step).commands;
        expect(usual.map(({ action }) => action)).toEqual(["shutdown", "abort"]);
        const commands = playOutage(outage, step, wrong).commands;
        expect(commands.map(({ action }) => action)).toEqual(["shutdown", "abort"]);
        const abort = commands[1]?.second ?? Number.NaN;
        expect(abort).toBeGreaterThanOrEqual(outage.end);
        expect(abort).toBeLessThanOrEqual((usual[1]?.second ?? 0) + 10 + 3 * outage.cadence);
      }),
      { numRuns },
    );
  });
});

describe("a pause of the process, up to an hour", () => {
  test("shuts nothing down where nothing has to go", () => {
    const pauses = fc.record({
      at: fc.integer({ min: 0, max: 800 }),
      seconds: fc.integer({ min: 1, max: 3_600 }),
    });
    fc.assert(
      fc.property(harmless, pauses, (outage, pause) => {
        const soc = Math.max(outage.soc, 75);
        const long = { ...outage, soc, capacity: 2_000, load: 120, seconds: 900 + pause.seconds };
        expect(playOutage(long, step, null, pause).commands).toEqual([]);
      }),
      { numRuns },
    );
  });
});
