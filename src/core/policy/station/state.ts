/** What the policy remembers of a station: plain JSON, every instant a value of one boot's clock. */
import type { CarriedBy, GridBasis, GridVerdict, Instant } from "../../reading.ts";
import type { Observation } from "./evidence.ts";

/** What was learned of a station's load, watts at the battery. */
export interface LoadMemory {
  /** Load of the newest sample; null before the first. */
  last: number | null;
  /** Load smoothed over about a minute: the present load that raises thresholds. */
  smooth: number | null;
  /** Where the newest load was measured; absent before the first, and in a state of an older version. */
  from?: "output" | "battery";
  /** Begin of the ten minutes that are being averaged, their energy so far in watt milliseconds, and its time in ms. */
  tenAt: Instant;
  tenSum: number;
  tenMs: number;
  /** Largest ten-minute mean of each hour, newest first, at most 24; `hourAt` is the begin of the newest. */
  hourAt: Instant;
  hours: number[];
}

/** What a station reports of its own AC output. */
export interface OutputMemory {
  /** Newest value that is believed; null until the station reported `true`. */
  on: boolean | null;
  /** Samples in a row that report off while `on` is true. */
  offSamples: number;
  /** The alarm `output-off` is active. */
  alarm: boolean;
}

/** The faults that a station reports; each list sorted. */
export interface FaultMemory {
  /** Those of the newest sample. */
  now: readonly string[];
  /** Those that stood when the mains last carried the load; null while that was never seen. */
  before: readonly string[] | null;
  /** The sets that were already reported to people in `outage`, or between two outages where that is null. */
  told: readonly string[];
  outage: string | null;
  /** The alarm `station-fault` is active. */
  alarm: boolean;
}

/** The alarm of a silent station: active from the first alarm until the station was heard without a gap again. */
export interface SilenceAlarm {
  kind: "blind-on-mains" | "blind-on-battery";
  /** Silences since the alarm began. */
  count: number;
  /** The station is silent now. */
  open: boolean;
  /** When it was last heard again. */
  liveAt: Instant;
}

/** A station as the newest sample and the clock left it. Values that were never reported are null. */
export interface StationState {
  id: string;
  /** The verdict of the newest sample; `unknown` before the first. */
  verdict: GridVerdict;
  basis: GridBasis;
  carried: CarriedBy | null;
  /** The last verdict of a live sample that was not `unknown`; null before the first. */
  last: "present" | "lost" | null;
  /** The reading's own count of samples: tells a new sample from a repeated reading; null right after a start. */
  samples: number | null;
  /** A loss is reported that is not believed yet, or that another voice contradicts. */
  suspected: boolean;
  /** A reply that may come from a cache says `present`, against the newest sample. */
  hinted: boolean;
  /** When the station made its newest sample; null before the first of this start or outage of ours. */
  sampleAt: Instant | null;
  /** Spans between the last five samples in ms, and their median, the usual interval; 0 while unknown. */
  gaps: number[];
  gap: number;
  local: boolean;
  /** The newest live sample that said `present`; null before the first of this start. */
  upAt: Instant | null;
  /** Since when the grid is present, and over how many samples without a silence between them. */
  presentAt: Instant | null;
  presentSamples: number;
  /** Since when each sample shows that the battery carries the load, now or soon; null while the newest does not. */
  awayAt: Instant | null;
  /** The newest samples, as many as confirm each other. The quantities below are what they agree on; null before. */
  recent: readonly Observation[];
  /** Percent, and when it was reported. */
  soc: number | null;
  socAt: Instant | null;
  /** When the reported charge last changed. */
  socMovedAt: Instant | null;
  /** Seconds, and smoothed over at most 60 s. */
  runtime: number | null;
  runtimeSmooth: number | null;
  charging: boolean | null;
  /** Usable capacity in Wh, state of health included. */
  capacity: number | null;
  capacityBasis: "measured" | "model" | null;
  limit: number | null;
  rated: number | null;
  load: LoadMemory;
  /** Since when the station gains charge on balance, and its highest charge since; null while it does not. */
  gainAt: Instant | null;
  gainSoc: number | null;
  /** `<station>-<Unix seconds>`; null while there is no outage. */
  outage: string | null;
  outageAt: Instant | null;
  /** Begin of the present stretch on battery. */
  lostAt: Instant | null;
  /** Milliseconds of the earlier stretches on battery of this outage. */
  onBattery: number;
  /** When this process started, until the first live sample after it: stored values are not acted on at once. */
  resumedAt: Instant | null;
  /** When this process could hear the station again after a pause of its own, until the next live sample. */
  pausedAt: Instant | null;
  /** When the last pause of this process ended; null before the first. */
  hearsAt: Instant | null;
  /** Milliseconds since the newest sample in which this process could not hear: no silence of the station. */
  deafMs: number;
  silence: SilenceAlarm | null;
  /** The alarm `no-reading-since-start` is active. */
  graceAlarm: boolean;
  /** The alarm `grid-not-reported` is active. */
  gridAlarm: boolean;
  /** The alarm `charge-unknown` is active. */
  chargeAlarm: boolean;
  output: OutputMemory;
  faults: FaultMemory;
}

const unheardOutput: OutputMemory = { on: null, offSamples: 0, alarm: false };
const unheardFaults: FaultMemory = { now: [], before: null, told: [], outage: null, alarm: false };

const emptyLoad: LoadMemory = {
  last: null,
  smooth: null,
  tenAt: 0,
  tenSum: 0,
  tenMs: 0,
  hourAt: 0,
  hours: [],
};

/** A station that was never heard; its load may be known from before. */
export function unheardStation(id: string, load: LoadMemory = emptyLoad): StationState {
  return {
    id,
    verdict: "unknown",
    basis: "none",
    carried: null,
    last: null,
    samples: null,
    suspected: false,
    hinted: false,
    sampleAt: null,
    gaps: [],
    gap: 0,
    local: false,
    upAt: null,
    presentAt: null,
    presentSamples: 0,
    awayAt: null,
    recent: [],
    soc: null,
    socAt: null,
    socMovedAt: null,
    runtime: null,
    runtimeSmooth: null,
    charging: null,
    capacity: null,
    capacityBasis: null,
    limit: null,
    rated: null,
    load,
    gainAt: null,
    gainSoc: null,
    outage: null,
    outageAt: null,
    lostAt: null,
    onBattery: 0,
    resumedAt: null,
    pausedAt: null,
    hearsAt: null,
    deafMs: 0,
    silence: null,
    graceAlarm: false,
    gridAlarm: false,
    chargeAlarm: false,
    output: unheardOutput,
    faults: unheardFaults,
  };
}
