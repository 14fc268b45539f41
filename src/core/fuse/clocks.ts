/** What a sender's own time proves: an old message is no sample, and a clock that is wrong is told from an old message by its pace. */
import type { Instant } from "../reading.ts";

/** A sender whose time differs from ours by at most this agrees with our clock. */
const clocksAgreeMs = 60_000;
/** Times that keep pace with ours to this are those of a running clock. */
const paceMs = 5_000;
/** A clock that differs is believed after it has run with ours for this long, and its `present` after this long. */
const runsAfterMs = 10_000;
const presentAfterMs = 600_000;
/** Time zones differ by whole quarters of an hour, by 14 h at most. */
const zoneMs = { step: 900_000, most: 14 * 3_600_000 };
/** Smaller numbers are no epoch milliseconds (September 2001); those of the second range are epoch seconds. */
const leastMs = 1e12;
const seconds = { least: 1e9, most: 1e11 };

/** What is known of a sender's clock. Plain mutable data. */
export interface SenderClock {
  /** The newest time of a message that agreed with our clock, and when that message came. */
  newest: number;
  agreedAt: Instant;
  /** Times that differ from ours and keep pace with it: the newest, the difference at the first, and when that came. */
  run: { own: number; ahead: number; since: Instant } | null;
  /** The content of the newest message with a time, and that time. */
  content: string;
  own: number;
}

/** A clock of which nothing is known. */
export const unknownClock = (): SenderClock => ({
  newest: Number.NEGATIVE_INFINITY,
  agreedAt: Number.NEGATIVE_INFINITY,
  run: null,
  content: "",
  own: Number.NEGATIVE_INFINITY,
});

/** Returns the sender's own time in epoch ms, also from epoch seconds; null where the value is no time, or counts since a start. */
export function ownTime(value: unknown): number | null {
  if (typeof value !== "number" || !Number.isFinite(value)) return null;
  if (value >= leastMs) return value;
  return value >= seconds.least && value < seconds.most ? value * 1_000 : null;
}

/** The time of a sample, epoch ms: `own` where the sender gave one within 60 s of `wall`, else `wall`. */
export function sampleTime(own: unknown, wall: number): number {
  return typeof own === "number" && Math.abs(own - wall) <= clocksAgreeMs ? own : wall;
}

/**
 * What a message proves by its own time. `now`: it is a sample. `unsure`: it is one, but its `present` proves nothing, because a
 * delayed stream keeps pace too. `old`: it is none.
 */
export type TimeProof = "now" | "unsure" | "old";

/**
 * Judges a message by its sender's time `own` (epoch ms) and changes `clock`. `silentMs`: after this time without a message that
 * agrees with our clock another clock may take its place. `content`: the same content at the same time is a repetition; another
 * content at the same time shows that the time is no clock.
 */
export function proofOf(
  clock: SenderClock,
  { own, content }: { own: number; content: string },
  { at, wall, silentMs }: { at: Instant; wall: number; silentMs: number },
): TimeProof {
  const isStopped = own === clock.own && content !== clock.content;
  const isRepeated = own === clock.own && content === clock.content;
  clock.own = own;
  clock.content = content;
  if (isRepeated) return "old";
  if (isStopped) return "now";
  if (Math.abs(wall - own) <= clocksAgreeMs) return agreed(clock, own, at);
  const cannotBeLate = own > wall || isZone(wall - own);
  if (at - clock.agreedAt < silentMs && !cannotBeLate) return "old";
  const proof = ofRun(clock, own, at);
  return proof === "unsure" && cannotBeLate ? "now" : proof;
}

/** Whether a time that is behind by `ms` is that of another time zone, and not that of a late message. */
function isZone(ms: number): boolean {
  const rest = ms % zoneMs.step;
  return ms <= zoneMs.most && Math.min(rest, zoneMs.step - rest) <= paceMs;
}

function agreed(clock: SenderClock, own: number, at: Instant): TimeProof {
  // Once no message has agreed for a while, a clock that was set back is believed again.
  if (own < clock.newest && at - clock.agreedAt < clocksAgreeMs) return "old";
  clock.newest = own;
  clock.agreedAt = at;
  clock.run = null;
  return "now";
}

/** A constant difference is a difference of clocks. A single message, and one that is repeated, shows none. */
function ofRun(clock: SenderClock, own: number, at: Instant): TimeProof {
  const { run } = clock;
  const keepsPace = run !== null && own > run.own && Math.abs(own - at - run.ahead) <= paceMs;
  if (!keepsPace) {
    if (run === null || own !== run.own) clock.run = { own, ahead: own - at, since: at };
    return "old";
  }
  run.own = own;
  if (at - run.since < runsAfterMs) return "old";
  return at - run.since < presentAfterMs ? "unsure" : "now";
}
