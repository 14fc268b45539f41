/** Promises of the fusion: what a local source that contradicts itself is worth. */
import { expect } from "vitest";
import { nutTraits } from "../../src/core/fuse/traits.ts";
import type { GridVerdict, PartReading } from "../../src/core/reading.ts";
import { encodeFrame } from "../../src/sim/encode.ts";
import type { Load } from "../planted.ts";
import { onMains } from "../told.ts";
import type { Promised } from "./promise.ts";

const wall = 1_750_000_000_000;

/** A River 3 Plus on mains whose own frames go on, beside a NUT server; both speak each 5 s. */
async function besideNut(load: Load) {
  const { createStation, setModel, take } =
    await load<typeof import("../../src/core/station.ts")>("core/station.ts");
  const { modelInText } =
    await load<typeof import("../../src/core/decode/models.ts")>("core/decode/models.ts");
  const setup = { id: "s", serial: "R631X", name: null, capacityWh: null, dischargeLimitPercent: null };
  const memory = createStation(setup);
  setModel(memory, modelInText("R631X"));
  let at = 0;
  let seq = 100;
  const complaints: string[] = [];
  let grid: GridVerdict = "unknown";
  const frame = () => {
    seq += 1;
    const bytes = encodeFrame(
      "DisplayPropertyUpload",
      { ...onMains, pow_get_ac_in: 80 + (seq % 9) },
      { seq },
    );
    take(memory, { kind: "frame", source: "mqtt-raw", bytes, at, wall: wall + at });
  };
  return {
    complaints,
    grid: () => grid,
    /** The NUT server gives this verdict for some seconds. */
    nut(verdict: "present" | "lost", seconds: number) {
      for (let second = 0; second < seconds; second += 5) {
        at += 5_000;
        frame();
        const part: PartReading = {
          station: "s",
          source: "nut",
          sampled_at: wall + at,
          received_at: wall + at,
          values: {},
          ages: {},
          grid: { verdict, basis: "nut", carried_by: null },
          sample: true,
        };
        const { reading, complaint } = take(memory, {
          kind: "part",
          part,
          traits: nutTraits,
          at,
          wall: wall + at,
        });
        if (reading !== null) grid = reading.grid;
        if (complaint !== undefined) complaints.push(complaint);
      }
    },
  };
}

const threeChanges: Promised = {
  name: "a local source may change its mind three times in ten minutes; with the fourth it is not believed against fresh watts from the mains",
  async holds(load) {
    const story = await besideNut(load);
    for (const verdict of ["present", "lost", "present", "lost"] as const) story.nut(verdict, 20);
    expect(story.grid()).toBe("lost");
    expect(story.complaints).toEqual([]);
    story.nut("present", 20);
    expect(story.grid()).toBe("unknown");
    expect(story.complaints).toEqual(["source-flaps"]);
    // Ten minutes later its changes are over, and its verdict counts again.
    story.nut("present", 620);
    expect(story.grid()).toBe("present");
  },
  faults: {
    "two changes are flapping": {
      file: "core/fuse/sources.ts",
      find: "const changesAllowed = 3;",
      replace: "const changesAllowed = 2;",
    },
    "four changes are not flapping": {
      file: "core/fuse/sources.ts",
      find: "const changesAllowed = 3;",
      replace: "const changesAllowed = 4;",
    },
    "changes are remembered for ever": {
      file: "core/fuse/sources.ts",
      find: "const flapsWithinMs = 600_000;",
      replace: "const flapsWithinMs = 6_000_000;",
    },
  },
};

export const fusionPromises: readonly Promised[] = [threeChanges];
