/** Promises of the filters: when a charge and a loss of the mains are believed, and when a charge counts as frozen. */
import { expect } from "vitest";
import type { GridEvidence } from "../../src/core/filter/grid.ts";
import type { Load } from "../planted.ts";
import {
  checkGrid,
  checkGridFlicker,
  checkSocDelay,
  checkSocLiveness,
  checkSocMajority,
  checkSocMinority,
} from "../properties/filter-checks.ts";
import type { Promised } from "./promise.ts";

const soc = "core/filter/soc.ts";
const grid = "core/filter/grid.ts";
const stale = "core/filter/stale.ts";

const socIn = (load: Load) => load<typeof import("../../src/core/filter/soc.ts")>(soc);
const gridOf = (load: Load) => load<typeof import("../../src/core/filter/grid.ts")>(grid);
const staleOf = (load: Load) => load<typeof import("../../src/core/filter/stale.ts")>(stale);

const neverVetoed: Promised = {
  name: "a steady charge is believed from any state; a step that physics does not explain waits for its proof, and no longer",
  async holds(load) {
    const { believeSoc } = await socIn(load);
    checked(() => checkSocLiveness(believeSoc));
    checked(() => checkSocDelay(believeSoc));
  },
  faults: {
    "every value is believed at once": {
      file: soc,
      find: "if (belief.value !== null && explains(",
      replace: "if (belief.value === null || steepestFall >= 0 || explains(",
    },
    "four samples are needed": { file: soc, find: "samplesNeeded = 3", replace: "samplesNeeded = 4" },
    "two samples are enough": { file: soc, find: "samplesNeeded = 3", replace: "samplesNeeded = 2" },
    "the confirmation begins again with each doubtful value": {
      file: soc,
      find: "  own.at = at;",
      replace: "  own.at = at;\n  own.firstAt = at;",
    },
  },
};

const mostWin: Promised = {
  name: "a charge that most samples contradict is replaced, however often one sample renews it; one that few contradict stays",
  async holds(load) {
    const { believeSoc, socOf, unknownSoc } = await socIn(load);
    checked(() => checkSocMajority(believeSoc));
    checked(() => checkSocMinority(believeSoc));
    // Twelve seconds of 0 %, then 80, 80, 80, 0 without end: from the third 80 on nothing shuts down at 0 %.
    const belief = unknownSoc();
    const shown: (number | null)[] = [];
    for (let second = 0; second < 72; second++) {
      believeSoc(belief, second < 12 || (second - 12) % 4 === 3 ? 0 : 80, second * 1_000, 7);
      shown.push(socOf(belief));
    }
    expect(shown.slice(0, 14)).toEqual(Array(14).fill(0));
    expect(shown.slice(14)).toEqual(Array(58).fill(80));
    expect(belief.value).toBe(80);
  },
  faults: {
    "a sample that agrees with the belief throws every contradiction away": {
      file: soc,
      find: "    belief.isConfirmed ||= at - belief.since >= agreeMs;",
      replace: "    belief.isConfirmed ||= at - belief.since >= agreeMs;\n    belief.challengers = [];",
    },
    "a contradiction needs no majority": {
      file: soc,
      find: "2 * count > samples - before",
      replace: "count > 0 || samples < before",
    },
    "half of the samples are a majority": {
      file: soc,
      find: "2 * count > samples - before",
      replace: "2 * count >= samples - before",
    },
    "a contradiction that does not agree with another one ends it": {
      file: soc,
      find: "    challengers.push(own);",
      replace: "    challengers.splice(0, challengers.length, own);",
    },
    "the belief stands until it is replaced": {
      file: soc,
      find: "const higher = challengers.filter(({ at, firstAt }) => at - firstAt >= agreeMs);",
      replace: "const higher = challengers.filter(({ at, firstAt }) => at - firstAt >= 60 * agreeMs);",
    },
  },
};

const noBonus: Promised = {
  name: "the first charge has no bonus: until a second sample agrees with it a higher one replaces it",
  async holds(load) {
    const { believeSoc, socOf, unknownSoc } = await socIn(load);
    for (const first of [0, 20, 55]) {
      const belief = unknownSoc();
      // One frame that arrives twice does not confirm itself.
      believeSoc(belief, first, 0, 7);
      believeSoc(belief, first, 500, 7);
      believeSoc(belief, 80, 5_000, 7);
      expect(socOf(belief)).toBe(80);
      believeSoc(belief, 80, 10_000, 7);
      for (const wrong of [first, 99]) {
        believeSoc(belief, wrong, 12_000, 7);
        expect(socOf(belief)).toBe(80);
      }
    }
  },
  faults: {
    "the first value counts as confirmed": {
      file: soc,
      find: "&& !belief.isConfirmed",
      replace: "&& belief.since < 0",
    },
    "one frame that is sent twice confirms itself": {
      file: soc,
      find: "agreeMs = 2_000",
      replace: "agreeMs = 0",
    },
    "nothing is ever confirmed": {
      file: soc,
      find: "belief.isConfirmed ||= at - belief.since >= agreeMs;",
      replace: "",
    },
  },
};

