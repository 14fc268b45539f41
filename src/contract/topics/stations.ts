/** The topics of stations: raw frames and readings. */
import { z } from "zod";
import { foreignReadingSchema, readingSchema } from "../messages/station.ts";
import { topic } from "./topic.ts";

/** A raw frame of a station on the bus: the bytes unchanged, with the source that delivered them (R17). */
export interface RawFrame {
  /** The bytes as they came. They belong to the receivers: the publisher never writes to them again. */
  bytes: Uint8Array;
  /** Name of the source instance; null for a frame from the broker, which carries the bytes alone. */
  source: string | null;
}

const rawFrame = z.custom<RawFrame>((value) => value instanceof Object && "bytes" in value);

/** Messages of stations and of publishers that report for them. */
export function stationTopics(base: string) {
  return {
    data: topic<RawFrame>({
      key: "data",
      pattern: `${base}/{serial}/data`,
      owner: "sources",
      retained: false,
      codec: "raw",
      schema: rawFrame,
      about: "the station's raw frame, byte for byte",
    }),
    state: topic({
      key: "state",
      pattern: `${base}/{station}/json/state`,
      owner: "telemetry",
      retained: true,
      schema: readingSchema,
      inbound: foreignReadingSchema,
      about: "the reading of a station; others may publish readings of stations that we do not serve",
    }),
  };
}
