/** What would have happened without this system, against arithmetic by hand. */
import { describe, expect, it } from "vitest";
import { otherwise } from "./otherwise.ts";
import { outage } from "./scenes/outage.ts";

const down = { sec: 20, up: false };
/** Study: 286 Wh, 62 %, empty at 11 %; 330 W and the inverter's 8 W; 300 W into the battery for the 20 s before. */
const lastsSec = ((286 * 0.51 + (300 * 19) / 3_600) * 3_600) / 338;

describe("without this system", () => {
  it("the battery is empty when all machines have used it up", () => {
    const [study, office] = otherwise(outage, [down], 600);
    expect(study).toMatchObject({ machines: ["pc", "nas"], failedSec: 20, wasSpared: false });
    expect((study?.emptySec ?? 0) - 20).toBeCloseTo(lastsSec, -1);
    expect(study?.socs).toHaveLength(600);
    expect(office?.emptySec).toBeGreaterThan(4 * 3_600);
  });

  it("a return of the mains spares them, and it says what would have been", () => {
    const [study] = otherwise(outage, [down, { sec: 300, up: true }], 600);
    expect(study).toMatchObject({ failedSec: 20, wasSpared: true });
    expect((study?.emptySec ?? 0) - 20).toBeCloseTo(lastsSec, -1);
  });

  it("a return after the end spares nobody, and the charge counts as none from there", () => {
    const [study] = otherwise(outage, [down, { sec: 3_000, up: true }], 3_100);
    expect(study).toMatchObject({ failedSec: 20, wasSpared: false });
    expect(study?.socs[2_500]).toBe(0);
  });

  it("of two outages the second one counts, with what the first left", () => {
    const mains = [down, { sec: 300, up: true }, { sec: 400, up: false }];
    const [study] = otherwise(outage, mains, 500);
    expect(study).toMatchObject({ failedSec: 400, wasSpared: false });
    expect((study?.emptySec ?? 0) - 400).toBeLessThan(lastsSec);
  });

  it("nothing happens where the mains never fails", () => {
    expect(otherwise(outage, [], 10)[0]).toMatchObject({ emptySec: null, failedSec: null });
  });
});