const doubtsAgree: Promised = {
  name: "three doubtful charges are believed only if they agree with each other",
  async holds(load) {
    const { believeSoc, unknownSoc } = await socIn(load);
    const belief = unknownSoc();
    for (const seconds of [-10, 0]) believeSoc(belief, 80, seconds * 1_000, 7);
    for (const [index, value] of [0, 45, 0, 45, 12, 45, 0].entries()) {
      believeSoc(belief, value, 6_000 * (index + 1), 7);
      expect(belief.value).toBe(80);
    }
    for (const seconds of [48, 59]) believeSoc(belief, 25, seconds * 1_000, 7);
    expect(belief.value).toBe(80);
    believeSoc(belief, 25, 60_000, 7);
    expect(belief.value).toBe(25);
  },
  faults: {
    "doubtful values need not agree": {
      file: soc,
      find: "let own = challengers.find((known) => explains(known.value, value, at - known.at, steepestFall));",
      replace: "let own = challengers[0];",
    },
  },
};

const lossStands: Promised = {
  name: "the mains is present at once, and lost when its evidence has stood for 4 s, from any state",
  async holds(load) {
    const { believeGrid } = await gridOf(load);
    checked(() => checkGrid(believeGrid));
    checked(() => checkGridFlicker(believeGrid));
  },
  faults: {
    "a loss is believed at once": {
      file: grid,
      find: "at - belief.lostSince >= proof.holdMs",
      replace: "at - belief.lostSince >= 0",
    },
    "a loss is believed a second late": {
      file: grid,
      find: "at - belief.lostSince >= proof.holdMs",
      replace: "at - belief.lostSince >= proof.holdMs + 1_000",
    },
    "a contrary word does not reset the evidence": {
      file: grid,
      find: "  belief.lostSince = null;\n  if",
      replace: "  if",
    },
  },
};

const evidenceOf = (verdict: GridEvidence["verdict"]): GridEvidence => ({
  verdict,
  basis: "discharge",
  carriedBy: null,
});

const unbrokenProof: Promised = {
  name: "a loss is proven by evidence that stands without a break: after zeros or an unknown its time begins again",
  async holds(load) {
    const { believeGrid, unknownGrid, ownProof } = await gridOf(load);
    for (const between of ["keep", "unknown"] as const) {
      const belief = unknownGrid();
      const take = (verdict: GridEvidence["verdict"], sec: number) =>
        believeGrid(belief, evidenceOf(verdict), sec * 1_000, ownProof, true);
      take("present", 0);
      take("lost", 1);
      take("lost", 4);
      take(between, 4.5);
      take("lost", 5);
      take("lost", 8.9);
      expect([between, belief.verdict]).not.toEqual([between, "lost"]);
      take("lost", 9);
      expect([between, belief.verdict]).toEqual([between, "lost"]);
    }
  },
  faults: {
    "zeros and unknown do not reset the proof": {
      file: grid,
      find: "  belief.lostSince = null;\n  if",
      replace: `  if (evidence.verdict === "present") belief.lostSince = null;\n  if`,
    },
    "zeros do not reset the proof": {
      file: grid,
      find: "  belief.lostSince = null;\n  if",
      replace: `  if (evidence.verdict !== "keep") belief.lostSince = null;\n  if`,
    },
  },
};

/** Whether 60 % counts as frozen after messages `everySec` apart with 500 W out of a battery of 1000 Wh. */
async function frozenAfter(load: Load, everySec: number, messages: number): Promise<boolean> {
  const { watchFrozen, nothingWatched } = await staleOf(load);
  const watch = nothingWatched();
  let frozen = false;
  for (let message = 0; message < messages; message++) {
    const at = 1_000_000 + message * everySec * 1_000;
    frozen = watchFrozen(watch, { soc: 60, watts: 500, capacityWh: 1_000, at, wall: at });
  }
  return frozen;
}

const gapIsNoUse: Promised = {
  name: "a charge counts as frozen when the battery was used in sight; a gap between two messages is no use",
  async holds(load) {
    // 3 % of 1000 Wh at 500 W are 216 s.
    expect(await frozenAfter(load, 10, 22)).toBe(false);
    expect(await frozenAfter(load, 10, 23)).toBe(true);
    expect(await frozenAfter(load, 3_600, 2)).toBe(false);
    expect(await frozenAfter(load, 3_600, 4)).toBe(false);
  },
  faults: {
    "a gap counts as use of the battery": {
      file: stale,
      find: "Math.min(longestStepMs, Math.max(0, moment.at - watch.at))",
      replace: "Math.max(0, moment.at - watch.at)",
    },
    "one percent is enough": { file: stale, find: "frozenPercent = 3", replace: "frozenPercent = 1" },
    "a charge never counts as frozen": {
      file: stale,
      find: "return moment.capacityWh !== null && watch",
      replace: "return moment.capacityWh === 0 && watch",
    },
  },
};

/** A property that fails throws an error of fast-check's; here it is a failed expectation. */
function checked(property: () => void): void {
  expect(property).not.toThrow();
}

export const filterPromises: readonly Promised[] = [
  neverVetoed,
  mostWin,
  noBonus,
  doubtsAgree,
  lossStands,
  unbrokenProof,
  gapIsNoUse,
];
