/** An estimate of the load shows how it was made: what was measured, and what was added to it. */
import { describe, expect, it } from "vitest";
import type { StationRules } from "../rules.ts";
import { loadOf, measuredAt } from "../station/load.ts";
import { project } from "../station/projection.ts";
import { type StationState, unheardStation } from "../station/state.ts";
import { assumedText, loadOrigin } from "./load.ts";

const rules: StationRules = { capacityWh: 1_000, dischargeLimitPercent: 10, assumedLoadWatts: null };

/** What is said of the load that a projection assumes after one reading. */
function said(reading: { out?: number; battery?: number }, own = rules, hours: number[] = []): string {
  const watts = {
    ac_out_watts: reading.out ?? null,
    out_watts: null,
    battery_watts: reading.battery ?? null,
  };
  const last = loadOf(watts, true);
  const unheard = unheardStation("Study");
  const load = { ...unheard.load, last, smooth: last, hours, from: measuredAt(watts, true) };
  const state: StationState = { ...unheard, soc: 60, socAt: 0, rated: 600, load };
  const assumed = project(own, state, 0, false)?.watts ?? Number.NaN;
  return assumedText(assumed, loadOrigin(own, state, assumed));
}

describe("the load of a projection", () => {
  it.each<[string, string, string]>([
    ["the output", said({ out: 330 }), "464 W assumed: 330 W measured + 10 % + 8 W, x 1.25"],
    ["the battery", said({ out: 330, battery: 400 }), "500 W assumed: 400 W measured at the battery, x 1.25"],
    ["the day", said({ out: 100 }, rules, [400]), "500 W assumed: 400 W, the most of the last day, x 1.25"],
    [
      "the configuration",
      said({ out: 100 }, { ...rules, assumedLoadWatts: 700 }),
      "700 W assumed: assumedLoadWatts of the configuration",
    ],
    ["the rating", said({}), "600 W assumed: its rated output, because no load was measured"],
  ])("of %s", (_, text, expected) => expect(text).toBe(expected));
});
