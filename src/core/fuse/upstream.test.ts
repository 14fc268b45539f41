import { describe, expect, it } from "vitest";
import { allModels } from "../decode/models.ts";
import type { StationReading } from "../reading.ts";
import { createStation } from "./memory.ts";
import { blankReading } from "./reading.ts";
import { isBehindPanel, putBehind, type UpstreamGrid, upstreamAfter } from "./upstream.ts";

const blank = () =>
  blankReading(
    createStation({ id: "s", serial: null, name: null, capacityWh: null, dischargeLimitPercent: null }),
    0,
  );
const reading = (grid: StationReading["grid"], samples: number, local = false): StationReading => ({
  ...blank(),
  grid,
  samples,
  local,
  seq: 0,
  origin: "o",
});
const gridAfter = (...readings: StationReading[]) =>
  readings.reduce<UpstreamGrid | null>((grid, next) => upstreamAfter(grid, next), null);

describe("the grid of an upstream", () => {
  it("begins with its first sample: what only a cache answered is none", () => {
    expect(gridAfter(reading("present", 0))).toBeNull();
    expect(gridAfter(reading("lost", 1))).toMatchObject({ grid: "lost", last: "lost" });
  });

  it("gets better by new samples alone, and worse at once", () => {
    expect(gridAfter(reading("lost", 1), reading("present", 1))).toMatchObject({ grid: "lost" });
    expect(gridAfter(reading("present", 1), reading("unknown", 1))).toMatchObject({ grid: "unknown" });
  });

  it("confirms a return by two samples, or by one of a local source; until then the loss stands", () => {
    expect(gridAfter(reading("lost", 1), reading("present", 2))).toMatchObject({
      last: "lost",
      confirmed: 1,
    });
    expect(gridAfter(reading("lost", 1), reading("present", 2), reading("unknown", 2))?.last).toBe("lost");
    expect(
      gridAfter(reading("lost", 1), reading("present", 2), reading("unknown", 3), reading("present", 4)),
    ).toMatchObject({
      last: "lost",
      confirmed: 1,
    });
    expect(gridAfter(reading("lost", 1), reading("present", 2), reading("present", 3))).toMatchObject({
      last: "present",
    });
    expect(gridAfter(reading("lost", 1), reading("present", 2, true))).toMatchObject({ last: "present" });
  });
});

describe("a loss of the upstream that is doubted", () => {
  const doubted = (samples: number) => ({ ...reading("present", samples), grid_suspected: true });

  it("ends the confirmation of its return, and samples after it begin to count again", () => {
    const before = [reading("present", 1), reading("present", 2), doubted(3)];
    expect(gridAfter(...before)).toMatchObject({ confirmed: 0, suspected: true, last: "present" });
    expect(gridAfter(...before, reading("present", 4))).toMatchObject({ confirmed: 1, suspected: false });
  });
});

describe("a reading behind", () => {
  const behind = (own: StationReading["grid"], upstream: UpstreamGrid | null, panel = false) => {
    const it = { ...blank(), grid: own };
    putBehind(it, upstream, panel);
    return it;
  };
  const twice = gridAfter(reading("present", 1), reading("present", 2));

  it("has the upstream's mains", () => {
    expect(behind("present", gridAfter(reading("lost", 1)))).toMatchObject({
      grid: "lost",
      grid_connected: false,
    });
    expect(behind("unknown", twice)).toMatchObject({
      grid: "present",
      grid_connected: true,
      grid_last: "present",
    });
    expect(behind("present", gridAfter(reading("present", 1)))).toMatchObject({
      grid: "unknown",
      grid_connected: null,
    });
    expect(behind("present", null)).toMatchObject({ grid: "unknown", grid_last: null, grid_basis: "none" });
  });

  it("keeps its own loss, whatever the upstream has", () => {
    expect(behind("lost", twice).grid).toBe("lost");
    expect(behind("lost", null).grid).toBe("lost");
  });

  it("has nothing of its own behind a panel: what the panel does not know is unknown", () => {
    for (const own of ["lost", "present", "unknown"] as const) {
      expect(behind(own, null, true)).toMatchObject({
        grid: "unknown",
        grid_last: null,
        grid_connected: null,
      });
      expect(behind(own, gridAfter(reading("unknown", 1)), true).grid).toBe("unknown");
      expect(behind(own, gridAfter(reading("present", 1)), true).grid).toBe("unknown");
      expect(behind(own, twice, true)).toMatchObject({ grid: "present", grid_connected: true });
      expect(behind(own, gridAfter(reading("lost", 1)), true)).toMatchObject({
        grid: "lost",
        grid_connected: false,
      });
    }
  });

  const families = [...new Set(allModels.map(({ family }) => family))];
  it.each(families)("%s: behind each panel its own input proves nothing", (own) => {
    for (const panel of ["panel1", "panel2", "panel3"] as const) expect(isBehindPanel(own, panel)).toBe(true);
    const isFed = ["deltapro", "deltapro3", "deltaproultra"].includes(own);
    expect(isBehindPanel(own, null)).toBe(isFed);
    for (const other of families)
      if (!other.startsWith("panel")) expect(isBehindPanel(own, other)).toBe(false);
  });
});
