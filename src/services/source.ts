/** What a source room is: a room that brings readings of stations, built from one entry of `sources` in the configuration. */
import type { TopicKey } from "../contract/topics.ts";
import type { SourceTraits } from "../core/fuse/traits.ts";
import type { StationSetup } from "../core/station.ts";
import type { CloudDoors } from "../io/cloud.ts";
import type { Room, Service } from "./service.ts";

/** One entry of `sources`: a named instance of a kind. */
export interface SourceSetup {
  kind: string;
  /** Names the instance in readings and topics; unique within the site. */
  name: string;
}

/** What a source room is built from. */
export interface SourceOptions extends SourceSetup {
  /** The configured stations. */
  stations: readonly StationSetup[];
}

/** What a source room works with besides its settings. */
export interface SourceParts {
  /** The doors to EcoFlow's cloud; null where the process has none. */
  cloud: CloudDoors | null;
  /** From 0 to below 1. */
  random: () => number;
}

/** A source room before it has its name in the house. */
export interface SourceRoom {
  /** What it publishes. */
  writes: readonly ("data" | "part" | "source" | "roster" | "notice")[];
  /** What it hears of the other rooms. */
  reads?: readonly TopicKey[];
  start: (room: Room) => ReturnType<Service["start"]>;
}

/** A kind of source: what fusion must know about it, and its room. */
export interface SourceKind {
  traits: SourceTraits;
  /** Left out where no room is needed: telemetry itself takes what the mirror brings. */
  room?: (options: SourceOptions, parts: SourceParts) => SourceRoom;
}

/** All kinds of sources by name. */
export type SourceKinds = Readonly<Record<string, SourceKind>>;

/** The source room as the house runs it. Its room name cannot collide with that of another room. */
export function sourceService(
  options: SourceOptions,
  parts: SourceParts,
  build: NonNullable<SourceKind["room"]>,
): Service {
  const { writes, reads = [], start } = build(options, parts);
  return { name: `source-${options.name}`, isSource: true, reads, writes, start };
}
