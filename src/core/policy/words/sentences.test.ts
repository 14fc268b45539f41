import { describe, expect, test } from "vitest";
import { full, lost, machineRules, makeRules } from "../../../../test/properties/policy-samples.ts";
import { begin } from "../../../../test/properties/policy-world.ts";

describe("sentences", () => {
  test("round a charge to what is meaningful", () => {
    const world = begin(makeRules({ machines: { pc: { ...machineRules, socPercent: 26 } } }));
    world.say({ ...lost, soc: 25.00891250911278 });
    world.run(200);
    expect(world.commands()[0]?.reason).toContain("soc 25 % <= 26 %");
    expect(world.events("outage-began")[0]?.text).toContain("soc 25 %");
  });

  test("show the inequality that fired, also while a sample is overdue", () => {
    for (const soc of [18, 19, 20, 21, 22, 24, 27, 30]) {
      const world = begin();
      world.say({ ...lost, ...full, soc, ac_out_watts: 120, battery_watts: 128 });
      world.run(10);
      world.station.feed = false;
      world.run(900);
      const { reason = "" } = world.commands()[0] ?? {};
      for (const [, left, need] of reason.matchAll(/(\d+) s left [^<]*<= (\d+) s/g))
        expect(Number(left), reason).toBeLessThanOrEqual(Number(need));
    }
  });
});

describe("a charging flag that is stuck", () => {
  test("does not keep a falling charge from shutting down", () => {
    const world = begin();
    world.say({ ...lost, soc: 60, charging: true });
    world.run(310);
    for (let soc = 59; soc >= 2; soc--) {
      world.say({ soc });
      world.run(60);
    }
    expect(world.commands().length).toBeGreaterThan(0);
  });
});
