/** Turns what is known at one moment into the judged reading: fuses the values, filters the state of charge and the grid. */
import { steepestFall } from "../decode/models.ts";
import { believeGrid, type GridEvidence, lossDue, passedProof } from "../filter/grid.ts";
import { areChargesDisputed, believeSoc, forgetSoc, socOf } from "../filter/soc.ts";
import { watchFrozen } from "../filter/stale.ts";
import type { Instant, Measured, Quality, StationReading } from "../reading.ts";
import { nothingMeasured } from "../reading.ts";
import { isDisputed } from "./dispute.ts";
import { evidenceOf, gridSource, overlay } from "./fuse.ts";
import type { Complaint, StationMemory } from "./memory.ts";
import { flaps, isHeard, noteView, type SourceMemory, silentAt } from "./sources.ts";

/** The judged reading without what only the publisher knows. */
export type JudgedReading = Omit<StationReading, "seq" | "origin">;

/** What the input itself reported: a tick reports nothing, and some messages do not mention the grid. */
export interface Reported {
  values: boolean;
  grid: boolean;
}

/** Runs fusion and the filters over what is known at `at`; answers the fused values. */
export function update(memory: StationMemory, at: Instant, wall: number, reported: Reported): Measured {
  const { complaint: standing } = memory;
  const values = fuseValues(memory, at, reported.values);
  judgeGrid(memory, at, reported.grid);
  judgeDispute(memory, at, standing);
  const moment = {
    soc: socOf(memory.soc),
    watts: drainOf(memory, values),
    capacityWh: capacityOf(memory, values),
    at,
    wall,
  };
  memory.isFrozen = watchFrozen(memory.frozen, moment);
  if (memory.isFrozen) {
    memory.sampleAt = memory.frozen.since;
    memory.sampledWall = memory.frozen.sinceWall;
  }
  memory.quality = qualityOf(memory, at);
  return values;
}

/**
 * Watts out of the battery for the watch over a frozen charge; 0 when the battery does not carry the load. A station's frames
 * measure at the battery, others report at most the load (S18).
 */
function drainOf(memory: StationMemory, values: Measured): number {
  if (memory.carriedBy !== "battery") return 0;
  const load = memory.framesFrom === null ? (values.out_watts ?? values.ac_out_watts) : null;
  return batteryOf(memory) ?? load ?? 0;
}

/** Watts out of the battery, measured there; null where the family does not report it. */
export const batteryOf = ({ device, rules }: StationMemory) => rules.batteryWatts(device);

/** Capacity in Wh: reported, else configured, else that of the model; null when none is known. */
export const capacityOf = (memory: StationMemory, values: Measured) =>
  values.capacity_wh ?? memory.setup.capacityWh ?? memory.model?.capacityWh ?? null;

function fuseValues(memory: StationMemory, at: Instant, isReported: boolean): Measured {
  const frames = memory.framesFrom;
  const own = frames === null ? null : memory.rules.soc(memory.device, at);
  const values: Measured = frames === null ? { ...nothingMeasured } : memory.rules.measured(memory.device);
  let socAt = own?.at ?? Number.NEGATIVE_INFINITY;
  values.soc = own?.value ?? null;
  if (frames === null || memory.sources.length > 1) {
    overlay(values, frames?.spokeAt ?? at, memory.sources);
    socAt = Math.max(socAt, newestSocAt(memory));
  }
  feedSoc(memory, values.soc, socAt, at, isReported);
  return values;
}

function newestSocAt(memory: StationMemory): Instant {
  let newest = Number.NEGATIVE_INFINITY;
  for (const { cells } of memory.sources) newest = Math.max(newest, cells?.soc?.at ?? newest);
  return newest;
}

/** Only a newly reported value is a sample of the state of charge: an old one that we repeat confirms nothing. */
function feedSoc(
  memory: StationMemory,
  soc: number | null,
  socAt: Instant,
  at: Instant,
  isReported: boolean,
): void {
  forgetCached(memory);
  const fall = steepestFall(memory.model);
  const mayBeNew = isReported || memory.samples === 0;
  if (soc !== null && (memory.soc.value === null || (mayBeNew && isNew(memory, soc, socAt)))) {
    memory.fedSocAt = socAt;
    memory.fedSoc = soc;
    believeSoc(memory.soc, soc, at, fall);
  } else if (isReported && memory.soc.challengers.length > 0) {
    const confirming = memory.rules.confirmingSoc?.(memory.device, at) ?? null;
    if (confirming !== null) believeSoc(memory.soc, confirming, at, fall);
  }
}

