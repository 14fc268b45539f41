/** Two voices for one station: one reports the mains, another one reports its loss, for longer than their intervals (E6). */
import type { Instant } from "../reading.ts";
import { type SourceMemory, silentAt } from "./sources.ts";

/** A source that changes its report more often than this within the time below carries two publishers. */
const changesAllowed = 3;
const withinMs = 180_000;
/** The slower of two publishers is contradicted within two mean intervals of both; half of one more covers jitter. */
const messagesApart = 2.5;
/** A loss reaches two sources within this time. */
const leastMs = 10_000;

/** Whether the sources of a station contradict each other on the mains at `at`, or one of them contradicts itself. */
export const isDisputed = (sources: readonly SourceMemory[], at: Instant): boolean =>
  sources.some(
    (source) => contradictsItself(source, at) || sources.some((other) => contradicts(source, other, at)),
  );

/**
 * Two publishers go on contradicting each other, message by message: the reports of one of them never last longer than until
 * the next message. A grid that flickers stays away, and stays back, for several messages, and comes to rest. A local source
 * that flaps is judged by itself (S17).
 */
function contradictsItself({ traits, changes, intervalMs }: SourceMemory, at: Instant): boolean {
  const recent = changes.filter((change) => at - change < withinMs);
  const [newest, before] = [recent.at(-1), recent.at(-3)];
  if (traits.local || recent.length <= changesAllowed || newest === undefined || before === undefined)
    return false;
  const lasted = recent.slice(1).map((change, nth) => change - (recent[nth] ?? change));
  const isBrief = (parity: number) =>
    lasted.every((ms, nth) => nth % 2 !== parity || ms <= messagesApart * intervalMs);
  return at - newest <= 2 * (newest - before) && (isBrief(0) || isBrief(1));
}

/** Whether one source has reported `lost` and the other one `present`, both since longer than the intervals of the two. */
function contradicts(lost: SourceMemory, present: SourceMemory, at: Instant): boolean {
  if (lost.view?.verdict !== "lost" || present.view?.verdict !== "present") return false;
  if (at >= silentAt(lost) || at >= silentAt(present)) return false;
  // A source that has not spoken since the loss does not contradict it.
  if (present.spokeAt <= lost.view.since) return false;
  const since = Math.max(lost.view.since, present.view.since);
  return at - since > Math.max(lost.intervalMs, present.intervalMs, leastMs);
}
