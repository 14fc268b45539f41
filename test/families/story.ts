/** What every family is asked: the ten stories of its own sign of the mains, as its raw payloads tell them. */
import type { JudgedReading } from "../../src/core/station.ts";
import { Told } from "../told.ts";

/** The mains and the load as they are, beside what the station says of them. */
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

/** Payloads, and seconds that pass between them. */
export type Step = Uint8Array | number;

export interface Story {
  steps: readonly Step[];
  /** What the last reading says. */
  end: Partial<JudgedReading>;
  /** A verdict that may never have been given on the way. */
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
/** Nothing can be said of the mains. */
export const unknown = { grid: "unknown", grid_connected: null } as const;
