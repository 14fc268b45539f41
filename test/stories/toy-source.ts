/** A toy source, as small as a source can be: each 5 s it publishes what a device says, in either form. */
import { nutTraits } from "../../src/core/fuse/traits.ts";
import type { GridVerdict, PartReading } from "../../src/core/reading.ts";
import type { SourceKind, SourceOptions, SourceRoom } from "../../src/services/source.ts";

/** What the toy's device says of a station at one moment. */
export interface ToyReport {
  station: string;
  /** A partial reading: a charge in percent, and a report on the mains if there is one. */
  soc?: number;
  grid?: GridVerdict;
  /** A partial reading that was made elsewhere. */
  part?: PartReading;
  /** A raw frame of the station. */
  bytes?: Uint8Array;
}

/** The kind `toy`; `device` answers what the device of the instance `name` says now. */
export const toySource = (device: (name: string) => ToyReport[]): SourceKind => ({
  traits: nutTraits,
  room: (options) => toyRoom(options, device),
});

const everyMs = 5_000;

function toyRoom({ kind, name }: SourceOptions, device: (name: string) => ToyReport[]): SourceRoom {
  return {
    writes: ["data", "part", "source"],
    start(room) {
      const { topics, clock } = room;
      const health = { kind, up: true, problem: null, stations: device(name).length, heard_at: null };
      room.publish(topics.source, { source: name }, { ...health, since: clock.wall() });
      room.onTick((at, wall) => {
        if (at % everyMs !== 0) return;
        for (const report of device(name)) {
          const { station, bytes } = report;
          const part = partOf(name, report, wall);
          if (part) room.publish(topics.part, { source: name, station }, part);
          if (bytes) room.publish(topics.data, { serial: station }, { bytes, source: name });
        }
      });
      return () => {};
    },
  };
}

function partOf(source: string, { station, soc, grid, part }: ToyReport, wall: number): PartReading | null {
  if (part) return part;
  if (soc === undefined) return null;
  return {
    station,
    source,
    sampled_at: wall,
    received_at: wall,
    values: { soc },
    ages: {},
    grid: grid ? { verdict: grid, basis: "nut", carried_by: grid === "lost" ? "battery" : "grid" } : null,
    sample: true,
  };
}
