/** The shared vocabulary: what is known about a station. No field is ever a default: unknown is null. */

/** Milliseconds since this machine's boot, sleep included. Decisions use it; the wall clock is only shown to people. */
export type Instant = number;

/** All verdicts on the mains: it is there, it is not there, or the evidence allows no answer. */
export const gridVerdicts = ["present", "lost", "unknown"] as const;
export type GridVerdict = (typeof gridVerdicts)[number];

/** Rank of a verdict: a higher one is worse for the machines behind the station. */
export const gridBadness: Readonly<Record<GridVerdict, number>> = { present: 0, unknown: 1, lost: 2 };

/** All kinds of evidence behind a verdict. */
export const gridBases = [
  "ac-input-watts",
  "flow",
  "charge-state",
  "discharge",
  "by-setting",
  "solar",
  "hid",
  "nut",
  "witness",
  "network",
  "last-known",
  "none",
] as const;
export type GridBasis = (typeof gridBases)[number];

/** What can feed the load; null stands for "not known". */
export const carriers = ["grid", "battery", "solar", "none"] as const;
export type CarriedBy = (typeof carriers)[number];

/** How far a reading can be trusted: `held` repeats an old value, `none` never had one. */
export const qualities = ["live", "held", "none"] as const;
export type Quality = (typeof qualities)[number];

/** One battery pack of a station, identified by its `num` (0 = the main pack). */
export interface Module {
  num: number;
  /** Percent, 0–100. */
  soc: number | null;
  temp_celsius: number | null;
  /** State of health, percent. */
  soh: number | null;
  cycles: number | null;
  /** Watts into the pack. */
  in_watts: number | null;
  /** Watts out of the pack. */
  out_watts: number | null;
}

/** The values that a station measures, each null until it was reported. The names are those of `json/state`. */
export interface Measured {
  /** State of charge over all packs, percent, 0–100. */
  soc: number | null;
  temp_celsius: number | null;
  ac_in_watts: number | null;
  ac_out_watts: number | null;
  in_watts: number | null;
  out_watts: number | null;
  solar_watts: number | null;
  charging: boolean | null;
  /** Seconds to the discharge limit at the present load. */
  runtime_sec: number | null;
  capacity_wh: number | null;
  discharge_limit_percent: number | null;
  charge_limit_percent: number | null;
  modules: Module[] | null;
  ac_out_on: boolean | null;
  ac_standby_min: number | null;
  /** Whether the outputs come back on after a cut. */
  output_memory: boolean | null;
  faults: string[] | null;
}

/** Returns values of which none was reported, to be filled. */
export const emptyMeasured = (): Measured => ({
  soc: null,
  temp_celsius: null,
  ac_in_watts: null,
  ac_out_watts: null,
  in_watts: null,
  out_watts: null,
  solar_watts: null,
  charging: null,
  runtime_sec: null,
  capacity_wh: null,
  discharge_limit_percent: null,
  charge_limit_percent: null,
  modules: null,
  ac_out_on: null,
  ac_standby_min: null,
  output_memory: null,
  faults: null,
});

/** The same, never to be changed. */
export const nothingMeasured: Readonly<Measured> = Object.freeze(emptyMeasured());

/** What one source says about the mains, with its evidence. */
export interface GridReport {
  verdict: GridVerdict;
  basis: GridBasis;
  carried_by: CarriedBy | null;
}

/** The values that one source reports; absent and null mean unknown. */
export type PartValues = { [Field in keyof Measured]?: Measured[Field] | undefined };

/** What one source says about one station, before the sources are fused. */
export interface PartReading {
  /** The station's serial, or the id that the source knows it by. */
  station: string;
  /** The name of the source instance. */
  source: string;
  /** Epoch ms: the device's own time where it gave one within 60 s of ours, else the time of receipt. */
  sampled_at: number;
  /** Epoch ms. */
  received_at: number;
  /** The values known to this source, however old. */
  values: PartValues;
  /** Age of each value in ms; a value without an age was measured at `sampled_at`. */
  ages: Partial<Record<keyof Measured, number>>;
  /** Null when the source says nothing about the mains. */
  grid: GridReport | null;
  /** False when this answer may come from a cache: it renews no age and ends no silence (S7). */
  sample: boolean;
}

/** The reading published on `<base>/<station>/json/state` (docs/topics.md). */
export interface Reading extends Measured {
  /** The station's id: its configured name, else its serial. */
  device: string;
  /** The original's field: true, false, or null when the verdict is unknown. */
  grid_connected: boolean | null;
  serial: string | null;
  name: string | null;
  model: string | null;
  /** Epoch ms. */
  sampled_at: number | null;
  /** Epoch ms. */
  received_at: number | null;
  source: string | null;
  /** Rises with each publication of this instance. */
  seq: number;
  /** `<site>/<instance>` that published it. */
  origin: string;
  quality: Quality;
  grid: GridVerdict;
  /** The last verdict that was not `unknown`; null before the first. */
  grid_last: "present" | "lost" | null;
  grid_basis: GridBasis;
  carried_by: CarriedBy | null;
}

/** The judged reading that the policy receives (`reading/<station>`): the public reading and what a decision needs besides. */
export interface StationReading extends Reading {
  /** Rises by one with each sample that the station itself made; a repeat, a tick and a cached answer leave it. */
  samples: number;
  /** Milliseconds from the last such sample to the publication; null before the first. */
  sample_age_ms: number | null;
  /** A loss is reported that is not believed yet, or that another voice contradicts: silence after it counts as on battery. */
  grid_suspected: boolean;
  /** The newest sample came from a source at the station itself, whose silence shows sooner (S7). */
  local: boolean;
  /** Watts out of the battery, measured at the battery; null where the station does not report it (S5). */
  battery_watts: number | null;
  /** Where `capacity_wh` comes from. */
  capacity_basis: "measured" | "model" | null;
  /** Rated output in watts, reported by the station or else known of its model. It is the worst-case load where no load was ever seen (S5). */
  rated_watts: number | null;
}
