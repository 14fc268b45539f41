/** From what is known at one moment to the judged reading: values fused, state of charge and grid filtered. */
import { isMute } from "../decode/families/evidence.ts";
import { heartbeatSoc } from "../decode/families/values.ts";
import { displayPropertyUpload } from "../decode/fields/display-property.ts";
import { indexesOf } from "../decode/fields/table.ts";
import { steepestFall } from "../decode/models.ts";
import { valueAt } from "../decode/numbers.ts";
import { believeGrid, type GridEvidence, lossDue, passedProof } from "../filter/grid.ts";
import { believeSoc } from "../filter/soc.ts";
import { watchFrozen } from "../filter/stale.ts";
import type { Instant, Measured, Quality, StationReading } from "../reading.ts";
import { evidenceOf, gridSource, nothingMeasured, overlay, proofOf } from "./fuse.ts";
import type { StationMemory } from "./memory.ts";
import { flaps, isHeard, isLocal, type SourceMemory, silentAt } from "./sources.ts";

/** The judged reading without what only the publisher knows. */
export type JudgedReading = Omit<StationReading, "seq" | "origin">;

/** What the input told itself: nothing by a tick, and no grid by a message that does not speak of it. */
export interface Told {
  values: boolean;
  grid: boolean;
}

/** Runs fuse and the filters over what is known at `at`. */
export function update(memory: StationMemory, at: Instant, wall: number, told: Told): Measured {
  const values = fuseValues(memory, at, told.values);
  judgeTheGrid(memory, at, told.grid);
  // A station measures at the battery; others who speak for one tell at most the load that it carries (S18).
  const others = memory.framesFrom === null ? (values.out_watts ?? values.ac_out_watts) : null;
  const watts = memory.carriedBy === "battery" ? (batteryOf(memory) ?? others ?? 0) : 0;
  const { soc } = memory;
  const capacityWh = capacityOf(memory, values);
  memory.isFrozen = watchFrozen(memory.frozen, { soc: orNull(soc.value), watts, capacityWh, at, wall });
  if (memory.isFrozen) {
    memory.sampleAt = memory.frozen.since;
    memory.sampledWall = memory.frozen.sinceWall;
  }
  memory.quality = qualityOf(memory, at);
  return values;
}

const batteryOf = ({ device, rules }: StationMemory) => rules.batteryWatts(device);

const capacityOf = (memory: StationMemory, values: Measured) =>
  values.capacity_wh ?? memory.setup.capacityWh ?? memory.model?.capacityWh ?? null;

function fuseValues(memory: StationMemory, at: Instant, sample: boolean): Measured {
  const frames = memory.framesFrom;
  const told = frames === null ? null : memory.rules.soc(memory.device, at);
  const values: Measured = frames === null ? { ...nothingMeasured } : memory.rules.measured(memory.device);
  let toldAt = told?.at ?? Number.NEGATIVE_INFINITY;
  values.soc = told?.value ?? null;
  if (frames === null || memory.sources.length > 1) {
    overlay(values, frames?.spokeAt ?? at, memory.sources);
    toldAt = Math.max(toldAt, newestSocAt(memory));
  }
  feedSoc(memory, values.soc, toldAt, at, sample);
  return values;
}

function newestSocAt(memory: StationMemory): Instant {
  let newest = Number.NEGATIVE_INFINITY;
  for (const { cells } of memory.sources) newest = Math.max(newest, cells?.soc?.at ?? newest);
  return newest;
}

/** Only a value that was told anew is a sample of the state of charge: an old one repeated by us confirms nothing. */
function feedSoc(
  memory: StationMemory,
  soc: number | null,
  toldAt: Instant,
  at: Instant,
  sample: boolean,
): void {
  forgetCached(memory);
  const fall = steepestFall(memory.model);
  if (
    soc !== null &&
    (Number.isNaN(memory.soc.value) || ((sample || memory.samples === 0) && isNews(memory, soc, toldAt)))
  ) {
    memory.socToldAt = toldAt;
    memory.socTold = soc;
    believeSoc(memory.soc, soc, at, fall);
  } else if (sample && memory.soc.doubts > 0) {
    const confirming = heartbeatSoc(memory.device, at);
    if (confirming !== null) believeSoc(memory.soc, confirming, at, fall);
  }
}

/** A charge from a cache, which stood in while nobody spoke, is nothing that the station's own would have to agree with (S7). */
function forgetCached({ soc, socToldAt, sources }: StationMemory): void {
  if (socToldAt > Number.NEGATIVE_INFINITY || Number.isNaN(soc.value)) return;
  if (sources.some(({ spokeAt }) => spokeAt > Number.NEGATIVE_INFINITY)) soc.value = Number.NaN;
}

/** Told later than the last one, or otherwise in the same instant. */
const isNews = (memory: StationMemory, soc: number, toldAt: Instant) =>
  toldAt > memory.socToldAt || (toldAt === memory.socToldAt && soc !== memory.socTold);

