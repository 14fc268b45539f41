/** The configuration as the house sees it: complete, checked, every name resolved, nothing left to guess. */
import type { logLevels } from "./schema.ts";

export type LogLevel = (typeof logLevels)[number];

/** The broker of the house. */
export interface MqttConfig {
  /** `mqtt://host:port` or `mqtts://host:port`. */
  url: string;
  username: string | null;
  password: string | null;
  /** The certificate authority: where it was read, and its PEM text. */
  ca: { path: string; pem: string } | null;
}

/** The embedded broker. */
export interface BrokerConfig {
  host: string;
  port: number;
  /** Password by user name; null: anonymous. */
  users: Readonly<Record<string, string>> | null;
}

export interface SourceConfig {
  kind: "mqtt" | "mqtt-raw";
  /** Names the instance in readings and topics; unique. Left out in the file: the kind. */
  name: string;
}

export interface StationConfig {
  /** As written; differs from the id where that is a slug of it. A foreign reading may name either, or the serial. */
  name: string;
  serial: string | null;
  capacityWh: number | null;
  dischargeLimitPercent: number | null;
  assumedLoadWatts: number | null;
  /** Id of the station whose output feeds it (S35). */
  upstream: string | null;
}

export interface MachineConfig {
  /** As written; differs from the id where that is a slug of it. */
  name: string;
  /** Ids of the stations that feed it, at least one. */
  stations: string[];
  /** How many of them must be healthy for it to stay up (rulings R13). */
  minSupplies: number;
  shutdownAt: { socPercent: number; runtimeSec: number | null; onBatterySec: number | null };
  delaySec: number;
  stopSec: number;
  /** Signs its commands; null: unsigned. */
  key: string | null;
}

export interface PolicyConfig {
  socMinPercent: number;
  debounceSec: number;
  delaySec: number;
  cooldownSec: number;
  ttlSec: number;
  hysteresisPercent: number;
  abortAfterSec: number;
  wakeAfterSec: number;
  blindAfterSec: number;
  blindMaxSec: number | "auto";
  deadmanSec: number;
  bootGraceSec: number;
}

export interface Config {
  /** Id of this site; null: made once and kept in `stateDir` (hard-cases S27). */
  site: string | null;
  /** First part of the stations' topics, the original's `ECOFLOW_BASE`. */
  base: string;
  stateDir: string;
  logLevel: LogLevel;
  /** The broker of the house, or null where the embedded one runs: exactly one of `mqtt` and `broker` is null. */
  mqtt: MqttConfig | null;
  broker: BrokerConfig | null;
  sources: readonly SourceConfig[];
  /** By id: a name that may stand in a topic (bus rule 16). */
  stations: Readonly<Record<string, StationConfig>>;
  machines: Readonly<Record<string, MachineConfig>>;
  policy: PolicyConfig;
  /** Files that were read, for the summary. */
  files: readonly string[];
  /** Sentences about what may leave somebody unprotected. */
  warnings: readonly string[];
  /** Sentences about what is worth knowing. */
  notes: readonly string[];
  /** Every secret that was read, also of what is not built yet, for redaction. */
  secrets: readonly string[];
}

/** Every word by which a station may be called (id, name, serial) → its id. */
export function stationIds(config: Pick<Config, "stations">): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const [id, { name, serial }] of Object.entries(config.stations)) {
    for (const word of [id, name, serial]) if (word !== null) ids.set(word, id);
  }
  return ids;
}

/** Every secret that was read, for redaction in the log. */
export function secretsOf(config: Config): string[] {
  return [...config.secrets];
}
