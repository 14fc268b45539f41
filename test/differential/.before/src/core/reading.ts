/** What is known about a station: the vocabulary that every room speaks. Nothing here is ever a default: unknown is null. */

/** Milliseconds since this machine's boot, sleep included. Decides; the wall clock is for people. */
export type Instant = number;

/** `present`: the mains is there. `lost`: it is not. `unknown`: the evidence does not allow an answer. */
export type GridVerdict = "present" | "lost" | "unknown";

/** The evidence behind a verdict, a closed list. */
export type GridBasis =
  | "ac-input-watts"
  | "flow"
  | "charge-state"
  | "discharge"
  | "by-setting"
  | "solar"
  | "hid"
  | "nut"
  | "witness"
  | "network"
  | "last-known"
  | "none";

/** What feeds the load at this moment; null when that is not known. */
export type CarriedBy = "grid" | "battery" | "solar" | "none";

/** How far a reading can be trusted: `held` repeats an old value, `estimated` is a blind projection, `none` never had one. */
export type Quality = "live" | "held" | "estimated" | "none";

/** One battery pack of a station, told apart by its `num` (0 = the main pack). */
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

/** The values a station measures, each null until it was reported. Names are those of the wire (`json/state`). */
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

/** A judgement of the mains with its evidence. */
export interface GridWord {
  verdict: GridVerdict;
  basis: GridBasis;
  carried_by: CarriedBy | null;
}

/** What one source says about one station, before the sources are fused. */
export interface PartReading {
  /** Serial, or the id the source knows the station by. */
  station: string;
  /** `mqtt-raw`, `mqtt`, `ecoflow-app`, `ecoflow-open`, `nut`, `usb`. */
  source: string;
  /** Epoch ms: the device's own time where it gave one within 60 s of ours, else the time of receipt. */
  sampled_at: number;
  /** Epoch ms. */
  received_at: number;
  /** The values known to this source, however old. */
  values: Partial<Measured>;
  /** Age of each value in ms; a value without an age is as old as the part. */
  ages: Partial<Record<keyof Measured, number>>;
  grid: GridWord | null;
  /** False when this answer may come from a cache (hard-cases S7): it renews no age and ends no silence. */
  sample: boolean;
}

/** The reading published on `<base>/<station>/json/state`: product.md section 4, complete. */
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

/** The judged reading that policy, history and page see (`reading/<station>`): a reading with what a decision needs besides. */
export interface StationReading extends Reading {
  /** Rises by one with each sample that the station itself made; a repeat, a tick and a cached answer leave it. */
  samples: number;
  /** Milliseconds since the last such sample when this was published; null before the first. */
  sample_age_ms: number | null;
  /** The newest sample came from a local source (USB, NUT): one such sample is enough to confirm the grid (S10). */
  local: boolean;
  /** Watts out of the battery, measured at the battery where the station tells, else null (S5). */
  battery_watts: number | null;
  /** Where `capacity_wh` comes from. */
  capacity_basis: "measured" | "model" | null;
  /** Rated output, watts, as the station itself tells it (Display 238), else the model's; the worst-case load where none was ever seen (S5). */
  rated_watts: number | null;
}
