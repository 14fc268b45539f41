/**
 * What of an effect is compared with the policy of commit 25c7667: commands but for their sentence, events by code and subject. The intended
 * differences: events carry parameters and no text, `output-off` while nothing is fed is `output-off-expected`, the end of
 * an alarm (each has one now, also after a restart), alarms that stand over a
 * restart, and alarms about an agent without an outage.
 */
import type { Effect } from "../../src/core/policy/effects.ts";

/** An event as commit 25c7667 emitted it. */
interface EventBefore {
  type: string;
  code?: string;
  machine?: string;
  station?: string;
}

/** Alarms that stand over a start of another boot: the policy before raised them again. */
const standing = ["blind-on-mains", "blind-on-battery", "output-off", "station-fault"];

/** Alarms that the policy before did not know. */
const added = ["agent-not-heard", "wrong-key"];

/** Returns the part of an effect that has to be equal; null for one that is not compared. `isHistory`: a start made the state history. */
export function intended(effect: Effect, isHistory: boolean): object | null {
  if (effect.kind === "command") {
    // The arithmetic of an overdue sample is shown as it fires now (E20).
    const { reason: _, ...command } = effect;
    return command;
  }
  const { code, over, machine, station } = "params" in effect ? today(effect) : before(effect as EventBefore);
  if (added.includes(code)) return null;
  if (over || code === "no-reading-since-start" || (isHistory && standing.includes(code))) return null;
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
