/** Decides which station's stream is silent, and when a new connection may revive it. */
import type { Instant } from "../reading.ts";

/** The state of one station's stream. The instant −∞ means "never". */
export interface Stream {
  serial: string;
  silentAfterSec: number;
  /** Last message that the station itself made. Answers to requests may come from the cloud's cache and do not count. */
  heardAt: Instant;
  /** Start of the current connection: silence counts from here. */
  expectedSince: Instant;
  /** Reconnections for this station since its last message. */
  tries: number;
  /** The cloud reports it as offline, or this API does not serve it: no reconnection helps. */
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

/** Longest wait between two reconnections for a silent station, seconds. Each reconnection interrupts the other stations. */
const longestSec = 900;

/** Notes a message that the station itself made. */
export function heard(stream: Stream, at: Instant): void {
  stream.heardAt = at;
  stream.tries = 0;
  stream.excused = false;
}

/** Notes a new connection: silence counts from now. */
export function expectFrom(streams: Iterable<Stream>, at: Instant): void {
  for (const stream of streams) stream.expectedSince = at;
}

/** Seconds for which the station has been silent on this connection. */
export const silentSec = ({ heardAt, expectedSince }: Stream, at: Instant): number =>
  (at - Math.max(heardAt, expectedSince)) / 1_000;

/** Whether the silence justifies a reconnection. Each reconnection without a message doubles the wait. */
export function isOverdue(stream: Stream, at: Instant): boolean {
  if (stream.excused) return false;
  const limit = Math.min(stream.silentAfterSec * 2 ** Math.min(stream.tries, 10), longestSec);
  return silentSec(stream, at) >= limit;
}

/** Whether the station counts as heard: its last message is younger than twice the silence limit. */
export const isAlive = (stream: Stream, at: Instant): boolean =>
  at - stream.heardAt < 2 * stream.silentAfterSec * 1_000;

/** This many connections in a row that each end this early: another client with the same id ends them. */
const kick = { withinMs: 60_000, times: 3 };

/** Returns the number of short connections in a row after one more; 0 if that one lasted. */
export const shortConnections = (before: number, upSince: Instant, at: Instant): number =>
  at - upSince < kick.withinMs ? before + 1 : 0;

/** Whether this many short connections in a row show another client with the same id. */
export const isKicked = (short: number): boolean => short >= kick.times;
