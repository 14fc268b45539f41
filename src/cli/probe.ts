/** Whether the broker can be used, and what the stations themselves say there of their settings: connects once, and leaves. */
import type { Config } from "../config/config.ts";
import type { Problem } from "../config/problems.ts";
import { list } from "../config/units.ts";
import { printable } from "../core/printable.ts";
import { brokerFault } from "../io/broker-fault.ts";
import { type Client, connectClient, jsonOf } from "../io/client.ts";
import { realTime, within } from "../io/timer.ts";
import { isSilent, type Settings, settingsOf, settingsWarnings } from "./check-stations.ts";
import { brokerFor } from "./reach.ts";

export interface Probed {
  /** Why the broker cannot be used; null when it can. */
  problem: Problem | null;
  warnings: string[];
  notes: string[];
}

/** A broker that does not answer is given up after this; what it keeps comes with the subscription, so this long is long. */
const limits = { connectMs: 5_000, readMs: 2_000 };
const serverTopic = "power-manager/orchestrator/status";
const notRunning = "The server is not running: the stations' own settings were not looked at.";
const dayMs = 86_400_000;

/** Tries the configured broker, and reads what it keeps of the configured stations. */
export async function probeBroker(config: Config, { connectMs, readMs } = limits): Promise<Probed> {
  const wanted = new Kept(config);
  const broker = brokerFor(config, "check");
  let client: Client | null = null;
  try {
    client = await connectClient({ ...broker, timeoutMs: connectMs, heard: wanted.take });
    await client.subscribe(wanted.topics);
    await within(readMs, wanted.all, realTime);
    if (config.mqtt === null && !wanted.serverRuns) return taken(config, "is taken by another broker");
    return wanted.judged(config);
  } catch (error) {
    return config.mqtt === null ? withoutServer(config, error) : unusable(config, error);
  } finally {
    await client?.close().catch(() => {});
  }
}

/** What the broker keeps: the server's presence, and the newest reading of each station. */
class Kept {
  readonly topics: string[];
  readonly all: Promise<void>;
  serverRuns = false;
  readonly #missing: Set<string>;
  readonly #settings = new Map<string, Settings>();
  readonly #stations: ReadonlyMap<string, string>;
  #done = () => {};

  constructor({ base, stations }: Config) {
    this.#stations = new Map(Object.keys(stations).map((id) => [`${base}/${id}/json/state`, id]));
    this.topics = [serverTopic, ...this.#stations.keys()];
    this.#missing = new Set(this.topics);
    this.all = new Promise((done) => (this.#done = done));
  }

  readonly take = (topic: string, payload: Uint8Array) => {
    const json = jsonOf(payload);
    const id = this.#stations.get(topic);
    const settings = settingsOf(json);
    if (topic === serverTopic) this.serverRuns = (json as { online?: unknown } | null)?.online === true;
    if (id !== undefined && settings !== null) this.#settings.set(id, settings);
    this.#missing.delete(topic);
    if (this.#missing.size === 0) this.#done();
  };

  judged(config: Config): Probed {
    const told = [...this.#settings].filter(([, settings]) => !isSilent(settings));
    const silent = [...this.#stations.values()].filter((id) => !told.some(([known]) => known === id));
    const old = told.filter(([, { sampled_at }]) => Date.now() - (sampled_at ?? 0) > dayMs);
    const notes = [
      ...(silent.length === 0
        ? []
        : [
            this.serverRuns || told.length > 0
              ? `Nothing has reported the own settings of ${list(silent)}: AC timeout, output memory and discharge limit are in the app.`
              : notRunning,
          ]),
      ...old.map(([id, { sampled_at }]) => `The settings of ${id} are those of ${dateOf(sampled_at)}.`),
    ];
    const warnings = told.flatMap(([id, settings]) => settingsWarnings(config, id, settings));
    return { problem: null, warnings: warnings.map(printable), notes };
  }
}

const dateOf = (at: number | null | undefined) =>
  at == null ? "an unknown day" : `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** With the embedded broker nobody needs to listen yet, but what does must be our own server. */
function withoutServer(config: Config, error: unknown): Probed {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const { why } = brokerFault(cause, brokerFor(config, "check"));
  if (codeOf(cause) === "ECONNREFUSED") return { problem: null, warnings: [], notes: [notRunning] };
  return taken(config, `is taken by something that is no broker of ours: ${why}`);
}

function codeOf(error: unknown): unknown {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return (error as { code?: unknown }).code;
}

const taken = (config: Config, problem: string): Probed => ({
  problem: {
    path: "broker.port",
    value: String(config.broker?.port ?? 1883),
    problem,
    remedy:
      "Set mqtt.url (or MQTT_HOST) to use the broker that is there, or broker.port for another port of our own.",
  },
  warnings: [],
  notes: [],
});

function unusable(config: Config, error: unknown): Probed {
  const cause = error instanceof Error ? error.cause : undefined;
  const url = config.mqtt?.url ?? "";
  const { why, remedy } =
    cause === undefined
      ? { why: error instanceof Error ? error.message : String(error), remedy: "allow it in its access list" }
      : brokerFault(cause, { url, username: config.mqtt?.username ?? undefined });
  const order = `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}`;
  const problem = {
    path: "mqtt.url",
    value: url,
    problem: `cannot be used: ${why}`,
    remedy: `${order}; or check with --offline.`,
  };
  return { problem, warnings: [], notes: [] };
}
