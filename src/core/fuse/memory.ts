/** The memory of one station: everything that decoding, fusion and the filters keep, as plain mutable data. */
import { createDevice, type Device } from "../decode/device.ts";
import { type Evidence, noEvidence } from "../decode/families/evidence.ts";
import type { FamilyRules } from "../decode/families/family.ts";
import { rulesOfModel } from "../decode/families/registry.ts";
import { type Model, modelOf, whyNoStation } from "../decode/models.ts";
import { type GridBelief, unknownGrid } from "../filter/grid.ts";
import { type SocBelief, unknownSoc } from "../filter/soc.ts";
import { type FrozenWatch, nothingWatched } from "../filter/stale.ts";
import type { CarriedBy, Instant, Quality } from "../reading.ts";
import type { SourceMemory } from "./sources.ts";

/** What is known of a station before its first message. */
export interface StationSetup {
  /** Its id on the bus: the configured name, else the serial. */
  id: string;
  /** Null for a station that is known only by readings of others. */
  serial: string | null;
  name: string | null;
  /** Configured capacity in Wh; null: as the station reports it. */
  capacityWh: number | null;
  /** Configured discharge limit in percent; null: as the station reports it. */
  dischargeLimitPercent: number | null;
}

/**
 * What people must know about a station's reports. `does-not-tell`: its firmware shows no sign of the mains (S16).
 * `source-flaps`: a local source contradicts itself and the cloud (S17). `sources-disagree`: one voice reports the mains and
 * another one its loss (E6).
 */
export type Complaint = "does-not-tell" | "source-flaps" | "sources-disagree" | "charges-disagree";

/** Plain mutable data of one station; only `take` writes it. */
export interface StationMemory {
  readonly setup: StationSetup;
  /** The next instant at which a tick may change something; `Infinity` when none can. A tick before it costs one comparison. */
  wakeAt: Instant;
  /** One payload is judged by itself, so every hold time counts as passed. */
  readonly holdsPassed: boolean;
  /** Why nothing is read of its messages: its serial is that of a meter or a plug. Null for a station. */
  readonly noStation: string | null;
  model: Model | null;
  /** How its family is read. */
  rules: FamilyRules;
  readonly device: Device;
  readonly evidence: Evidence;
  /** In the order in which they were first heard. */
  sources: readonly SourceMemory[];
  /** The source of frames that spoke last; null while only partial readings came. */
  framesFrom: SourceMemory | null;
  readonly soc: SocBelief;
  /** The value that `soc` was last fed with, percent. */
  fedSoc: number | null;
  /** When that value was reported; −∞ for one from a cache. */
  fedSocAt: Instant;
  readonly grid: GridBelief;
  /** The sources contradict each other on the mains. */
  isDisputed: boolean;
  /** A reply that no live message has followed yet ended a loss (S7). */
  endedByReply: boolean;
  carriedBy: CarriedBy | null;
  readonly frozen: FrozenWatch;
  isFrozen: boolean;
  /** Null when there is nothing to report. Each complaint is reported once. */
  complaint: Complaint | null;
  /** Samples that the station itself made so far. */
  samples: number;
  /** When the newest sample came. */
  sampleAt: Instant | null;
  /** The time of the newest sample, epoch ms. */
  sampledWall: number | null;
  /** When the newest message of any kind came, epoch ms. */
  receivedWall: number | null;
  /** The source of the newest message. */
  newest: SourceMemory | null;
  quality: Quality;
}

/** A memory that knows nothing yet. `holdsPassed` is for judging single payloads: every hold time counts as passed. */
export function createStation(setup: StationSetup, holdsPassed = false): StationMemory {
  const model = modelOf(setup.serial);
  return {
    setup,
    holdsPassed,
    noStation: whyNoStation(setup.serial),
    wakeAt: Number.POSITIVE_INFINITY,
    model,
    rules: rulesOfModel(model),
    device: createDevice(),
    evidence: noEvidence(),
    sources: [],
    framesFrom: null,
    soc: unknownSoc(),
    fedSoc: null,
    fedSocAt: Number.NEGATIVE_INFINITY,
    grid: unknownGrid(),
    isDisputed: false,
    endedByReply: false,
    carriedBy: null,
    frozen: nothingWatched(),
    isFrozen: false,
    complaint: null,
    samples: 0,
    sampleAt: null,
    sampledWall: null,
    receivedWall: null,
    newest: null,
    quality: "none",
  };
}
