/** The stations of one account as they are heard: their frames go to the other rooms, and their silence is watched. */

import { jsonOrNull } from "../../core/bounded-json.ts";
import type { CloudApiName } from "../../core/cloud/problems.ts";
import { silentAfterSec, snapshotRequests } from "../../core/cloud/snapshot.ts";
import { askTopic, type Identity, routeOf, statusOf } from "../../core/cloud/topics.ts";
import {
  expectFrom,
  heard,
  isAlive,
  isOverdue,
  newStream,
  type Stream,
  silentSec,
} from "../../core/cloud/watch.ts";
import { modelOf } from "../../core/decode/models.ts";
import type { Instant } from "../../core/reading.ts";
import type { CloudSession } from "../../io/cloud-mqtt.ts";
import type { CloudParts } from "./options.ts";

/** A station is asked for all its values at the connection and then so often: some firmwares fall silent otherwise. */
const askEveryMs = 30_000;

/** Largest payload that is passed on, bytes; the largest known frame has 12 kB. */
const mostBytes = 256 * 1024;

export class Streams {
  /** Epoch ms of the newest message; null before the first. */
  heardAt: number | null = null;
  readonly #parts: CloudParts;
  readonly #streams = new Map<string, Stream>();
  #askedAt: Instant = Number.NEGATIVE_INFINITY;

  constructor(parts: CloudParts) {
    this.#parts = parts;
  }

  get serials(): string[] {
    return [...this.#streams.keys()];
  }

  /** Watches these stations and no others; returns those that are new. */
  watch(serials: readonly string[], at: Instant): string[] {
    const fresh = serials.filter((serial) => !this.#streams.has(serial));
    for (const known of this.serials) if (!serials.includes(known)) this.#streams.delete(known);
    for (const serial of fresh) {
      const stream = newStream(serial, silentAfterSec(modelOf(serial)?.family ?? null));
      this.#streams.set(serial, { ...stream, expectedSince: at });
    }
    return fresh;
  }

  /** A connection begins: every station is expected, and asked at the next tick. */
  begin(at: Instant): void {
    expectFrom(this.#streams.values(), at);
    this.#askedAt = Number.NEGATIVE_INFINITY;
  }

  /** Takes a message of the broker in. */
  take(identity: Identity, topic: string, bytes: Uint8Array): void {
    const routed = routeOf(identity, topic);
    const stream = routed && this.#streams.get(routed.serial);
    if (!routed || !stream || bytes.length === 0 || bytes.length > mostBytes) return;
    const { room, name } = this.#parts;
    const at = room.clock.now();
    if (routed.what === "status") {
      this.#presence(stream, bytes, at);
      return;
    }
    this.heardAt = room.clock.wall();
    if (routed.what === "push") heard(stream, at);
    room.publish(room.topics.data, { serial: routed.serial }, { bytes, source: name });
  }

  /** The cloud's word on a station's connection excuses a silence; only a message of the station itself counts as heard. */
  #presence(stream: Stream, bytes: Uint8Array, at: Instant) {
    const online = statusOf(jsonOrNull(new TextDecoder().decode(bytes)));
    if (online === null || stream.excused === !online) return;
    stream.excused = !online;
    stream.expectedSince = at;
    this.#parts.room.log.info(
      `${stream.serial} is ${online ? "connected to" : "not connected to"} the cloud`,
    );
  }

  /** Asks every station for its values where it is time. */
  ask(identity: Identity, session: CloudSession, at: Instant): void {
    if (at - this.#askedAt < askEveryMs) return;
    this.#askedAt = at;
    for (const serial of this.#streams.keys()) {
      const topic = askTopic(identity, serial);
      if (topic === null) return;
      const id = 100_000_000 + Math.floor(this.#parts.random() * 899_999_999);
      const requests = snapshotRequests(modelOf(serial)?.family ?? null, id);
      for (const request of requests) session.ask(topic, request);
    }
  }

  /** The stations whose silence is worth a reconnection; each is counted as tried. */
  overdue(at: Instant): Stream[] {
    const silent = [...this.#streams.values()].filter((stream) => isOverdue(stream, at));
    for (const stream of silent) stream.tries++;
    return silent;
  }

  /** Whether a station's own message came lately. */
  isAlive(serial: string, at: Instant): boolean {
    const stream = this.#streams.get(serial);
    return stream !== undefined && isAlive(stream, at);
  }

  /** Whether any station is heard; true where the account has none. */
  areHeard(at: Instant): boolean {
    return this.#streams.size === 0 || this.serials.some((serial) => this.isAlive(serial, at));
  }

  /** Whether every station was expected long enough, on this connection or an earlier one. */
  areLate(at: Instant): boolean {
    const isLate = (stream: Stream) =>
      stream.tries > 0 || stream.excused || silentSec(stream, at) >= stream.silentAfterSec;
    return [...this.#streams.values()].every(isLate);
  }

  /** The API does not serve this station: its silence is no reason to connect again. */
  excuse(serial: string): void {
    const stream = this.#streams.get(serial);
    if (stream) stream.excused = true;
  }

  /** The API, for sentences. */
  get api(): CloudApiName {
    return this.#parts.account.api;
  }
}
