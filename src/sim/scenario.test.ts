/** The scenarios of `simulate` follow the configuration's timing. */
import { describe, expect, it } from "vitest";
import { type ScenarioName, scenarioNames, scenarioOf, socAt } from "./scenario.ts";

const timing = { debounceSec: 180, abortAfterSec: 10, wakeAfterSec: 300, socPercent: 20 };
const names = Object.keys(scenarioNames) as ScenarioName[];

describe("scenarios", () => {
  it.each(names.filter((name) => name !== "flapping" && name !== "calm"))(
    "%s waits for shutdown, then abort",
    (name) => {
      const { phases } = scenarioOf(name, timing);
      expect(phases.map(({ until }) => until).filter(Boolean)).toEqual(["shutdown", "abort"]);
      const shutdown = phases.find(({ until }) => until === "shutdown");
      expect(shutdown?.sec).toBeGreaterThan(timing.debounceSec);
      expect(shutdown?.grid).toBe(false);
      expect(phases.at(-1)).toMatchObject({ grid: true, until: "abort" });
      expect(phases.at(-2)?.soc?.[1] ?? phases.at(-3)?.soc?.[1]).toBeLessThan(timing.socPercent);
    },
  );

  it("critical is the original's: 90 % on mains, 90 % lost, 5 % lost, back", () => {
    const said = scenarioOf("critical", timing).phases.map(({ soc, grid }) => [soc?.[0], grid]);
    expect(said).toEqual([
      [90, true],
      [90, false],
      [5, false],
      [5, true],
    ]);
  });

  it("flapping is never lost for as long as the debounce, and each return can be confirmed", () => {
    const { phases, never } = scenarioOf("flapping", timing);
    expect(never).toBe("shutdown");
    for (const { grid, sec } of phases) {
      if (grid) expect(sec).toBeGreaterThan(timing.abortAfterSec);
      else expect(sec).toBeLessThan(timing.debounceSec);
    }
  });

  it("drains no faster than a battery can", () => {
    const drain = scenarioOf("slow-drain", timing).phases[1]!;
    const [from, to] = drain.soc!;
    expect((from - to) / (drain.sec / 60)).toBeLessThan(7);
    expect([socAt(drain, 0), socAt(drain, drain.sec / 2), socAt(drain, drain.sec * 2)]).toEqual([
      from,
      (from + to) / 2,
      to,
    ]);
    expect(socAt({ ...drain, soc: null }, 1)).toBeNull();
  });
});
