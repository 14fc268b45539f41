/** The mirror between the bus and a broker (bus rules 2-6, 9-15). */
import type { Duplex } from "node:stream";
import type { Topic, TopicKey, Topics } from "../contract/topics.ts";
import type { Bus } from "./bus.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import type { StateStore } from "./sqlite.ts";
import type { After } from "./timer.ts";

/** Where the broker is: a url (mqtt:// or mqtts://), or a stream of the embedded one. */
export interface ConnectOptions {
  /** `mqtt://host:1883`, `mqtts://host:8883`; for the embedded broker only a name for people. */
  url: string;
  username?: string;
  password?: string;
  /** PEM file of the authority that signed the broker's certificate; else the system's authorities. */
  caFile?: string;
  /** The embedded broker's `connectLocal`; then the url is not dialled. */
  local?: () => Duplex;
}

export interface MirrorLimits {
  /** Back-off between attempts, milliseconds: first and longest; 1 000 and 30 000 unless told. */
  backoffMs?: readonly [number, number];
  /** Larger payloads are refused before parsing; 256 KiB unless told (bus rule 12). */
  payloadBytes?: number;
  /** Messages taken in per turn of the loop; 500 unless told. */
  perTurn?: number;
  /** Bytes on their way out above which `data` and `events` are dropped; 1 MiB unless told. */
  unsentBytes?: number;
  /** Events kept while the broker is away; 1 000 unless told. */
  events?: number;
  /** After so long, what was owned in an earlier life and did not come again is cleared; 60 000 unless told. */
  clearAfterMs?: number;
}

export interface MirrorOptions {
  bus: Bus;
  topics: Topics;
  clock: Clock;
  log: Log;
  site: string;
  instance: string;
  connect: ConnectOptions;
  /** Topics to take in from the broker (bus rule 4). */
  reads: readonly TopicKey[];
  /** Whether a topic is owned by a room of this process: then it goes out. */
  owned: (topic: Topic<unknown>) => boolean;
  /** Private topics travel too: the rooms are spread over several processes (bus rule 2). Off unless told. */
  spread?: boolean;
  /** Our Last Will, asked anew at each connect; `name` is `power-manager/orchestrator/status` unless told (R16). */
  will?: { name?: string; payload: () => object };
  /** Keeps the list of owned retained topics across restarts, under the key `mirror/retained`. */
  store?: Pick<StateStore, "load" | "save">;
  limits?: MirrorLimits;
  /** Real time unless told. */
  after?: After;
}

export interface MirrorCounts {
  /** Bad, oversized or unknown messages from the broker. */
  refused: number;
  /** Readings replaced by newer ones because they came too fast. */
  coalescedIn: number;
  /** `data`, `events`, `cmd` that could not go out. */
  dropped: number;
  connects: number;
}

export interface Mirror {
  /** Begins to connect and answers at once; rejects only for a CA file that cannot be read. */
  start(): Promise<void>;
  /** Publishes `lastWords` where the Last Will would go, retained, and disconnects; done within 2 s whatever happens. */
  stop(options?: { lastWords?: object }): Promise<void>;
  counts(): MirrorCounts;
}

/**
 * Builds the mirror; nothing happens before `start`. `topics.broker` says `connected: true` once everything is
 * subscribed, what the broker had retained was read and what we own was published and acknowledged: commands may go.
 */
export function createMirror(_options: MirrorOptions): Mirror {
  return {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    counts: () => ({ refused: 0, coalescedIn: 0, dropped: 0, connects: 0 }),
  };
}