function judgeTheGrid(memory: StationMemory, at: Instant, sample: boolean): void {
  memory.wakeAt = silenceDue(memory, at);
  memory.complaint = memory.framesFrom !== null && isMute(memory.evidence, at) ? "does-not-tell" : null;
  const source = gridSource(memory.sources, at);
  if (source === null) return;
  const evidence = source.cells === null ? ownEvidence(memory, at) : wordOf(memory, source, at);
  const proof = memory.holdsPassed ? passedProof : proofOf(source);
  believeGrid(memory.grid, evidence, at, proof, sample);
  // Silence does not change what carried the load at the last good sample (S2); and what somebody else concludes from
  // a loss is believed with that loss, not before (S27): only a station's own frames measure a discharge.
  const isConcluded = source.cells !== null && evidence.verdict === "lost" && memory.grid.verdict !== "lost";
  if (isHeard(source, at) && !isConcluded) memory.carriedBy = evidence.carriedBy;
  memory.wakeAt = Math.min(memory.wakeAt, lossDue(memory.grid, proof));
  if (source.cells === null) memory.wakeAt = Math.min(memory.wakeAt, memory.evidence.nextAt);
}

/** What the station's own frames say, by its family's rule. */
const ownEvidence = (memory: StationMemory, at: Instant): GridEvidence =>
  memory.rules.grid(memory.device, memory.evidence, {
    at,
    soc: orNull(memory.soc.value),
    holdsPassed: memory.holdsPassed,
  });

/** Another source's word; one that flaps while fresh watts come from the mains is not believed either way (S17). */
function wordOf(memory: StationMemory, source: SourceMemory, at: Instant): GridEvidence {
  const evidence = evidenceOf(source, at);
  const own = memory.framesFrom;
  if (!isLocal(source) || !flaps(source, at) || own === null || at >= silentAt(own)) return evidence;
  if (ownEvidence(memory, at).basis !== "ac-input-watts") return evidence;
  memory.complaint = "source-flaps";
  return { verdict: "unknown", basis: "last-known", carriedBy: evidence.carriedBy };
}

/** When the next source falls silent. */
function silenceDue(memory: StationMemory, at: Instant): Instant {
  let due = Number.POSITIVE_INFINITY;
  for (const source of memory.sources) {
    const silent = silentAt(source);
    if (silent > at && silent < due) due = silent;
  }
  return due;
}

/** How far the reading can be trusted. */
export function qualityOf(memory: StationMemory, at: Instant): Quality {
  if (memory.newest === null) return "none";
  if (memory.isFrozen || memory.samples === 0) return "held";
  for (const source of memory.sources) {
    if (at < silentAt(source)) return "live";
  }
  return "held";
}

const orNull = (value: number) => (Number.isNaN(value) ? null : value);

/** What can be said of a station that told nothing known. */
export const blankReading = (memory: StationMemory, at: Instant): JudgedReading =>
  readingOf(memory, { ...nothingMeasured }, at);

const ratedOutput = indexesOf(displayPropertyUpload)("plug_in_info_ac_out_dsg_pow_max");

/** What the station itself says it can give, watts; 0 is not known. */
function toldRating({ device }: StationMemory): number | null {
  const watts = valueAt(device.display, ratedOutput);
  return watts !== null && watts > 0 ? watts : null;
}

/** The reading as it stands after `update`. */
export function readingOf(memory: StationMemory, values: Measured, at: Instant): JudgedReading {
  const { setup, model, grid } = memory;
  const capacityWh = capacityOf(memory, values);
  // Field by field: a spread would make a slow object of it (measured: half of the whole cost of a frame).
  return {
    device: setup.id,
    soc: orNull(memory.soc.value),
    grid_connected: grid.verdict === "unknown" ? null : grid.verdict === "present",
    temp_celsius: values.temp_celsius,
    serial: setup.serial,
    name: setup.name,
    model: model?.name ?? null,
    ac_in_watts: values.ac_in_watts,
    ac_out_watts: values.ac_out_watts,
    in_watts: values.in_watts,
    out_watts: values.out_watts,
    solar_watts: values.solar_watts,
    charging: values.charging,
    runtime_sec: values.runtime_sec,
    capacity_wh: capacityWh,
    discharge_limit_percent: values.discharge_limit_percent ?? setup.dischargeLimitPercent,
    charge_limit_percent: values.charge_limit_percent,
    modules: values.modules,
    ac_out_on: values.ac_out_on,
    ac_standby_min: values.ac_standby_min,
    output_memory: values.output_memory,
    faults: values.faults,
    sampled_at: orNull(memory.sampledWall),
    received_at: orNull(memory.receivedWall),
    source: memory.newest?.name ?? null,
    quality: memory.quality,
    grid: grid.verdict,
    grid_last: grid.last,
    grid_basis: grid.basis,
    carried_by: memory.carriedBy,
    samples: memory.samples,
    sample_age_ms: orNull(Math.max(0, at - memory.sampleAt)),
    local: isLocal(memory.newest),
    battery_watts: batteryOf(memory),
    capacity_basis: values.capacity_wh !== null ? "measured" : capacityWh !== null ? "model" : null,
    rated_watts: toldRating(memory) ?? model?.ratedWatts ?? null,
  };
}
