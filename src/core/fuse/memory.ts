/** A station's memory: everything that decode, fuse and filter remember of it, as plain mutable data. */
import { createDevice, type Device } from "../decode/device.ts";
import { type Evidence, noEvidence } from "../decode/families/evidence.ts";
import type { FamilyRules } from "../decode/families/family.ts";
import { rulesOf } from "../decode/families/registry.ts";
import { type Model, modelOf, whyNoStation } from "../decode/models.ts";
import { type GridBelief, unknownGrid } from "../filter/grid.ts";
import { type SocBelief, unknownSoc } from "../filter/soc.ts";
import { type FrozenWatch, nothingWatched } from "../filter/stale.ts";
import type { CarriedBy, Instant, Quality } from "../reading.ts";
import type { SourceMemory } from "./sources.ts";

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

/** `does-not-tell`: its firmware shows no sign of the mains (S16). `source-flaps`: a local source contradicts itself and the cloud (S17). */
export type Complaint = "does-not-tell" | "source-flaps";

/** Plain mutable data of one station; only `take` writes it. */
export interface StationMemory {
  readonly setup: StationSetup;
  /** The next instant at which a tick may change something; `Infinity` when none can. A tick before it costs one comparison. */
  wakeAt: Instant;
  /** One payload is judged by itself, so every hold time counts as passed (rulings R19). */
  readonly holdsPassed: boolean;
  /** Its serial is a meter's or a plug's: why nothing is read of its messages. Null for a station. */
  readonly noStation: string | null;
  model: Model | null;
  /** How its family is read; the protobuf line's rules until something tells the family. */
  rules: FamilyRules;
  readonly device: Device;
  readonly evidence: Evidence;
  /** As first heard. */
  sources: readonly SourceMemory[];
  /** The source of frames that spoke last; null while only partial readings came. */
  framesFrom: SourceMemory | null;
  readonly soc: SocBelief;
  /** The value that `soc` was last fed with, and when it came. */
  socTold: number;
  socToldAt: Instant;
  readonly grid: GridBelief;
  /** A reply that nothing live has followed yet ended a loss (S7). */
  endedByReply: boolean;
  carriedBy: CarriedBy | null;
  readonly frozen: FrozenWatch;
  isFrozen: boolean;
  /** What people must know of how this station tells; null when there is nothing. Said once. */
  complaint: Complaint | null;
  samples: number;
  /** NaN before the first, here and below: a field that is number or null would be boxed anew with each write. */
  sampleAt: Instant;
  sampledWall: number;
  receivedWall: number;
  /** The source of the newest message. */
  newest: SourceMemory | null;
  quality: Quality;
}

/** Shared by all stations until the first source speaks. */
const noSources: readonly SourceMemory[] = [];

/** A memory that knows nothing yet. `holdsPassed` is for judging single payloads (rulings R19). */
export function createStation(setup: StationSetup, holdsPassed = false): StationMemory {
  const model = modelOf(setup.serial);
  return {
    setup,
    holdsPassed,
    noStation: whyNoStation(setup.serial),
    wakeAt: Number.POSITIVE_INFINITY,
    model,
    rules: rulesOf(model?.family ?? "river3", model),
    device: createDevice(),
    evidence: noEvidence(),
    sources: noSources,
    framesFrom: null,
    soc: unknownSoc(),
    socTold: Number.NaN,
    socToldAt: Number.NEGATIVE_INFINITY,
    grid: unknownGrid(),
    endedByReply: false,
    carriedBy: null,
    frozen: nothingWatched(),
    isFrozen: false,
    complaint: null,
    samples: 0,
    sampleAt: Number.NaN,
    sampledWall: Number.NaN,
    receivedWall: Number.NaN,
    newest: null,
    quality: "none",
  };
}
