/** The MQTT connection of an account: opens it, subscribes the stations' topics, and counts connections that ended soon. */
import { type CloudProblem, problem } from "../../core/cloud/problems.ts";
import { clientIdOf, filtersOf, type Identity } from "../../core/cloud/topics.ts";
import { isKicked, shortConnections } from "../../core/cloud/watch.ts";
import type { Instant } from "../../core/reading.ts";
import type { CloudSession, MqttRefusal } from "../../io/cloud-mqtt.ts";
import type { Held } from "./credentials.ts";
import type { CloudParts } from "./options.ts";

/** An open connection. */
export interface Open {
  session: CloudSession;
  identity: Identity;
  since: Instant;
}

export interface ConnectionEvents {
  /** A message arrived. */
  heard: (identity: Identity, topic: string, bytes: Uint8Array) => void;
  /** The other side ended the connection; `short` connections in a row, this one included, ended soon after they began. */
  lost: (host: string, short: number) => void;
}

export class Connection {
  readonly #parts: CloudParts;
  readonly #events: ConnectionEvents;
  #open: Open | null = null;
  #short = 0;
  #closed = false;

  constructor(parts: CloudParts, events: ConnectionEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  /** The open connection, or null. */
  get open(): Open | null {
    return this.#open;
  }

  /** Whether another client ended the connections before this one, and this one has not lasted longer than those yet. */
  isContested(at: Instant): boolean {
    return isKicked(this.#short) && shortConnections(this.#short, this.#open?.since ?? at, at) > 0;
  }

  /** Connects once under the account's client id; returns why not, or null. A connection that ends at once is reported by `lost`. */
  async connect({ login, certification }: Held, id: string): Promise<MqttRefusal | null> {
    const { account, connect, room } = this.#parts;
    const identity = { api: account.api, account: certification.account, userId: login.userId };
    const own: { ended: boolean } = { ended: false };
    const outcome = await connect({
      certification,
      clientId: clientIdOf(identity, id),
      heard: (topic, bytes) => {
        if (!own.ended && !this.#closed) this.#events.heard(identity, topic, bytes);
      },
      onLost: () => {
        if (own.ended) return;
        own.ended = true;
        this.#lost(certification.host);
      },
    });
    if ("fault" in outcome) {
      // Another client with our id ends a connection, and prevents none: the cloud itself is at fault.
      this.#short = 0;
      return outcome;
    }
    if (own.ended) return null;
    const close = () => {
      own.ended = true;
      outcome.session.close();
    };
    if (this.#closed) close();
    else this.#open = { session: { ...outcome.session, close }, identity, since: room.clock.now() };
    return null;
  }

  /** Subscribes the topics of these stations; false where the connection ended first. Ends it where the broker refuses all topics. */
  async subscribe(serials: readonly string[]): Promise<boolean | { problem: CloudProblem }> {
    const open = this.#open;
    if (open === null) return false;
    const filters = serials.flatMap((serial) => filtersOf(open.identity, serial));
    const denied = filters.length === 0 ? [] : await open.session.subscribe(filters);
    if (denied === null || this.#open !== open) return false;
    if (denied.length > 0 && denied.length === filters.length) {
      this.end();
      return problem("mqtt-refused", { api: this.#parts.account.api, said: "it refuses all topics" });
    }
    if (denied.length > 0) {
      const { log } = this.#parts.room;
      log.warn(`the broker refuses ${denied.length} of ${filters.length} topics: ${denied[0]}`);
    }
    return true;
  }

  /** Ends the connection from our side. */
  end(): void {
    this.#open?.session.close();
    this.#open = null;
  }

  /** Ends the connection for good: nothing is reported afterwards. */
  close(): void {
    this.#closed = true;
    this.end();
  }

  /** Starts the count of short connections again. */
  forgetShort(): void {
    this.#short = 0;
  }

  #lost(host: string) {
    const at = this.#parts.room.clock.now();
    // A connection that ended before it was open lasted no time.
    this.#short = shortConnections(this.#short, this.#open?.since ?? at, at);
    this.#open = null;
    if (!this.#closed) this.#events.lost(host, this.#short);
  }
}
