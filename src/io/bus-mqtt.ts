/** The mirror between the bus and a broker (bus rules 2-6, 9-15). */
import type { Topic, TopicKey, Topics } from "../contract/topics.ts";
import type { Instant } from "../core/reading.ts";
import type { Bus } from "./bus.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import { createInbound, type Inbound } from "./mirror-in.ts";
import { Outbound } from "./mirror-out.ts";
import { filtersOf, router } from "./mirror-routes.ts";
import { type ConnectOptions, createLink, type Link, type Session } from "./mqtt-link.ts";
import { createOnce, type Once } from "./once.ts";
import type { StateStore } from "./sqlite.ts";
import { type After, after as realTime, within } from "./timer.ts";

export type { ConnectOptions } from "./mqtt-link.ts";

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

/** How long subscribing and publishing what is retained may take before the connection counts as a bad one. */
const greetMs = 30_000;
const lastWordsMs = 1_000;
const listKey = "mirror/retained";

/**
 * Builds the mirror; nothing happens before `start`. `topics.broker` says `connected: true` once everything is
 * subscribed, what the broker had retained was read and what we own was published and acknowledged: commands may go.
 */
export function createMirror(options: MirrorOptions): Mirror {
  return new TheMirror(options);
}

class TheMirror implements Mirror {
  readonly #options: MirrorOptions;
  readonly #reads: readonly Topic<unknown>[];
  readonly #routeAll: (name: string) => Topic<unknown> | null;
  readonly #out: Outbound;
  readonly #in: Inbound;
  readonly #link: Link;
  readonly #once: Once;
  #session: Session | null = null;
  #connects = 0;
  /** Names of an earlier life that have not come again. */
  #earlier = new Set<string>();
  #greetedAt: Instant | null = null;
  #saving: Promise<void> | null = null;
  #unsaved = false;
  #letGo: (() => void)[] = [];

