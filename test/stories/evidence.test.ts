/** Stories of evidence that must not decide alone: a charge that one sample renews, a single "false", a return that is not one, two voices, old messages. */
import { describe, expect, it } from "vitest";
import { House, onBattery, onMains } from "../house.ts";

const shutdowns = (house: House) => house.commands().filter(({ action }) => action === "shutdown");

describe("a charge of 0 % that sticks (E3)", () => {
  it.each([1, 8, 60])(
    "three of four samples say 80 %%: no shutdown with a debounce of %d s",
    async (debounceSec) => {
      const house = await House.open({
        machines: { pc: { socPercent: 30 } },
        stations: { Study: { capacityWh: 286 } },
        policy: { debounceSec },
      });
      for (let second = 0; second < 12; second++) {
        house.says("Study", onMains(0));
        await house.pass(1);
      }
      for (let second = 0; second < 120; second++) {
        house.says("Study", onBattery(second % 4 === 3 ? 0 : 80));
        await house.pass(1);
      }
      expect(house.reading("Study")).toMatchObject({ soc: 80, grid: "lost" });
      expect(shutdowns(house)).toEqual([]);
    },
  );

  it("a battery that is really empty is not hidden by false samples that are few", async () => {
    const house = await House.open({ machines: { pc: { socPercent: 30 } }, policy: { debounceSec: 8 } });
    for (let second = 0; second < 30; second++) {
      house.says("Study", onBattery(second % 4 === 3 ? 80 : 20));
      await house.pass(1);
    }
    expect(shutdowns(house)).not.toEqual([]);
  });
});
