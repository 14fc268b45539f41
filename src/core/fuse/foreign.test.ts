/** Readings of others: what is believed, and one sentence for each field that is not. */
import { describe, expect, it } from "vitest";
import { Told } from "../../../test/told.ts";
import { partFromForeign } from "./foreign.ts";

const wall = 1_750_000_000_000;
const from = (payload: Record<string, unknown>) =>
  partFromForeign({ device: "Study", ...payload }, wall, "mqtt");

describe("readings of others", () => {
  it("the original's four fields are enough", () => {
    const { part, refused } = from({ soc: 87.0, grid_connected: false, temp_celsius: 25.3 });
    expect(refused).toEqual([]);
    expect(part).toEqual({
      station: "Study",
      source: "mqtt",
      sampled_at: wall,
      received_at: wall,
      values: { soc: 87, temp_celsius: 25.3 },
      ages: {},
      grid: { verdict: "lost", basis: "none", carried_by: "battery" },
      sample: true,
    });
  });

  it.each([
    [{ soc: 255 }, "soc 255 is outside 0–100"],
    [{ soc: -1 }, "soc -1 is outside 0–100"],
    [{ soc: Number.NaN }, "soc NaN is not a number"],
    [{ soc: "87 %" }, 'soc "87 %" is not a number'],
    [{ soc: true }, "soc true is not a number"],
    [{ temp_celsius: 900 }, "temp_celsius 900 is outside -60–150"],
    [{ out_watts: Number.POSITIVE_INFINITY }, "out_watts Infinity is outside 0–60000"],
    [{ charging: 2 }, "charging 2 is not true or false"],
  ])("%j is dropped alone: the grid beside it stands", (bad, sentence) => {
    const { part, refused } = from({ ...bad, grid_connected: true });
    expect(refused).toEqual([sentence]);
    expect(part.values).toEqual({});
    expect(part.grid?.verdict).toBe("present");
  });

  it.each([[2], ["perhaps"], [-1], [[]], [{}]])(
    "a grid of %j is dropped alone: the charge beside it stands",
    (grid) => {
      const { part, refused } = from({ soc: 50, grid_connected: grid });
      expect(refused).toHaveLength(1);
      expect(refused[0]).toContain("grid_connected");
      expect(part).toMatchObject({ values: { soc: 50 }, grid: null });
    },
  );

  it("null and absent mean unknown and are no fault", () => {
    const { part, refused } = from({ soc: null, grid_connected: null });
    expect({ refused, values: part.values, grid: part.grid }).toEqual({
      refused: [],
      values: {},
      grid: null,
    });
  });

  it("a reading of our own kind keeps its verdict, basis and carrier", () => {
    const { part } = from({
      grid: "unknown",
      grid_basis: "solar",
      carried_by: "solar",
      grid_connected: null,
    });
    expect(part.grid).toEqual({ verdict: "unknown", basis: "solar", carried_by: "solar" });
  });

  it("its own time counts within 60 s of ours, else the time of receipt", () => {
    expect(from({ sampled_at: wall - 59_000 }).part.sampled_at).toBe(wall - 59_000);
    expect(from({ sampled_at: wall - 61_000 }).part.sampled_at).toBe(wall);
    expect(from({ sampled_at: "now" }).part.sampled_at).toBe(wall);
  });
});

describe("a station that only others speak for (S27)", () => {
  it("a charge that somebody repeats for ever under load is frozen (S18)", () => {
    const told = new Told("DELTA 2");
    for (let i = 0; i < 20; i++) told.foreign({ soc: 84, grid_connected: false, out_watts: 150 }).pass(60);
    expect(told.last).toMatchObject({ quality: "held", soc: 84, capacity_wh: 1024 });
    expect(told.last?.sample_age_ms).toBeGreaterThan(700_000);
    expect(told.foreign({ soc: 81, grid_connected: false, out_watts: 150 }).last?.quality).toBe("live");
  });

  it("present at once, lost with two live messages at least 2 s apart", () => {
    const told = new Told(null)
      .foreign({ soc: 90, grid_connected: true })
      .pass(5)
      .foreign({ soc: 90, grid_connected: false });
    expect(told.pass(10).last?.grid).toBe("present");
    const quick = new Told(null)
      .foreign({ grid_connected: false })
      .pass(1)
      .foreign({ grid_connected: false });
    expect(quick.pass(10).verdicts).not.toContain("lost");
    expect(told.foreign({ soc: 90, grid_connected: false }).last).toMatchObject({
      grid: "lost",
      carried_by: "battery",
      soc: 90,
    });
  });

  it("a message that does not speak of the grid confirms no loss", () => {
    const told = new Told(null).foreign({ grid_connected: false }).pass(5).foreign({ soc: 50 });
    expect(told.last).toMatchObject({ grid: "unknown", soc: 50 });
  });

  it("each live message is a sample; silence ends the verdict, not the last known one", () => {
    const told = new Told(null)
      .foreign({ soc: 90, grid_connected: true })
      .pass(10)
      .foreign({ soc: 90, grid_connected: true });
    expect(told.last?.samples).toBe(2);
    expect(told.pass(60).last).toMatchObject({ quality: "held", grid: "unknown", grid_last: "present" });
  });
});
