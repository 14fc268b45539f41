/** What two samples agree on, at any rate of samples. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { agreeMs, confirmedHigh, confirmedLow, type Observation, observe } from "./evidence.ts";

const nothing = {
  soc: null,
  watts: null,
  capacity: null,
  limit: null,
  runtime: null,
  rated: null,
  gains: false,
};

const of = (samples: readonly { at: number; soc: number }[]): Observation[] =>
  samples.reduce<Observation[]>((recent, sample) => observe(recent, { ...nothing, ...sample }), []);

describe("a quantity that shuts down by being low", () => {
  test("is not known before two samples 2 s apart, and then is the newest", () => {
    expect(confirmedLow(of([{ at: 0, soc: 50 }]), "soc")).toBeNull();
    expect(
      confirmedLow(
        of([
          { at: 0, soc: 50 },
          { at: 1_999, soc: 50 },
        ]),
        "soc",
      ),
    ).toBeNull();
    expect(
      confirmedLow(
        of([
          { at: 0, soc: 50 },
          { at: 2_000, soc: 49 },
        ]),
        "soc",
      ),
    ).toBe(49);
  });

  test.each([1, 5, 49, 50, 51, 500, 2_000, 60_000])("is confirmed with a sample each %d ms", (every) => {
    const samples = Array.from({ length: Math.ceil((3 * agreeMs) / every) + 3 }, (_, nth) => ({
      at: nth * every,
      soc: 9,
    }));
    expect(confirmedLow(of(samples), "soc")).toBe(9);
    expect(of(samples).length).toBeLessThan(50);
  });

  test("is never lower than what an earlier sample bears out, whatever the others say", () => {
    const samples = fc.array(
      fc.record({ gap: fc.integer({ min: 50, max: 5_000 }), soc: fc.integer({ min: 0, max: 100 }) }),
      {
        minLength: 2,
        maxLength: 80,
      },
    );
    fc.assert(
      fc.property(samples, (given) => {
        let at = 0;
        const told = given.map(({ gap, soc }) => {
          at += gap;
          return { at, soc };
        });
        const low = confirmedLow(of(told), "soc");
        const high = confirmedHigh(of(told), "soc");
        const newest = told.at(-1)!;
        if (low === null || high === null) return;
        expect(low).toBeGreaterThanOrEqual(newest.soc);
        expect(high).toBeLessThanOrEqual(newest.soc);
        // One wrong sample moves it by the slack of two points at most.
        const before = told.at(-2)!;
        expect(low).toBeGreaterThanOrEqual(Math.min(newest.soc, before.soc - 2));
      }),
    );
  });
});
