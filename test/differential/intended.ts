/**
 * What of an effect is compared with the policy of commit 25c7667: commands whole, events by code and subject. The intended
 * differences: events carry parameters and no text, `output-off` while nothing is fed is `output-off-expected`, the end of
 * an alarm (each has one now, also after a restart), and the alarm of a station that was not heard since the start, which
 * stands over a restart.
 */
import type { Effect } from "../../src/core/policy/effects.ts";

/** An event as commit 25c7667 emitted it. */
interface EventBefore {
  type: string;
  code?: string;
  machine?: string;
  station?: string;
}

/** Returns the part of an effect that has to be equal; null for an effect that is not compared. */
export function intended(effect: Effect): object | null {
  if (effect.kind === "command") return effect;
  const { code, over, machine, station } = "params" in effect ? today(effect) : before(effect as EventBefore);
  if (over || code === "no-reading-since-start") return null;
  return { code, machine, station };
}

function today({ code, over, params }: Extract<Effect, { kind: "event" }>) {
  const { machine, station } = params as EventBefore;
  return { code: code as string, over: over === true, machine, station };
}

function before({ type, code, machine, station }: EventBefore) {
  const own = type === "output-off" ? "output-off-expected" : type;
  const isAlarm = type === "alarm" || type === "alarm-over";
  return { code: isAlarm ? (code ?? "") : own, over: type === "alarm-over", machine, station };
}
