/** A fall of the charge is believed before a rise of the same size. `test/promises/filter.ts` has the filters' properties. */
import { describe, expect, it } from "vitest";
import { believeSoc, unknownSoc } from "../../src/core/filter/soc.ts";

describe("state of charge", () => {
  it("a fall is believed before a rise of the same size", () => {
    const timeTo = (from: number, to: number) => {
      const belief = { ...unknownSoc(), value: from, isConfirmed: true };
      for (let at = 1_000; at < 600_000; at += 1_000) {
        believeSoc(belief, to, at, 7);
        if (belief.value === to) return at;
      }
      return Number.POSITIVE_INFINITY;
    };
    for (const step of [5, 20, 60]) expect(timeTo(80, 80 - step)).toBeLessThan(timeTo(20, 20 + step));
  });
});
