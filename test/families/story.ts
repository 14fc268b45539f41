/** The ten stories that every family passes with its own sign of the mains, as raw payloads. */
import type { JudgedReading } from "../../src/core/station.ts";
import { Told } from "../told.ts";

/** The true mains and load, beside what the station reports. */
export const storyNames = [
  "mains idle",
  "mains with load",
  "battery with load",
  "battery idle",
  "at its charge limit",
  "by schedule",
  "solar",
  "tiny load",
  "firmware that does not tell",
  "proof that ages out",
] as const;
export type StoryName = (typeof storyNames)[number];

/** Payloads, and the seconds between them. */
export type Step = Uint8Array | number;

export interface Story {
  steps: readonly Step[];
  /** The verdict of the last reading. */
  end: Partial<JudgedReading>;
  /** A verdict that must not occur on the way. */
  never?: JudgedReading["grid"];
}

export interface FamilyStories {
  /** A serial, or a model's name where none is known. */
  station: string;
  stories: Readonly<Record<StoryName, Story>>;
}

/** Plays a story through decode, fuse and filter. */
export function play(station: string, { steps }: Story): Told {
  const told = new Told(station);
  for (const step of steps) {
    if (typeof step === "number") told.pass(step);
    else told.bytes(step);
  }
  return told;
}

/** The mains is there and carries the load. */
export const present = { grid: "present", grid_connected: true } as const;
/** The mains is lost, the battery carries the load. */
export const onBattery = { grid: "lost", grid_connected: false, carried_by: "battery" } as const;
/** The mains is unknown. */
export const unknown = { grid: "unknown", grid_connected: null } as const;