/** Drops a charge from a cache once the station speaks: the station's own value does not have to agree with it (S7). */
function forgetCached({ soc, fedSocAt, sources }: StationMemory): void {
  if (fedSocAt > Number.NEGATIVE_INFINITY || soc.value === null) return;
  if (sources.some(({ spokeAt }) => spokeAt > Number.NEGATIVE_INFINITY)) forgetSoc(soc);
}

/** Whether the value was reported later than the last one, or is another one of the same instant. */
const isNew = (memory: StationMemory, soc: number, socAt: Instant) =>
  socAt > memory.fedSocAt || (socAt === memory.fedSocAt && soc !== memory.fedSoc);

function judgeGrid(memory: StationMemory, at: Instant, isReported: boolean): void {
  memory.wakeAt = silenceDue(memory, at);
  const isMute = memory.framesFrom !== null && (memory.rules.mute?.(memory.evidence, at) ?? false);
  memory.complaint = isMute ? "does-not-tell" : null;
  const source = gridSource(memory.sources, at);
  if (source === null) return;
  const isOwn = source.cells === null;
  const evidence = isOwn ? ownEvidence(memory, at) : reportedEvidence(memory, source, at);
  const proof = memory.holdsPassed ? passedProof : source.traits.lossProof;
  believeGrid(memory.grid, evidence, at, proof, isReported);
  // Silence does not change what carried the load at the last good sample (S2). Only a station's own frames measure a
  // discharge: what another source concludes from a loss is believed together with that loss (S27).
  const isConcluded = !isOwn && evidence.verdict === "lost" && memory.grid.verdict !== "lost";
  if (isHeard(source, at) && !isConcluded) memory.carriedBy = evidence.carriedBy;
  memory.wakeAt = Math.min(memory.wakeAt, lossDue(memory.grid, proof));
  if (isOwn) memory.wakeAt = Math.min(memory.wakeAt, memory.evidence.nextAt);
}

/** How often a dispute is judged without messages, because it ends by time. */
const disputeStepMs = 5_000;

/** Judges whether two voices contradict each other, on the mains or on the charge. The alarm that stands stays while its cause does. */
function judgeDispute(memory: StationMemory, at: Instant, standing: Complaint | null): void {
  judgeMainsDispute(memory, at);
  const found: Complaint[] = memory.isDisputed ? ["sources-disagree"] : [];
  if (areChargesDisputed(memory.soc, at)) found.push("charges-disagree");
  if (found.length === 0) return;
  memory.complaint ??= found.find((complaint) => complaint === standing) ?? found[0] ?? null;
  memory.wakeAt = Math.min(memory.wakeAt, at + disputeStepMs);
}

/** A single source of frames has one voice on the mains. */
function judgeMainsDispute(memory: StationMemory, at: Instant): void {
  const { sources, framesFrom } = memory;
  if (sources.length === 1 && framesFrom !== null) return;
  if (framesFrom?.spokeAt === at) noteView(framesFrom, ownEvidence(memory, at).verdict, at);
  memory.isDisputed = isDisputed(sources, at);
}

/** Whether a loss is reported that is not believed, or that another voice contradicts. */
export const isSuspected = ({ grid, isDisputed }: StationMemory): boolean => isDisputed || grid.suspected;

/** The evidence in the station's own frames, by the rule of its family. */
const ownEvidence = (memory: StationMemory, at: Instant): GridEvidence =>
  memory.rules.grid(memory.device, memory.evidence, {
    at,
    soc: socOf(memory.soc),
    holdsPassed: memory.holdsPassed,
  });

/** The evidence in another source's report; a local one that flaps while the station measures AC input counts for nothing (S17). */
function reportedEvidence(memory: StationMemory, source: SourceMemory, at: Instant): GridEvidence {
  const evidence = evidenceOf(source, at);
  const own = memory.framesFrom;
  if (!source.traits.local || !flaps(source, at) || own === null || at >= silentAt(own)) return evidence;
  if (ownEvidence(memory, at).basis !== "ac-input-watts") return evidence;
  memory.complaint = "source-flaps";
  return { verdict: "unknown", basis: "last-known", carriedBy: evidence.carriedBy };
}

/** When the next source falls silent; `Infinity` when all are. */
function silenceDue(memory: StationMemory, at: Instant): Instant {
  let due = Number.POSITIVE_INFINITY;
  for (const source of memory.sources) {
    const silent = silentAt(source);
    if (silent > at && silent < due) due = silent;
  }
  return due;
}

/** How far the reading can be trusted at `at`. */
export function qualityOf(memory: StationMemory, at: Instant): Quality {
  if (memory.newest === null) return "none";
  if (memory.isFrozen || memory.samples === 0) return "held";
  for (const source of memory.sources) {
    if (at < silentAt(source)) return "live";
  }
  return "held";
}
