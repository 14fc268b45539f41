/** Remembers which stations our own sources serve, over a restart: until the first frame a foreign reading must not take their place (E22). */
import { fileBounds, jsonOrNull } from "../../core/bounded-json.ts";
import { createDurable, type Durable } from "../../io/durable.ts";
import type { Log } from "../../io/log.ts";
import type { StateStore } from "../../io/sqlite.ts";
import { type After, within } from "../../io/timer.ts";

export interface ServedOptions {
  /** Where the list is stored, under the key `served`. */
  store: StateStore;
  after: After;
  log: Log;
  /** Names of the configured sources: what another one served is served no longer. */
  sources: readonly string[];
  /** Ids of the configured stations: for others, readings of others do not count anyway. */
  stations: readonly string[];
}

/** A disk that hangs delays the first reading by at most this time, in ms. */
const loadMs = 2_000;

export class Served {
  readonly #durable: Durable;
  /** The name of the source that served it last, by the station's id. */
  readonly #sources: Map<string, string>;

  readonly #stations: ReadonlySet<string>;

  private constructor(durable: Durable, sources: Map<string, string>, stations: readonly string[]) {
    this.#durable = durable;
    this.#sources = sources;
    this.#stations = new Set(stations);
  }

  /** Reads what earlier processes stored. What cannot be read counts as nothing: then the first frame decides. */
  static async load({ store, after, log, sources, stations }: ServedOptions): Promise<Served> {
    const durable = createDurable(store, "served", {
      after,
      onAlarm: (fault) => {
        if (fault) log.warn("could not write which stations our sources serve: a restart forgets them");
      },
    });
    let text: string | null = null;
    const read = durable.load().then(
      (stored) => {
        text = stored;
      },
      (error: unknown) => log.warn(`could not read which stations our sources serve: ${String(error)}`),
    );
    await within(loadMs, read, after);
    const known = Object.entries(servedIn(text)).filter(([, source]) => sources.includes(source));
    return new Served(durable, new Map(known), stations);
  }

  /** Whether a source of ours serves the station, or did before a restart and is still configured. */
  has(station: string): boolean {
    return this.#sources.has(station);
  }

  /** Notes that the source reported on the station; writes only what is new. */
  note(station: string, source: string): void {
    if (!this.#stations.has(station) || this.#sources.get(station) === source) return;
    this.#sources.set(station, source);
    this.#durable.commit(JSON.stringify({ version: 1, served: Object.fromEntries(this.#sources) }), () => {});
  }

  close(): Promise<void> {
    return this.#durable.close();
  }
}

function servedIn(text: string | null): Record<string, string> {
  const stored =
    text === null ? null : (jsonOrNull(text, fileBounds) as { version?: number; served?: object } | null);
  if (stored?.version !== 1 || typeof stored.served !== "object" || stored.served === null) return {};
  return Object.fromEntries(Object.entries(stored.served).filter(([, source]) => typeof source === "string"));
}