  constructor(options: MirrorOptions) {
    const { topics, site, instance, clock, limits = {} } = options;
    const all = Object.values(topics) as Topic<unknown>[];
    const route = router(all);
    this.#options = options;
    this.#once = createOnce(options.log);
    this.#reads = options.reads
      .map((key) => topics[key] as Topic<unknown>)
      .filter((topic) => this.#travels(topic));
    this.#routeAll = route;
    this.#out = new Outbound({
      now: () => clock.now(),
      origin: `${site}/${instance}`,
      instance,
      unsentBytes: limits.unsentBytes ?? 1024 * 1024,
      events: limits.events ?? 1_000,
      onNames: () => this.#saveNames(),
    });
    this.#in = createInbound({
      bus: options.bus,
      once: this.#once,
      route: (name) => {
        const topic = route(name);
        return topic && this.#reads.includes(topic) ? topic : null;
      },
      isEcho: (topic, name, bytes) => options.owned(topic) && this.#isEcho(topic, name, bytes),
      payloadBytes: limits.payloadBytes ?? 256 * 1024,
      perTurn: limits.perTurn ?? 500,
    });
    this.#link = createLink({
      connect: options.connect,
      clientId: `ecoflow-power-${site}-${instance}`,
      will: options.will && (() => ({ name: this.#willName(), bytes: json(options.will?.payload() ?? {}) })),
      log: options.log,
      after: options.after ?? realTime,
      backoffMs: limits.backoffMs ?? [1_000, 30_000],
      onUp: (session) => void this.#greet(session),
      onDown: () => this.#down(),
      onMessage: (name, bytes, retained) => this.#in.take(name, bytes, retained),
    });
  }

  async start() {
    const { bus, store, topics } = this.#options;
    this.#earlier = new Set(parseNames(await store?.load(listKey).catch(() => null)));
    this.#letGo = [
      bus.tap((message) => {
        const { topic, from } = message;
        if (from !== "mirror" && this.#options.owned(topic) && this.#travels(topic)) this.#out.say(message);
      }),
      bus.onTick("mirror", (at) => {
        this.#clearGone(at);
        if (this.#unsaved) this.#saveNames();
      }),
    ];
    bus.publish("mirror", topics.broker, {}, { connected: false });
    this.#link.start();
  }

  async stop({ lastWords }: { lastWords?: object } = {}) {
    for (const letGo of this.#letGo.splice(0)) letGo();
    const session = this.#session;
    this.#session = null;
    if (session) {
      const said = lastWords && session.publish(this.#willName(), json(lastWords), true);
      await within(lastWordsMs, Promise.allSettled([this.#out.settled(), said]));
    }
    this.#out.close();
    await this.#link.stop();
    this.#once.close();
  }

  counts() {
    const { refused, coalesced } = this.#in;
    return { refused, coalescedIn: coalesced, dropped: this.#out.dropped, connects: this.#connects };
  }

  /** Subscribes, reads what was retained, publishes what we own, and only then opens the door (bus rule 10, R7). */
  async #greet(session: Session) {
    const { bus, topics, log } = this.#options;
    this.#session = session;
    this.#connects++;
    const greeting = async () => {
      const refused = await session.subscribe(filtersOf(this.#reads));
      for (const filter of refused)
        log.warn(`the broker does not let us read ${filter}: allow it in its access list`);
      // A second round trip: the broker has sent the retained messages of the first one before it answers this one.
      await session.subscribe([`ecoflow-power/${this.#options.site}/hello/${this.#options.instance}`]);
      this.#in.drain();
      await this.#out.sync(session);
    };
    const done = await within(greetMs, greeting()).catch(() => false);
    if (this.#session !== session) return;
    if (!done) return session.drop("it did not answer what we subscribed or published");
    this.#out.open();
    this.#greetedAt ??= this.#options.clock.now();
    bus.publish("mirror", topics.broker, {}, { connected: true });
  }

  #down() {
    const { bus, topics } = this.#options;
    this.#session = null;
    this.#out.close();
    bus.publish("mirror", topics.broker, {}, { connected: false });
  }

  #travels({ codec, visibility }: Topic<unknown>): boolean {
    return codec !== "local" && (visibility === "public" || (this.#options.spread ?? false));
  }

  #isEcho(topic: Topic<unknown>, name: string, bytes: Buffer): boolean {
    const own = this.#out.isEcho(topic, name, bytes);
    // Our own Last Will, spoken for an earlier connection, must not stand over a living server.
    const living = own && this.#session !== null && name === this.#willName();
    if (living && bytes.includes('"online":false')) this.#out.repeat(name);
    return own;
  }

  #willName(): string {
    return this.#options.will?.name ?? this.#options.topics.orchestrator.pattern;
  }

  /** What an earlier life had published and this one did not say again in time is no longer true (bus rule 10, S28). */
  #clearGone(at: Instant) {
    const waitMs = this.#options.limits?.clearAfterMs ?? 60_000;
    if (this.#greetedAt === null || at - this.#greetedAt < waitMs || this.#earlier.size === 0) return;
    const gone = [...this.#earlier].filter((name) => !this.#out.has(name) && this.#isOurs(name));
    this.#earlier.clear();
    if (gone.length > 0)
      this.#options.log.info(`cleared ${gone.length} retained topics of an earlier configuration`);
    for (const name of gone) this.#out.clear(name);
    this.#saveNames();
  }

  /** Not what another process of the site owns by now; a name that fits no topic any more was ours. */
  #isOurs(name: string): boolean {
    const topic = this.#routeAll(name);
    return name !== this.#willName() && (topic === null || this.#options.owned(topic));
  }

  /** One write at a time, always of the newest list. */
  #saveNames() {
    const { store } = this.#options;
    this.#unsaved = true;
    if (!store || this.#saving !== null) return;
    const save = async () => {
      while (this.#unsaved) {
        this.#unsaved = false;
        const names = new Set([...this.#out.names(), ...this.#earlier]);
        await store.save(listKey, JSON.stringify([...names]));
      }
    };
    this.#saving = save()
      .catch((error: Error) => {
        this.#unsaved = true;
        this.#once.warn("names", `the list of retained topics could not be written: ${error.message}`);
      })
      .finally(() => {
        this.#saving = null;
      });
  }
}

const json = (payload: object) => Buffer.from(JSON.stringify(payload));

function parseNames(text: string | null | undefined): string[] {
  try {
    const names: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
  } catch {
    return [];
  }
}
