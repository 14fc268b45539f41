/** Messages of rooms on their way to the broker: retained values are kept, urgent ones go first, the rest is limited. */
import { createHash } from "node:crypto";
import type { RawFrame } from "../contract/topics/stations.ts";
import type { Topic } from "../contract/topics/topic.ts";
import type { Instant } from "../core/reading.ts";
import type { Message } from "./bus.ts";
import type { Session } from "./mqtt-link.ts";

export interface OutboundOptions {
  now: () => Instant;
  /** `<site>/<instance>`: readings that carry it are ours. */
  origin: string;
  instance: string;
  unsentBytes: number;
  events: number;
  /** Called when the set of names with a retained value of ours changed. */
  onNames: () => void;
}

/** An event that the broker has not acknowledged. */
interface Waiting {
  name: string;
  bytes: Buffer;
}

/** Milliseconds for which our own commands and frames are recognised when the broker sends them back. */
const echoMs = 60_000;
const mostEchoes = 20_000;

/** Removes a retained value: an empty retained message. */
const nothing = Buffer.alloc(0);

export class Outbound {
  dropped = 0;
  readonly #options: OutboundOptions;
  /** Looked for in each reading that the broker sends, so it is encoded once. */
  readonly #originMark: Buffer;
  #session: Session | null = null;
  /** True once commands may go out: the broker's retained messages were read. */
  #open = false;
  /** The newest value of each of our retained topics. */
  readonly #kept = new Map<string, unknown>();
  /** Names whose newest value was not sent yet. */
  readonly #pending = new Set<string>();
  /** Oldest first. */
  readonly #ring: Waiting[] = [];
  readonly #sent = new Map<string, Instant>();
  #unacked = 0;
  #idle: (() => void)[] = [];

  constructor(options: OutboundOptions) {
    this.#options = options;
    this.#originMark = Buffer.from(`"origin":"${options.origin}"`);
  }

  /** Our retained topics, including those being cleared. */
  names(): string[] {
    return [...this.#kept.keys()];
  }

  has(name: string): boolean {
    return this.#kept.has(name);
  }

  say({ topic, name, payload }: Message<unknown>) {
    if (topic.retained) this.#keep(name, payload);
    if (topic.key === "power" && this.#open) this.#sendKept(name);
    else if (topic.retained) this.#pend(name);
    else this.#pass(topic, name, payload);
  }

  /** Removes a retained value that no room of this process owns any more. */
  clear(name: string) {
    this.#keep(name, null);
    this.#pend(name);
  }

  /** Forgets a retained value that another server publishes now; at the broker it stays. */
  release(name: string) {
    this.#pending.delete(name);
    if (this.#kept.delete(name)) this.#options.onNames();
  }

  /** Publishes the kept value of a name again. */
  repeat(name: string) {
    if (this.#kept.has(name)) this.#pend(name);
  }

  /** Sends every retained value over a new connection, `power` first; resolves when the broker has them all. */
  async sync(session: Session): Promise<void> {
    this.#session = session;
    this.#unacked = 0;
    this.#pending.clear();
    const powerFirst = (name: string) => (name.endsWith("/power") ? 0 : 1);
    for (const name of this.names().sort((a, b) => powerFirst(a) - powerFirst(b))) this.#pending.add(name);
    this.#pump();
    await this.settled();
  }

  /** Lets commands and the waiting events go out from now on. */
  open() {
    this.#open = true;
    for (const event of [...this.#ring]) this.#sendEvent(event);
  }

  close() {
    this.#session = null;
    this.#open = false;
    this.#unacked = 0;
    for (const done of this.#idle.splice(0)) done();
  }

  /** Resolves when nothing is unacknowledged. */
  settled(): Promise<void> {
    if (this.#unacked === 0 && this.#pending.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Whether this is our own message: by its origin or, where it has none, by its bytes. */
  isEcho(topic: Topic<unknown>, name: string, bytes: Buffer): boolean {
    const { instance } = this.#options;
    if (topic.key === "state") return bytes.includes(this.#originMark);
    if (topic.key === "orchestrator") return bytes.includes(`"instance":"${instance}"`);
    if (topic.retained) return false;
    const at = this.#sent.get(digest(name, bytes));
    return at !== undefined && this.#options.now() - at <= echoMs;
  }

  #keep(name: string, payload: unknown) {
    const known = this.#kept.has(name);
    this.#kept.set(name, payload);
    if (!known) this.#options.onNames();
  }

  #pend(name: string) {
    if (!this.#session) return;
    this.#pending.add(name);
    this.#pump();
  }

  #pass(topic: Topic<unknown>, name: string, payload: unknown) {
    const bytes = encode(topic, payload);
    // Events wait for the broker. The policy repeats commands, and an old frame is of no use, so neither waits.
    if (topic.key === "events") return this.#event({ name, bytes });
    if (this.#open && !(isDroppable(topic) && this.#unacked >= this.#options.unsentBytes)) {
      this.#remember(name, bytes);
      return this.#send(name, bytes, false);
    }
    this.dropped++;
  }

  /** Keeps an event until the broker has it: a connection can be dead for seconds before that shows. */
  #event(event: Waiting) {
    this.#ring.push(event);
    if (this.#open) this.#sendEvent(event);
    if (this.#ring.length <= this.#options.events) return;
    this.#ring.shift();
    if (!this.#open) this.dropped++;
  }

  #sendEvent(event: Waiting) {
    const { name, bytes } = event;
    this.#remember(name, bytes);
    this.#send(name, bytes, false, () => {
      const at = this.#ring.indexOf(event);
      if (at >= 0) this.#ring.splice(at, 1);
    });
  }

  #pump() {
    for (const name of this.#pending) {
      if (this.#unacked >= this.#options.unsentBytes) return;
      this.#sendKept(name);
    }
  }

  #sendKept(name: string) {
    this.#pending.delete(name);
    const payload = this.#kept.get(name);
    const bytes = payload === null ? nothing : Buffer.from(JSON.stringify(payload));
    this.#send(name, bytes, true, () => {
      if (payload !== null || this.#kept.get(name) !== null) return;
      this.#kept.delete(name);
      this.#options.onNames();
    });
  }

  #send(name: string, bytes: Buffer, retain: boolean, acknowledged = () => {}) {
    const session = this.#session;
    if (!session) return;
    const size = name.length + bytes.length;
    this.#unacked += size;
    const over = () => {
      if (this.#session !== session) return;
      this.#unacked -= size;
      this.#pump();
      if (this.#unacked === 0 && this.#pending.size === 0) for (const done of this.#idle.splice(0)) done();
    };
    session.publish(name, bytes, retain).then(() => {
      acknowledged();
      over();
    }, over);
  }

  #remember(name: string, bytes: Buffer) {
    const key = digest(name, bytes);
    this.#sent.delete(key);
    this.#sent.set(key, this.#options.now());
    const [oldest] = this.#sent.keys();
    if (this.#sent.size > mostEchoes && oldest !== undefined) this.#sent.delete(oldest);
  }
}

/** Topics that may be dropped when the broker does not keep up. */
const isDroppable = ({ key }: Topic<unknown>) => key === "data" || key === "events";

function encode(topic: Topic<unknown>, payload: unknown): Buffer {
  if (topic.codec !== "raw") return Buffer.from(JSON.stringify(payload));
  const { bytes } = payload as RawFrame;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const digest = (name: string, bytes: Buffer) =>
  createHash("sha1").update(name).update("\0").update(bytes).digest("base64");
