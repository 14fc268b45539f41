/** The curve fits a terminal and shows what it is given. */
import { describe, expect, it } from "vitest";
import { curve } from "./demo-curve.ts";

const falling = Array.from({ length: 300 }, (_, sec) => 60 - sec / 50);
const level = falling.map(() => 57);

describe("a curve", () => {
  const drawn = curve({
    lines: [
      { mark: ".", name: "otherwise", values: level },
      { mark: "*", name: "as it was", values: falling },
    ],
    bars: [{ name: "mains", values: falling.map((_, sec) => sec >= 150) }],
  });

  it("has a scale that holds all values, and 80 columns at most", () => {
    expect(drawn[0]).toMatch(/^ {2}62 %/);
    expect(drawn[8]).toMatch(/^ {2}54 %/);
    for (const line of drawn) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("draws a fall from the left above to the right below, over the other line", () => {
    const columnsOf = (row: number) =>
      [...(drawn[row] ?? "")].flatMap((mark, at) => (mark === "*" ? [at] : []));
    expect(Math.max(...columnsOf(2))).toBeLessThan(Math.min(...columnsOf(8)));
    expect(drawn[5]).toMatch(/57 %\s+\.+\*+\.+$/);
  });

  it("draws when something was present, the time, and a legend", () => {
    expect(drawn[9]).toMatch(/^ mains {2} {34}={34}$/);
    expect(drawn[10]).toMatch(/^ {8}00:00 .* 02:30 .* 05:00$/);
    expect(drawn[11]).toContain("* as it was");
  });

  it("is empty without values", () => {
    expect(curve({ lines: [{ mark: "*", name: "", values: [] }], bars: [] })).toEqual([]);
  });

  it("shrinks a range that no step fits", () => {
    const [top, ...rest] = curve({ lines: [{ mark: "*", name: "", values: [0, 100] }], bars: [] });
    expect(top).toMatch(/^ 100 %/);
    expect(rest[7]).toMatch(/^ {3}0 %/);
  });
});
