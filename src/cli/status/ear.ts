/** What `status` receives from the broker: the retained messages, and what is published while it listens. */
import type { Config } from "../../config/config.ts";
import { isLeaseFor, orchestratorSchema } from "../../contract/messages/server.ts";
import { filterOf, makeTopics, type Topics, topicFor } from "../../contract/topics.ts";
import { type Client, type ClientOptions, connectClient, jsonOf } from "../../io/client.ts";
import { aborted, endingWith } from "../waiting.ts";

/** The newest message of a topic. */
export interface Received {
  payload: unknown;
  /** The broker kept it, so it may have been published long before it arrived here. */
  retained: boolean;
  /** When it arrived here, epoch ms. */
  heardAt: number;
}

/** Everything that `status` judges by. */
export interface Heard {
  topics: Topics;
  /** The newest message of each topic, by its name. */
  newest: ReadonlyMap<string, Received>;
  /** Why the broker cannot be used; null while it can. */
  problem: string | null;
}

/** The lease is renewed every 5 s: a server that lives is heard within this time. */
export const leaseSec = 7;

export class Ear implements Heard {
  readonly topics: Topics;
  readonly newest = new Map<string, Received>();
  problem: string | null = "it was not asked yet";
  readonly #config: Config;
  readonly #broker: ClientOptions;
  readonly #stop: AbortSignal;
  #client: Client | null = null;
  #isLed = () => {};

  constructor(config: Config, broker: ClientOptions, stop: AbortSignal) {
    this.#config = config;
    this.#broker = broker;
    this.#stop = stop;
    this.topics = makeTopics(config.base, "unused");
  }

  /** Connects unless it is connected, and listens until a server was heard, at most `leaseSec`. Never rejects. */
  async listen(): Promise<void> {
    if (this.#client !== null) return;
    const listened = endingWith([this.#stop], leaseSec);
    this.#isLed = () => listened.end();
    this.newest.clear();
    try {
      await this.#connect();
      await aborted(listened.signal);
    } catch (error) {
      listened.end();
      this.problem = error instanceof Error ? error.message : String(error);
      await this.close();
    }
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.close().catch(() => {});
  }

  async #connect() {
    const client = await connectClient({
      ...this.#broker,
      timeoutMs: 5_000,
      heard: (topic, payload, retained) => this.#hear(topic, payload, retained),
      onLost: () => {
        this.#client = null;
        this.newest.clear();
        this.problem = "the connection was lost";
      },
    });
    this.#client = client;
    const { orchestrator, alarms, state, status, power, plan } = this.topics;
    const ofMachines = Object.keys(this.#config.machines).flatMap((machine) =>
      [status, power, plan].map((topic) => topicFor(topic, { machine })),
    );
    await client.subscribe([filterOf(orchestrator), filterOf(alarms), filterOf(state), ...ofMachines]);
    this.problem = null;
  }

  #hear(name: string, bytes: Uint8Array, retained: boolean) {
    const payload = jsonOf(bytes);
    const isLease = name === topicFor(this.topics.orchestrator, {});
    const lease = isLease ? orchestratorSchema.safeParse(payload).data : undefined;
    // Of a server with other machines on this broker.
    if (lease && !isLeaseFor(lease, Object.keys(this.#config.machines))) return;
    this.newest.set(name, { payload, retained, heardAt: Date.now() });
    if (lease?.online === true && !retained) this.#isLed();
  }
}
