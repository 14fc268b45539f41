/** The message streams of an account's stations: publishes their frames and watches for silence. */
import { jsonOrNull, messageBounds } from "../../core/bounded-json.ts";
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

/** How often a station is asked for all its values while connected: some firmwares fall silent otherwise. */
const askEveryMs = 30_000;

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

  /** Notes a new connection: the silence of each station counts from now, and each is to be asked at once. */
  begin(at: Instant): void {
    expectFrom(this.#streams.values(), at);
    this.#askedAt = Number.NEGATIVE_INFINITY;
  }

  /** Takes a message from the broker: publishes a frame, evaluates a status, ignores everything else. */
  take(identity: Identity, topic: string, bytes: Uint8Array): void {
    const routed = routeOf(identity, topic);
    const stream = routed && this.#streams.get(routed.serial);
    if (!routed || !stream || bytes.length === 0 || bytes.length > messageBounds.characters) return;
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

  /** The cloud's flag stops reconnections for a station that is offline. It is not evidence that the station is heard. */
  #presence(stream: Stream, bytes: Uint8Array, at: Instant) {
    const online = statusOf(jsonOrNull(new TextDecoder().decode(bytes)));
    if (online === null || stream.excused === !online) return;
    stream.excused = !online;
    stream.expectedSince = at;
    this.#parts.room.log.info(
      `${stream.serial} is ${online ? "connected to" : "not connected to"} the cloud`,
    );
  }

  /** Asks every station for its values, at most every 30 s. */
  ask(identity: Identity, session: CloudSession, at: Instant): void {
    if (at - this.#askedAt < askEveryMs) return;
    this.#askedAt = at;
    for (const serial of this.#streams.keys()) {
      const topic = askTopic(identity, serial);
      if (topic === null) return;
      const id = 100_000_000 + Math.floor(this.#parts.random() * 899_999_999);
      const requests = snapshotRequests(modelOf(serial)?.family ?? null, id);
      for (const request of requests) void session.ask(topic, request);
    }
  }

  /** Returns the stations whose silence justifies a reconnection, and counts one attempt for each. */
  overdue(at: Instant): Stream[] {
    const silent = [...this.#streams.values()].filter((stream) => isOverdue(stream, at));
    for (const stream of silent) stream.tries++;
    return silent;
  }

  /** Whether a message that the station itself made arrived recently. */
  isAlive(serial: string, at: Instant): boolean {
    const stream = this.#streams.get(serial);
    return stream !== undefined && isAlive(stream, at);
  }

  /** Whether messages of any station arrive; true if the account has no station. */
  areHeard(at: Instant): boolean {
    return this.#streams.size === 0 || this.serials.some((serial) => this.isAlive(serial, at));
  }

  /** Whether every station has had enough time to send something, on this connection or an earlier one. */
  areLate(at: Instant): boolean {
    const isLate = (stream: Stream) =>
      stream.tries > 0 || stream.excused || silentSec(stream, at) >= stream.silentAfterSec;
    return [...this.#streams.values()].every(isLate);
  }

  /** Notes that the API does not serve this station: its silence justifies no reconnection. */
  excuse(serial: string): void {
    const stream = this.#streams.get(serial);
    if (stream) stream.excused = true;
  }
}
