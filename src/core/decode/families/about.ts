/** What docs/stations.md states of a family, as data, so that tests can compare it with the code and with real captures. */
import type { Measured, Module } from "../../reading.ts";
import type { Table } from "../fields/table.ts";

/** A value that a family can report: of a reading, of each pack (`modules.`), or the battery's own watts. */
export type Claim =
  | Exclude<keyof Measured, "modules">
  | `modules.${Exclude<keyof Module, "num">}`
  | "battery_watts";

/** One family in docs/stations.md. */
export interface FamilyAbout {
  /** The forms its messages come in. */
  wire: string;
  /** The messages it is read from. */
  tables: readonly Table[];
  /** Each sign of the mains, the fields that it reads in backticks, and what it proves. */
  signs: Readonly<Record<string, "present" | "lost">>;
  /** What the station itself reports. */
  measured: readonly Claim[];
  /** What follows from other values, and how. */
  inferred: Readonly<Partial<Record<Claim, string>>>;
  /** What real captures showed, by the model's name; a model that is not here was never seen. */
  seen: Readonly<Record<string, Seen>>;
  /** What its owner should set in the app. */
  setUp: readonly AdviceName[];
}

/** What the captures of one model showed. */
export interface Seen {
  grid: readonly ("present" | "lost")[];
  /** Claimed, but in no capture so far. */
  missing: readonly Claim[];
}

export interface Advice {
  /** The setting's name on the page; null for advice that is no setting. */
  setting: string | null;
  /** The value of the reading that shows it; null where none does. */
  claim: Claim | null;
  text: string;
  /** What the owner does if the station does not report it. */
  untold: string;
}

export type AdviceName =
  | "ac-timeout"
  | "output-memory"
  | "discharge-limit"
  | "backup-reserve"
  | "never-lost"
  | "behind"
  | "feeds"
  | "behind-panel";

const look = "the station does not tell it: look in the app";

/** Settings without which machines stay off or go down on good mains (S8, S13, S34). */
export const advice: Readonly<Record<AdviceName, Advice>> = {
  "ac-timeout": {
    setting: "AC timeout",
    claim: "ac_standby_min",
    text: "never. Machines that are down draw nothing; with a timeout the station then switches its sockets off, and they stay dead when the mains returns.",
    untold: look,
  },
  "output-memory": {
    setting: "output memory",
    claim: "output_memory",
    text: "on. Without it the sockets stay dead when the mains returns to a station that had run empty.",
    untold: look,
  },
  "discharge-limit": {
    setting: "discharge limit",
    claim: "discharge_limit_percent",
    text: "below the threshold of every machine. The station cuts its output 1 % above it.",
    untold: "the station does not tell it: write it down as `dischargeLimitPercent`",
  },
  "backup-reserve": {
    setting: "backup reserve",
    claim: null,
    text: "above the threshold of every machine, where a schedule, time-of-use or self-powered mode is on. Such a mode uses up the battery on good mains.",
    untold: look,
  },
  "never-lost": {
    setting: null,
    claim: null,
    text: "It never says that the mains is lost: let no machine depend on it alone.",
    untold: "",
  },
  behind: {
    setting: null,
    claim: null,
    text: "Name the stations behind it as stations of their own.",
    untold: "",
  },
  feeds: {
    setting: null,
    claim: null,
    text: "Name the stations behind it as stations of their own, each with `upstream` set to the panel.",
    untold: "",
  },
  "behind-panel": {
    setting: null,
    claim: null,
    text: "Behind a Smart Home Panel its AC input shows nothing of the mains: name the panel as a station, and set `upstream` of this one to it.",
    untold: "",
  },
};

/** What every station with a battery and an AC input reports. */
export const stationClaims = [
  "soc",
  "temp_celsius",
  "ac_in_watts",
  "ac_out_watts",
  "in_watts",
  "out_watts",
  "battery_watts",
  "ac_standby_min",
  "faults",
] as const satisfies readonly Claim[];

/** What every pack of the larger stations reports. */
export const packClaims = [
  "modules.soc",
  "modules.temp_celsius",
  "modules.soh",
  "modules.cycles",
  "modules.in_watts",
  "modules.out_watts",
] as const satisfies readonly Claim[];
