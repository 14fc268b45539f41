/** What somebody else says about a station on `json/state`, turned into a partial reading, bad fields dropped one by one. */
import type { PartReading } from "../reading.ts";

/** The believable part of a foreign reading, and one reason for each field that was not believed. */
export interface ForeignPart {
  part: PartReading;
  /** `soc 255 is outside 0–100`, one a field; empty when all is well. */
  refused: string[];
}

/** `payload` is the parsed JSON; `device` was checked before (contract). Times in epoch ms; `wall` stands in for a missing `sampled_at`. */
export function partFromForeign(payload: { device: string }, wall: number): ForeignPart {
  const part: PartReading = {
    station: payload.device,
    source: "mqtt",
    sampled_at: wall,
    received_at: wall,
    values: {},
    ages: {},
    grid: null,
    sample: true,
  };
  return { part, refused: [] };
}
