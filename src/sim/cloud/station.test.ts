/** The stations of the emulated cloud: each API hears what it may, and our decoder agrees with the battery. */
import { describe, expect, it } from "vitest";
import { createStation, take } from "../../core/station.ts";
import { quietScene } from "./scene.ts";
import { CloudStation } from "./station.ts";

const wall = 1_772_366_400_000;
/** Of the quiet scene; a line that is not in it is as a scene file would have it. */
const setupOf = (prefix: string) =>
  quietScene.stations.find(({ serial }) => serial.startsWith(prefix)) ?? {
    serial: `${prefix}ZAB1XH4C0099`,
    name: prefix,
    socPercent: 70,
    loadWatts: 90,
  };

/** Plays seconds and returns the reading of one API's payloads, each of which must be read. */
function heard(
  station: CloudStation,
  api: "app" | "open",
  deeds: Record<number, () => void>,
  seconds: number,
) {
  const { serial } = station;
  const setup = { id: serial, serial, name: null, capacityWh: null, dischargeLimitPercent: null };
  const memory = createStation(setup, true);
  let reading = null;
  for (let sec = 0; sec < seconds; sec++) {
    deeds[sec]?.();
    for (const bytes of station.second(wall + sec * 1_000)[api]) {
      const input = { kind: "frame", source: api, bytes, at: sec * 1_000, wall: wall + sec * 1_000 } as const;
      const answer = take(memory, input);
      expect(answer.problem).toBeUndefined();
      reading = answer.reading ?? reading;
    }
  }
  return reading;
}

const cases = [
  ["R655", "app"],
  ["R631", "app"],
  ["P231", "app"],
  ["P231", "open"],
  ["MR51", "app"],
  ["MR51", "open"],
  ["R331", "app"],
  ["R331", "open"],
  ["DCEB", "app"],
  ["DCEB", "open"],
  ["P2EB", "app"],
  ["P2EB", "open"],
  ["Y711", "app"],
  ["Y711", "open"],
  ["HW51", "app"],
  ["HW51", "open"],
  ["HD31", "app"],
  ["HD31", "open"],
  ["SP10", "app"],
  ["SP10", "open"],
] as const;

/** A PowerStream feeds nothing in an outage, so it never reports a loss. */
const lossOf = (prefix: string) => (prefix === "HW51" ? "unknown" : "lost");

describe.each(cases)("a station %s, heard by the %s API", (prefix, api) => {
  it("reports charge, load and mains as they are: present, lost, present again", () => {
    for (const [deeds, grid] of [
      [{}, "present"],
      [{ 30: false }, "lost"],
      [{ 30: false, 90: true }, "present"],
    ] as const) {
      const station = new CloudStation({ ...setupOf(prefix), solarWatts: 0 });
      const acts = Object.entries(deeds).map(
        ([sec, up]) => [sec, () => station.battery.setGrid(up)] as const,
      );
      const reading = heard(station, api, Object.fromEntries(acts), 150);
      const state = station.battery.state();
      expect(reading?.grid).toBe(grid === "lost" ? lossOf(prefix) : grid);
      expect(Math.abs((reading?.soc ?? -99) - state.soc)).toBeLessThan(1);
      // The first panel reports no watts.
      if (prefix !== "SP10") expect(reading?.out_watts).toBeCloseTo(state.loadWatts, 0);
    }
  });

  it("answers requests from what reached the cloud last", () => {
    const station = new CloudStation(setupOf(prefix));
    heard(station, api, {}, 5);
    station.setLink("frozen");
    station.battery.setGrid(false);
    expect(heard(station, api, {}, 300)).toBeNull();
    const { serial } = station;
    const memory = createStation(
      { id: serial, serial, name: null, capacityWh: null, dischargeLimitPercent: null },
      true,
    );
    const bytes = ["0a0410201820", Buffer.from('{"operateType":"latestQuotas","id":"1"}').toString("hex")]
      .map((hex) => station.answer(Buffer.from(hex, "hex")))
      .find((answer) => answer !== null);
    if (!bytes) throw new Error("no answer");
    const { reading } = take(memory, { kind: "frame", source: "x", bytes, at: 0, wall });
    expect(reading?.grid).toBe("present");
    // It is an answer of a cache, and no sample of the station.
    expect(reading?.samples).toBe(0);
  });
});

describe.each(cases)("a station %s that repeats its last values to the %s API", (prefix, api) => {
  it("sends them as pushes, and no two alike where they are dated or numbered", () => {
    const station = new CloudStation({ ...setupOf(prefix), solarWatts: 0 });
    heard(station, api, {}, 5);
    station.setLink("repeating");
    station.battery.setGrid(false);
    const reading = heard(station, api, {}, 46);
    expect(reading?.grid).toBe("present");
    expect(station.battery.state().gridUp).toBe(false);
  });
});

describe("quota/all of the developer API", () => {
  it.each(cases.filter(([, api]) => api === "open"))("has the last values of a station %s", (prefix) => {
    const station = new CloudStation({ ...setupOf(prefix), solarWatts: 0 });
    const { serial } = station;
    heard(station, "open", {}, 5);
    const body = JSON.stringify({ code: "0", message: "Success", data: station.values });
    const memory = createStation(
      { id: serial, serial, name: null, capacityWh: null, dischargeLimitPercent: null },
      true,
    );
    const bytes = new TextEncoder().encode(body);
    const { reading, problem } = take(memory, { kind: "frame", source: "x", bytes, at: 0, wall });
    expect(problem).toBeUndefined();
    expect(Math.abs((reading?.soc ?? -99) - station.battery.state().soc)).toBeLessThan(1);
    expect(reading?.grid).toBe("present");
    station.battery.setGrid(false);
    heard(station, "open", {}, 5);
    expect(JSON.stringify({ code: "0", message: "Success", data: station.values })).not.toBe(body);
  });
});

describe("the developer API", () => {
  it("hears nothing of the River 3 line, of a Delta 3 Plus, and of a station of another owner", () => {
    const closed = ["R655", "R631", "P351"].map(
      (prefix) => new CloudStation({ ...setupOf("R655"), serial: `${prefix}ZAB1XH4C0099` }),
    );
    const shared = new CloudStation({ ...setupOf("R331"), isShared: true });
    for (const station of [...closed, shared]) {
      expect(station.isOpen).toBe(false);
      const pushes = Array.from({ length: 10 }, () => station.second(wall));
      expect(pushes.flatMap(({ open }) => open)).toEqual([]);
      expect(pushes.flatMap(({ app }) => app).length).toBeGreaterThan(0);
    }
  });
});

describe("solar power", () => {
  it.each(["P231", "R331", "DCEB", "Y711"])("of a %s is reported, and lengthens an outage", (prefix) => {
    const station = new CloudStation({ ...setupOf(prefix), solarWatts: 50, loadWatts: 100 });
    const dark = new CloudStation({ ...setupOf(prefix), solarWatts: 0, loadWatts: 100 });
    for (const each of [station, dark]) each.battery.setGrid(false);
    const reading = heard(station, "app", {}, 150);
    heard(dark, "app", {}, 150);
    expect(reading?.solar_watts).toBe(50);
    expect(station.battery.state().soc).toBeGreaterThan(dark.battery.state().soc);
  });
});
