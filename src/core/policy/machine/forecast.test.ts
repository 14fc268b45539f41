/** The forecast comes true: the policy commands when it said that it would. */
import { describe, expect, it } from "vitest";
import {
  full,
  lost,
  machineRules,
  makeRules,
  onMains,
  stationRules,
} from "../../../../test/properties/policy-samples.ts";
import { World } from "../../../../test/properties/policy-world.ts";
import { step } from "../policy.ts";
import type { MachineRules } from "../rules.ts";
import { project } from "../station/projection.ts";
import { type StationState, unheardStation } from "../station/state.ts";
import { type Forecast, forecastOf } from "./forecast.ts";

const heard = { ...full, soc: 62, ac_out_watts: 60 };

/** Seconds that an outage from now on is forecast to last until the command, and those that it lasted at the assumed load. */
function outage(patch: Partial<MachineRules>) {
  const pc = { ...machineRules, ...patch };
  const rules = makeRules({ machines: { pc } });
  const world = new World(rules, step);
  world.say({ ...heard, ...onMains });
  world.run(60);
  const station = world.state.stations[0] as StationState;
  const forecast = forecastOf(rules, pc, new Map([["Study", station]]));
  const { rate = 0, whole = 0 } = project(stationRules, station, 0, false) ?? {};
  const began = world.at;
  world.run(20_000, () => {
    const passed = world.at - began;
    const runtime_sec = Math.max(0, (whole - passed) / 1000);
    world.say({ ...heard, ...lost, soc: 62 - passed * rate, runtime_sec });
  });
  const commanded = world.told.find(({ effect }) => effect.kind === "command")?.at ?? Number.NaN;
  return { forecast: (forecast.left ?? Number.NaN) / 1000, lasted: (commanded - began) / 1000 };
}

describe("a forecast comes true", () => {
  it.each<[string, Partial<MachineRules>]>([
    ["by charge", { socPercent: 40 }],
    ["by a threshold that is raised", { socPercent: 12, stopSec: 900 }],
    ["at the floor", { socPercent: 1, stopSec: 3_000 }],
    ["by runtime", { socPercent: 1, runtimeSec: 3_600 }],
    ["by time on battery", { socPercent: 1, onBatterySec: 1_200 }],
  ])("%s", (_, patch) => {
    const { forecast, lasted } = outage(patch);
    expect(lasted).toBeGreaterThan(300);
    expect(Math.abs(lasted - forecast)).toBeLessThan(20);
  });
});

/** At 63 % of 1000 Wh with 100 W. */
const station: StationState = {
  ...unheardStation(""),
  socAt: 0,
  soc: 63,
  capacity: 1_000,
  limit: 10,
  load: { ...unheardStation("").load, last: 100, smooth: 100 },
};
const pair: MachineRules = { ...machineRules, stations: ["Study", "Den"], socPercent: 38 };
const both = makeRules({ stations: { Study: stationRules, Den: stationRules } });
const forecastWith = (minSupplies: number, den: StationState | null): Forecast =>
  forecastOf(
    both,
    { ...pair, minSupplies },
    new Map([["Study", station] as const, ...(den === null ? [] : [["Den", den] as const])]),
  );
// (63 - 38) % of 900 Wh at 125 W, and the debounce.
const ofStudy = 1.8 * 3_600_000 + 180_000;

describe("a forecast of a machine on two stations", () => {
  it("is that of the first to fail where both are needed, and of the last where one is enough", () => {
    const den = { ...station, soc: 43 };
    expect(forecastWith(2, den).left).toBeLessThan(ofStudy);
    expect(forecastWith(1, den).left).toBe(ofStudy);
  });

  it("is not known where a station that is needed is not", () => {
    expect(forecastWith(1, null)).toEqual({ threshold: 38, left: null, watts: null });
    expect(forecastWith(2, null)).toEqual({ threshold: 38, left: ofStudy, watts: 125 });
  });
});

it("the forecast of a station behind another one begins when that one is empty (S35)", () => {
  const rules = makeRules({
    stations: { Delta: stationRules, River: { ...stationRules, upstream: "Delta" } },
  });
  const machine = { ...pair, stations: ["River"] };
  const forecast = (delta: StationState) =>
    forecastOf(
      rules,
      machine,
      new Map([
        ["River", station],
        ["Delta", delta],
      ]),
    ).left;
  // (63 - 13) % of 900 Wh at 125 W.
  expect(forecast(station)).toBe(ofStudy + 3.6 * 3_600_000);
  expect(forecast({ ...station, capacity: null })).toBe(ofStudy);
});
