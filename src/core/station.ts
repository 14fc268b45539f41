/** One station's truth: decode → fuse → filter in one call, over the station's own mutable memory; the telemetry room holds one memory a station. */
import type { Instant, PartReading, StationReading } from "./reading.ts";

/** What is known of a station before it says anything. */
export interface StationSetup {
  /** Its id on the bus: the configured name, else the serial. */
  id: string;
  /** Null for a station that only others speak for. */
  serial: string | null;
  name: string | null;
  /** Configured capacity in Wh; null leaves it to the station. */
  capacityWh: number | null;
  /** Configured discharge limit in percent; null leaves it to the station. */
  dischargeLimitPercent: number | null;
}

/** Everything that can reach a station's memory; each input carries its time. */
export type StationInput = { at: Instant; wall: number } & (
  | { kind: "frame"; source: string; bytes: Uint8Array }
  | { kind: "part"; part: PartReading }
  | { kind: "tick" }
);

/** The judged reading without what only the publisher knows. */
export type JudgedReading = Omit<StationReading, "seq" | "origin">;

export interface StationAnswer {
  /** Null: nothing worth publishing. */
  reading: JudgedReading | null;
  /** Why the input, or a part of it, was not believed; one sentence. */
  problem?: string;
}

/** Plain mutable data of one station; only `take` writes it. */
export interface StationMemory {
  readonly setup: StationSetup;
  /** The next instant at which a tick may change something; `Infinity` when none can. A tick before it costs one comparison. */
  wakeAt: Instant;
}

/** A memory that knows nothing yet. */
export function createStation(setup: StationSetup): StationMemory {
  return { setup, wakeAt: Number.POSITIVE_INFINITY };
}

/** Takes one input in, changes `memory`, and answers the reading to publish. Never throws on foreign bytes. */
export function take(memory: StationMemory, input: StationInput): StationAnswer {
  if (input.kind === "tick" && input.at < memory.wakeAt) return { reading: null };
  return { reading: null };
}
