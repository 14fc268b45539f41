/** What `status` hears at the broker: the retained messages, and what is published while it listens. */
import type { Config } from "../../config/config.ts";
import { orchestratorSchema } from "../../contract/messages/server.ts";
import { filterOf, makeTopics, type Topics, topicFor } from "../../contract/topics.ts";
import { type Client, type ClientOptions, connectClient, jsonOf } from "../../io/client.ts";
import { endingWith } from "../waiting.ts";

/** The newest message of a topic. */
export interface Told {
  payload: unknown;
  /** The broker kept it: when it was published is not known from its arrival. */
  retained: boolean;
  /** When it arrived here, epoch ms. */
  heardAt: number;
}

/** Everything that `status` judges by; `topics` names the entries of `told`. */
export interface Heard {
  topics: Topics;
  told: ReadonlyMap<string, Told>;
  /** Why the broker cannot be used; null while it can. */
  problem: string | null;
}

/** The lease is renewed every 5 s: a server that lives is heard within this time. */
export const leaseSec = 7;

export class Ear implements Heard {
  readonly topics: Topics;
  readonly told = new Map<string, Told>();
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
    const isOver = new Promise<void>((resolve) =>
      listened.signal.addEventListener("abort", () => resolve(), { once: true }),
    );
    this.told.clear();
    try {
      await this.#connect();
      await isOver;
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
        this.told.clear();
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
    this.told.set(name, { payload, retained, heardAt: Date.now() });
    const isLease = !retained && name === topicFor(this.topics.orchestrator, {});
    if (isLease && orchestratorSchema.safeParse(payload).data?.online === true) this.#isLed();
  }
}
