/** What docs/stations.md says of a family: data, so that tests can hold it against the code and against real captures. */
import type { Measured, Module } from "../../reading.ts";
import type { Table } from "../fields/table.ts";

/** A value that a family can tell: of a reading, of each pack (`modules.`), or the battery's own watts. */
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
  /** Each sign of the mains, the fields that it reads in backticks, and what it says. */
  signs: Readonly<Record<string, "present" | "lost">>;
  /** What the station itself tells. */
  measured: readonly Claim[];
  /** What follows from other values, and how. */
  inferred: Readonly<Partial<Record<Claim, string>>>;
  /** What real captures ever showed, by the model's name; a model that is not here was never seen. */
  seen: Readonly<Record<string, Seen>>;
  /** What its owner should set in the app. */
  setUp: readonly AdviceName[];
}

/** What the captures of one model showed. */
export interface Seen {
  grid: readonly ("present" | "lost")[];
  /** Claimed, and in no capture so far. */
  missing: readonly Claim[];
}

export interface Advice {
  /** The value of the reading that shows the setting; null where it is no setting, or none shows it. */
  claim: Claim | null;
  text: string;
  /** What to do where the station does not tell it. */
  untold: string;
}

export type AdviceName =
  | "ac-timeout"
  | "output-memory"
  | "discharge-limit"
  | "backup-reserve"
  | "no-backup"
  | "no-sign";

const look = "The station does not tell it: look in the app.";

/** Why: hard-cases S8, S13, S34. */
export const advice: Readonly<Record<AdviceName, Advice>> = {
  "ac-timeout": {
    claim: "ac_standby_min",
    text: "AC timeout: never, or the station switches its sockets off once your machines are down and draw nothing.",
    untold: look,
  },
  "output-memory": {
    claim: "output_memory",
    text: "Output memory: on, or the sockets stay dead when the mains returns to an empty station.",
    untold: look,
  },
  "discharge-limit": {
    claim: "discharge_limit_percent",
    text: "Discharge limit: below every machine's threshold, because the station cuts its output 1 % above it.",
    untold: "The station does not tell it: write it down as `dischargeLimitPercent`.",
  },
  "backup-reserve": {
    claim: null,
    text: "Backup reserve: above every machine's threshold where a schedule, time-of-use or self-powered mode is on, or the battery is used up on good mains.",
    untold: look,
  },
  "no-backup": {
    claim: null,
    text: "Name the stations behind it instead: it feeds no machine in an outage, or does not tell.",
    untold: look,
  },
  "no-sign": {
    claim: null,
    text: "Do not rely on it: nothing goes down because of an outage that only this station sees.",
    untold: look,
  },
};

/** What every pack of the larger stations tells of itself. */
export const packClaims = [
  "modules.soc",
  "modules.temp_celsius",
  "modules.soh",
  "modules.cycles",
  "modules.in_watts",
  "modules.out_watts",
] as const satisfies readonly Claim[];
