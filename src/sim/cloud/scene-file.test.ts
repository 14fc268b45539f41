/** Scene files: what is read, and the sentence for each mistake. */
import { describe, expect, it } from "vitest";
import { quietScene } from "./scene.ts";
import { readScene } from "./scene-file.ts";

const station = { serial: "R331ZAB1XH4C0001", name: "Attic", socPercent: 50, loadWatts: 10 };

describe("a scene file", () => {
  it("has the quiet scene's stations unless it names its own, and calls them by name or serial", () => {
    expect(readScene(null)).toEqual(quietScene);
    const timeline = [
      { at: 5, do: "grid", station: "Attic", up: false },
      { at: 9, do: "silence" },
      { at: 9, do: "answer", path: "/x", code: "1007", times: 2 },
    ];
    expect(readScene({ stations: [station], timeline })).toEqual({
      stations: [station],
      timeline: [
        { at: 5, act: { do: "grid", station: station.serial, up: false } },
        { at: 9, act: { do: "silence" } },
        { at: 9, act: { do: "answer", path: "/x", code: "1007", times: 2 } },
      ],
    });
  });

  it.each([
    ["a list", [], /^the scene: .*expected object/],
    ["an unknown key", { station: [] }, /^the scene: .*"station"/],
    ["a negative time", { timeline: [{ at: -1, do: "silence" }] }, /^timeline\[0\]\.at: .*0/],
    ["an unknown deed", { timeline: [{ at: 1, do: "explode" }] }, /^timeline\[0\]\.do: /],
    ["a missing value", { timeline: [{ at: 1, do: "busy" }] }, /^timeline\[0\]\.sec: .*number/],
    [
      "a value of a wrong kind",
      { timeline: [{ at: 1, do: "busy", sec: "5" }] },
      /^timeline\[0\]\.sec: .*number/,
    ],
    ["a key too many", { timeline: [{ at: 1, do: "silence", sec: 5 }] }, /^timeline\[0\]: .*"sec"/],
    [
      "no such station",
      { timeline: [{ at: 1, do: "grid", station: "Moon", up: true }] },
      /the stations are Hall/,
    ],
    ["a short serial", { stations: [{ ...station, serial: "R331" }] }, /^stations\[0\]\.serial: must be 16/],
    [
      "an unknown model",
      { stations: [{ ...station, serial: "XXXXZAB1XH4C0001" }] },
      /XXXX begins .* no known/,
    ],
    ["a model without messages", { stations: [{ ...station, serial: "HW51ZAB1XH4C0001" }] }, /PowerStream/],
    ["a serial twice", { stations: [station, station] }, /^stations\[1\]\.serial: .*twice/],
    ["101 percent", { stations: [{ ...station, socPercent: 101 }] }, /^stations\[0\]\.socPercent: .*100/],
  ] as const)("says what is wrong with %s", (_, value, sentence) => {
    expect(readScene(value)).toEqual({ problem: expect.stringMatching(sentence) });
  });
});
