/** The mirror: copies public topics between the bus inside the process and a broker. */
import { event, noticeOf } from "../contract/journal.ts";
import type { Lease } from "../contract/messages/server.ts";
import type { Topic } from "../contract/topics/topic.ts";
import { matchTopic, topicFor } from "../contract/topics.ts";
import { fileBounds, jsonOrNull } from "../core/bounded-json.ts";
import type { Instant } from "../core/reading.ts";
import type { Message } from "./bus.ts";
import { createInbound, type Inbound } from "./mirror-in.ts";
import type { Mirror, MirrorOptions } from "./mirror-options.ts";
import { Outbound } from "./mirror-out.ts";
import { filtersOf, router } from "./mirror-routes.ts";
import { createLink, type Link, type Session } from "./mqtt-link.ts";
import { createOnce, type Once } from "./once.ts";
import { Suspects } from "./suspects.ts";
import { within } from "./timer.ts";
import { traced, traceIn } from "./trace.ts";

export type { ConnectOptions } from "./mqtt-link.ts";

/** Milliseconds for subscribing and publishing retained topics before the connection is given up. */
const greetMs = 30_000;
const lastWordsMs = 1_000;
const listKey = "mirror/retained";

/**
 * Builds the mirror; before `start` it only collects what the rooms publish. `topics.broker` becomes `connected: true` once everything is
 * subscribed, retained messages were read, and our own were published and acknowledged. Only then do commands go out.
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
  /** Another server commands all our machines: the lease is its own. */
  #isReleased = false;
  #connects = 0;
  /** Names that an earlier process published and this one has not published yet. */
  #earlier = new Set<string>();
  #greetedAt: Instant | null = null;
  #saving: Promise<void> | null = null;
  #unsaved = false;
  readonly #letGo: (() => void)[] = [];
  /** What the rooms published before `start`; null afterwards. */
  #early: Message<unknown>[] | null = [];

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
      suspects: options.suspects ?? new Suspects({ file: null, wall: () => options.clock.wall() }),
      onRefused: (topic, name, problem) => {
        if (topic.key !== "command") return;
        const machine = nameOf(matchTopic(topic, name)?.["machine"]);
        options.bus.publish("mirror", options.topics.refused, {}, { topic: nameOf(name), machine, problem });
      },
      onRetainedCommand: (name) => this.#removeCommand(name),
      onSkipped: (topic, error) => {
        const skipped = noticeOf(options.clock.wall() / 1000, event("message-skipped", { topic, error }));
        options.bus.publish("mirror", options.topics.notice, {}, skipped);
      },
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
      after: options.after,
      random: options.random,
      backoffMs: limits.backoffMs ?? [1_000, 30_000],
      onUp: (session) => void this.#greet(traced(session, options.log)),
      onDown: () => this.#down(),
      onMessage: (name, bytes, retained) => {
        traceIn(options.log, name, bytes, retained);
        this.#in.take(name, bytes, retained);
      },
    });
    this.#letGo.push(options.bus.tap((message) => this.#hear(message)));
  }

  #hear(message: Message<unknown>) {
    const { topic, from } = message;
    if (topic.key === "lease") this.#release(message.payload as Lease);
    if (from === "mirror" || !this.#options.owned(topic) || !this.#travels(topic)) return;
    if (this.#early === null) this.#out.say(message);
    // A lease from before the broker's retained ones were read is out of date where another server leads.
    else if (topic.key !== "orchestrator") this.#early.push(message);
  }

  async start() {
    const { bus, store, topics } = this.#options;
    this.#earlier = new Set(parseNames(await store?.load(listKey).catch(() => null)));
    const early = this.#early ?? [];
    this.#early = null;
    for (const message of early) this.#out.say(message);
    this.#letGo.push(
      bus.onTick("mirror", (at) => {
        this.#clearGone(at);
        if (this.#unsaved) this.#saveNames();
      }),
    );
    bus.publish("mirror", topics.broker, {}, { connected: false });
    this.#link.start();
  }

  async stop({ lastWords }: { lastWords?: object } = {}) {
    for (const letGo of this.#letGo.splice(0)) letGo();
    const session = this.#session;
    this.#session = null;
    if (session) {
      // The lease at the broker is that of the server which commands our machines.
      const said = lastWords && !this.#isReleased && session.publish(this.#willName(), json(lastWords), true);
      await within(lastWordsMs, Promise.allSettled([this.#out.settled(), said]), this.#options.after);
    }
    this.#out.close();
    await this.#link.stop();
    this.#once.close();
  }

  counts() {
    const { refused, coalesced } = this.#in;
    return { refused, coalescedIn: coalesced, dropped: this.#out.dropped, connects: this.#connects };
  }

  /** Subscribes, reads retained messages and publishes our own before any command goes out: the epoch must be known first (R7). */
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
    const done = await within(greetMs, greeting(), this.#options.after).catch(() => false);
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
    // Our own Last Will, published for an earlier connection, must not remain while the server lives.
    const living = own && this.#session !== null && name === this.#willName();
    if (living && bytes.includes('"online":false')) this.#out.repeat(name);
    return own;
  }

  #willName(): string {
    return this.#options.will?.name ?? this.#options.topics.orchestrator.pattern;
  }

  /**
   * Forgets our retained values of machines that another server commands, without removing them at the broker: after a
   * reconnect they would replace that server's. The same for our lease where we command none.
   */
  #release({ silent = {} }: Lease) {
    const { topics, machines } = this.#options;
    const aside = Object.keys(silent).filter((machine) => silent[machine] === "aside");
    for (const machine of aside)
      for (const topic of [topics.power, topics.plan]) this.#out.release(topicFor(topic, { machine }));
    this.#isReleased = aside.length > 0 && aside.length === machines?.size;
    if (this.#isReleased) this.#out.release(topicFor(topics.orchestrator, {}));
  }

  /** Removes a retained command for a machine of ours. Whoever is connected hears an empty message, which is no command. */
  #removeCommand(name: string) {
    const machine = matchTopic(this.#options.topics.command, name)?.["machine"] ?? "";
    if (!this.#options.machines?.has(machine)) return;
    this.#once.warn(`stray ${name}`, `removed a retained command on ${name}: a command is never retained`);
    this.#session?.publish(name, Buffer.alloc(0), true).catch(() => {});
  }

  /** Clears retained topics that an earlier process published and this one did not publish again: they are out of date (S28). */
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

  /** False for a topic that another process of the site owns now, or a server that leads; a name that fits no topic any more was ours. */
  #isOurs(name: string): boolean {
    const topic = this.#routeAll(name);
    const machine = topic && matchTopic(topic, name)?.["machine"];
    if (machine && this.#options.machines?.has(machine)) return false;
    return name !== this.#willName() && (topic === null || this.#options.owned(topic));
  }

  /** Writes the newest list, one write at a time. */
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

/** A name of the wire as people may read it. */
const nameOf = (name = "") => name.replaceAll(/[\p{Cc}\p{Cs}]/gu, "?").slice(0, 200);

const json = (payload: object) => Buffer.from(JSON.stringify(payload));

function parseNames(text: string | null | undefined): string[] {
  const names = jsonOrNull(text ?? "[]", fileBounds);
  return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
}
