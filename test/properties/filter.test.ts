/** I3: a filter may delay, never veto for ever. The real filters hold it; four planted faults are caught. */
import { describe, expect, it } from "vitest";
import { believeGrid } from "../../src/core/filter/grid.ts";
import { believeSoc, unknownSoc } from "../../src/core/filter/soc.ts";
import {
  checkGrid,
  checkGridFlicker,
  checkSocDelay,
  checkSocLiveness,
  type GridFilter,
  type SocFilter,
} from "./filter-checks.ts";

const checkSoc = (filter: SocFilter) => {
  checkSocLiveness(filter);
  checkSocDelay(filter);
};
const checkAllGrid = (filter: GridFilter) => {
  checkGrid(filter);
  checkGridFlicker(filter);
};

describe("state of charge", () => {
  it("a steady value is believed from any state and after any gap; a step waits as long as S18 says, and no longer", () => {
    checkSoc(believeSoc);
  });

  it("caught: the rule deleted, every value believed at once", () => {
    const deleted: SocFilter = (belief, value, at) => {
      belief.value = value;
      belief.at = at;
    };
    expect(() => checkSoc(deleted)).toThrow();
  });

  it("caught: the rule shifted by one sample", () => {
    const shifted: SocFilter = (belief, value, at, fall) => {
      // The first counts half: a fourth is needed.
      if (belief.doubts === 1) belief.doubts = 0.5;
      believeSoc(belief, value, at, fall);
    };
    expect(() => checkSoc(shifted)).toThrow();
  });

  it("caught: a veto for ever, the confirmation reset by each doubtful value", () => {
    const veto: SocFilter = (belief, value, at, fall) => {
      believeSoc(belief, value, at, fall);
      belief.firstDoubtAt = at;
    };
    expect(() => checkSoc(veto)).toThrow();
  });

  it("a fall is believed before a rise of the same size", () => {
    const timeTo = (from: number, to: number) => {
      const belief = { ...unknownSoc(), value: from };
      for (let at = 1_000; at < 600_000; at += 1_000) {
        believeSoc(belief, to, at, 7);
        if (belief.value === to) return at;
      }
      return Number.POSITIVE_INFINITY;
    };
    for (const step of [5, 20, 60]) expect(timeTo(80, 80 - step)).toBeLessThan(timeTo(20, 20 + step));
  });
});

describe("grid", () => {
  it("present at once, lost after 4 s by the clock, from any state", () => {
    checkAllGrid(believeGrid);
  });

  it("caught: the rule deleted, a loss believed at once", () => {
    const deleted: GridFilter = (belief, evidence, at, _proof, sample) =>
      believeGrid(belief, evidence, at, { holdMs: 0, samples: 0, apartMs: 0 }, sample);
    expect(() => checkAllGrid(deleted)).toThrow();
  });

  it("caught: the rule shifted by one second", () => {
    const shifted: GridFilter = (belief, evidence, at, proof, sample) =>
      believeGrid(belief, evidence, at, { ...proof, holdMs: proof.holdMs + 1_000 }, sample);
    expect(() => checkAllGrid(shifted)).toThrow();
  });

  it("caught: the evidence's time not reset by a contrary word", () => {
    const sticky: GridFilter = (belief, evidence, at, proof, sample) => {
      const { lostSince } = belief;
      believeGrid(belief, evidence, at, proof, sample);
      if (evidence.verdict === "present") belief.lostSince = lostSince;
    };
    expect(() => checkAllGrid(sticky)).toThrow();
  });
});
