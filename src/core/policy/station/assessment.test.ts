import { describe, expect, it } from "vitest";
import { makeRules, stationRules } from "../../../../test/properties/policy-samples.ts";
import { assess, assessBehind } from "./assessment.ts";
import { type StationState, unheardStation } from "./state.ts";

const rules = makeRules({ stations: { Delta: stationRules, River: { ...stationRules, upstream: "Delta" } } });

/** Without mains at 63 % of 1000 Wh with 100 W: (63 − 13) % × 900 Wh at 125 W = 3.6 h, by a sample at 0. */
const told = (patch: Partial<StationState> = {}): StationState => {
  const unheard = unheardStation("Study");
  return {
    ...unheard,
    load: { ...unheard.load, last: 100, smooth: 100 },
    verdict: "lost",
    last: "lost",
    carried: "grid",
    sampleAt: 0,
    socAt: 0,
    soc: 63,
    capacity: 1000,
    limit: 10,
    ...patch,
  };
};
const hoursLeft = (river: StationState, delta: StationState, hours = 0) => {
  const at = hours * 3_600_000;
  const own = assess(rules, { ...river, id: "River" }, at);
  const upstream = assess(rules, { ...delta, id: "Delta" }, at);
  const { projection } = assessBehind(own, river, upstream, at);
  return projection === null ? null : projection.left / 3_600_000;
};

describe("a station behind a station (S35)", () => {
  it("has its own time and the upstream's", () => {
    expect(hoursLeft(told(), told({ carried: "battery" }))).toBeCloseTo(7.2);
  });

  it("has its own alone where the upstream's is over, unknown, or does not reach it", () => {
    expect(hoursLeft(told(), told({ soc: 5 }))).toBeCloseTo(3.6);
    expect(hoursLeft(told(), told({ capacity: null }))).toBeCloseTo(3.6);
    expect(hoursLeft(told(), unheardStation("Delta"))).toBeCloseTo(3.6);
    expect(hoursLeft(told({ carried: "battery" }), told())).toBeCloseTo(3.6);
    expect(hoursLeft(told({ carried: null }), told())).toBeCloseTo(3.6);
  });

  it("does not drain while the upstream carries it, nor all at once when that is over", () => {
    const delta = told({ carried: "battery" });
    for (const hours of [1, 3.5, 3.7, 5]) expect(hoursLeft(told(), delta, hours)).toBeCloseTo(7.2 - hours);
  });

  it("has none where its own is not known", () => {
    expect(hoursLeft(told({ capacity: null }), told())).toBeNull();
  });
});
