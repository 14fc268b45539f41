/** Watches the streams of an account's stations: which one is silent, and when a reconnection is worth it. */
import type { Instant } from "../reading.ts";

/** Plain data of one station's stream. An instant of −∞ means "never". */
export interface Stream {
  serial: string;
  silentAfterSec: number;
  /** Its last own message; answers to requests may be the cloud's and do not count. */
  heardAt: Instant;
  /** Since when it is expected: the connection, or the last reconnection for its sake. */
  expectedSince: Instant;
  /** Reconnections for its sake that brought nothing. */
  tries: number;
  /** The cloud reports it as offline, or does not open it to this API: no reconnection helps. */
  excused: boolean;
}

export const newStream = (serial: string, silentAfterSec: number): Stream => ({
  serial,
  silentAfterSec,
  heardAt: Number.NEGATIVE_INFINITY,
  expectedSince: Number.NEGATIVE_INFINITY,
  tries: 0,
  excused: false,
});

/** The longest wait before a silent stream is tried again, seconds: a station that is switched off must not cost the others theirs. */
const longestSec = 900;

/** Notes a message that the station itself made. */
export function heard(stream: Stream, at: Instant): void {
  stream.heardAt = at;
  stream.tries = 0;
  stream.excused = false;
}

/** Notes a new connection: the station is expected to speak from now on. */
export function expectFrom(streams: Iterable<Stream>, at: Instant): void {
  for (const stream of streams) stream.expectedSince = at;
}

/** Seconds for which the station has been silent on this connection. */
export const silentSec = ({ heardAt, expectedSince }: Stream, at: Instant): number =>
  (at - Math.max(heardAt, expectedSince)) / 1_000;

/** Whether the stream's silence is worth a reconnection: each one that brings nothing doubles the wait. */
export function isOverdue(stream: Stream, at: Instant): boolean {
  if (stream.excused) return false;
  const limit = Math.min(stream.silentAfterSec * 2 ** Math.min(stream.tries, 10), longestSec);
  return silentSec(stream, at) >= limit;
}

/** Whether the station counts as heard, for the health of the source. */
export const isAlive = (stream: Stream, at: Instant): boolean =>
  at - stream.heardAt < 2 * stream.silentAfterSec * 1_000;

/** Connections that end this soon after they began, so often in a row, are ended by another client with the same id. */
const kick = { withinMs: 60_000, times: 3 };

/** Counts short connections: returns the new count, 0 after one that lasted. */
export const shortConnections = (before: number, upSince: Instant, at: Instant): number =>
  at - upSince < kick.withinMs ? before + 1 : 0;

/** Whether that many short connections in a row are kicks. */
export const isKicked = (short: number): boolean => short >= kick.times;
