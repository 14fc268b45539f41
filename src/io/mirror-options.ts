/** What the mirror is built from, its limits, and what it offers. */
import type { Topic } from "../contract/topics/topic.ts";
import type { TopicKey, Topics } from "../contract/topics.ts";
import type { Bus } from "./bus.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import type { ConnectOptions } from "./mqtt-link.ts";
import type { StateStore } from "./sqlite.ts";
import type { Suspects } from "./suspects.ts";
import type { After } from "./timer.ts";

export interface MirrorLimits {
  /** Back-off between attempts, milliseconds: first and longest; default 1 000 and 30 000. */
  backoffMs?: readonly [number, number];
  /** Payloads above this many bytes are refused before parsing; default 256 KiB. */
  payloadBytes?: number;
  /** Messages taken in per turn of the event loop; default 500. */
  perTurn?: number;
  /** Unsent bytes above which `data` and `events` are dropped; default 1 MiB. */
  unsentBytes?: number;
  /** Events kept while the broker is away; default 1 000. */
  events?: number;
  /** Milliseconds after which retained topics of an earlier process that were not published again are cleared; default 60 000. */
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
  /** Topics to take in from the broker: those that local rooms read and no local room owns, and those that must be watched. */
  reads: readonly TopicKey[];
  /** Whether a topic is owned by a room of this process: then it goes out. */
  owned: (topic: Topic<unknown>) => boolean;
  /** The configured machines: their retained topics are never those of an earlier configuration. Another server may lead and own them now. Default: none. */
  machines?: ReadonlySet<string>;
  /** Private topics travel too, because the rooms run in several processes. Default off. */
  spread?: boolean;
  /** Our Last Will, read at each connect; `name` defaults to `power-manager/orchestrator/status` (R16). */
  will?: { name?: string; payload: () => object };
  /** Keeps the list of owned retained topics across restarts, under the key `mirror/retained`. */
  store?: Pick<StateStore, "load" | "save">;
  /** Messages that made an earlier process fail; left out: none. */
  suspects?: Suspects;
  limits?: MirrorLimits;
  /** Times the waits between attempts and for the broker's answers. */
  after: After;
  /** From 0 to below 1: spreads the attempts of many clients. */
  random: () => number;
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
  /** Begins to connect and returns at once; rejects only for a CA file that cannot be read. */
  start(): Promise<void>;
  /** Publishes `lastWords` retained in place of the Last Will, and disconnects; takes at most 2 s. */
  stop(options?: { lastWords?: object }): Promise<void>;
  counts(): MirrorCounts;
}
