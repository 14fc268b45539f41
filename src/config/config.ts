/** The configuration that the program uses: complete and checked, every name resolved. Its types follow from the schema. */
import type { FileConfig } from "./schema.ts";

/** `T` with values for `K`, which the file may leave out. */
type Filled<T, K extends keyof T> = Omit<T, K> & { [P in K]: NonNullable<T[P]> };

type WrittenMachine = FileConfig["machines"][string];

/** The broker of the house; its `url` has a port, and `ca` is the file with its PEM text. */
export type MqttConfig = Omit<NonNullable<FileConfig["mqtt"]>, "ca"> & {
  ca: { path: string; pem: string } | null;
};

/** The embedded broker; `users` is the password by user name, null: anonymous. */
export type BrokerConfig = NonNullable<FileConfig["broker"]>;

/** A station; `name` is as written and differs from the id where that is a slug of it; `upstream` is an id. */
export type StationConfig = FileConfig["stations"][string] & { name: string };

/** A machine; `name` is as written; `stations` holds at least one id; what it leaves to the policy is filled in. */
export type MachineConfig = Omit<Filled<WrittenMachine, "minSupplies" | "delaySec">, "shutdownAt"> & {
  name: string;
  shutdownAt: Filled<WrittenMachine["shutdownAt"], "socPercent">;
};

/** What the program uses. Of `mqtt` and `broker` exactly one is null; `site` null: made once and kept in `stateDir`. */
export type Config = Omit<FileConfig, "mqtt" | "broker" | "stations" | "machines"> & {
  mqtt: MqttConfig | null;
  broker: BrokerConfig | null;
  /** By id: a name that may stand in a topic. */
  stations: Readonly<Record<string, StationConfig>>;
  machines: Readonly<Record<string, MachineConfig>>;
  /** Files that were read, for the summary. */
  files: readonly string[];
  /** Sentences about what may leave a machine unprotected. */
  warnings: readonly string[];
  /** Sentences about what is worth knowing. */
  notes: readonly string[];
  /** Every secret that was read, also of what is not built yet, for redaction. */
  secrets: readonly string[];
};

/** Returns the id of a station for each of its id, name and serial. */
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
