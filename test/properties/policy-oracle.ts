/** What must hold of every trace, judged from the world alone: no false shutdown, no missed one. */
import type { Moment, Outcome, Trace } from "./policy-trace.ts";

const own = 360;
const need = own + Math.max(60, own * 0.2);

/** The first shutdown command of each order. */
export const orders = ({ commands }: Outcome, action: "shutdown" | "abort") => {
  const seen = new Set<string>();
  return commands.filter(({ id, action: is }) => is === action && !seen.has(id) && seen.add(id));
};

/** A shutdown is ordered only while the newest word of the station is `lost`. */
export function falseShutdown(out: Outcome): string | null {
  for (const order of orders(out, "shutdown")) {
    const moment = out.moments[order.second - 1];
    if (moment && moment.word !== "lost")
      return `ordered at ${order.second} s with the newest word ${moment.word}: ${order.reason}`;
  }
  return null;
}

/** Seconds of the battery that are left at the true load. */
export const trueLeft = ({ capacity, load, surge }: Trace, soc: number) =>
  ((soc - 11) * capacity * 36) / (load * surge);

/**
 * A machine that could be reached, behind a station that was heard, never loses its power while it runs: before the
 * crash there was a window without faults long enough to see it coming, to command and to stop.
 */
export function missedShutdown(out: Outcome): string | null {
  const { trace, moments, crashes } = out;
  const window = need + 2 * trace.cadence + 70;
  for (const crash of crashes) {
    if (crash < window + 2) continue;
    const before = moments.slice(crash - 1 - window, crash - 1);
    const clean = (moment: Moment) =>
      !moment.grid && !moment.blind && !moment.apart && moment.serving && moment.up;
    if (!trace.known || !before.every(clean)) continue;
    return `lost its power at ${crash} s, after ${window} s without a fault`;
  }
  return null;
}

/** Every abort comes with power that was seen for ten seconds, on two samples, and is seen now (I10, S10). */
export function badAbort(out: Outcome): string | null {
  for (const abort of orders(out, "abort")) {
    const samples = out.moments.slice(0, abort.second).filter(({ sampled }) => sampled);
    const fell = samples.findLastIndex(({ word }) => word !== "present");
    const present = samples.slice(fell + 1);
    const newest = present.at(-1);
    const first = present[0];
    if (!first || !newest || present.length < 2)
      return `aborted at ${abort.second} s on ${present.length} samples`;
    if (abort.second - first.second < 10)
      return `aborted at ${abort.second} s, present since ${first.second} s`;
    if (abort.second - newest.second > Math.max(60, 3 * out.trace.cadence) + 1)
      return `aborted at ${abort.second} s, silent since ${newest.second} s`;
  }
  return null;
}

/** When everything has been well for long enough, every machine that runs is watched and counts nothing down. */
export function leftOver(out: Outcome): string | null {
  const { moments, trace, world } = out;
  const well = ({ grid, blind, apart, serving, up }: Moment) => grid && !blind && !apart && serving && up;
  if (!moments.slice(-(150 + 2 * trace.cadence)).every(well)) return null;
  const { phase, presence } = world.machine;
  const state = phase.is;
  // What nobody heard since a start may be down for all we know: it is ordered anew when it has to go.
  if (presence.online === null && (state === "down" || state === "late")) return null;
  if (world.agent.phase === "shutting_down") return null;
  // After two aborts an agent that cannot answer is left to its order until the outage is over (S11).
  if (trace.unseen && state === "unknown" && world.machine.aborts === 2) return null;
  if (state === "watching" && (trace.unseen || world.agent.phase === "idle")) return null;
  return `all is well and it is ${state}, its agent ${world.agent.phase}`;
}

/** One order has one id, action and seq; orders rise; the epoch never falls; the rest of a delay never grows (I13, R7). */
export function badOrder({ commands }: Outcome): string | null {
  let [seq, epoch, id, rest] = [0, 0, "", Number.POSITIVE_INFINITY];
  for (const command of commands) {
    if (command.epoch < epoch) return `the epoch falls to ${command.epoch}`;
    const repeated = command.id === id;
    if (repeated !== (command.seq === seq))
      return `${command.id} has seq ${command.seq} after ${id} with ${seq}`;
    if (!repeated && command.seq < seq) return `seq falls to ${command.seq}`;
    if (repeated && command.delaySec > rest) return `the delay of ${id} grows to ${command.delaySec} s`;
    [seq, epoch, id, rest] = [command.seq, command.epoch, command.id, command.delaySec];
  }
  return null;
}

/** In one outage a machine that hears us stops once a boot, and is ordered once until it is freed (I13). */
export function notOnce(out: Outcome): string | null {
  const stops = new Set<string>();
  for (const { outage, boot } of out.world.agent.shutdowns) {
    const stop = `${outage}, boot ${boot}`;
    if (stops.has(stop)) return `stopped twice in ${stop}`;
    stops.add(stop);
  }
  if (out.trace.unseen) return null;
  const all = [...orders(out, "shutdown"), ...orders(out, "abort")].sort(
    (a, b) => a.second - b.second || a.seq - b.seq,
  );
  for (const [index, order] of all.entries()) {
    const next = all[index + 1];
    if (order.action !== "shutdown" || next?.action !== "shutdown" || order.outage !== next.outage) continue;
    const between = out.moments.slice(order.second - 1, next.second);
    const calm = between.every(
      ({ apart, serving, up, boot }) => !apart && serving && up && boot === between[0]!.boot,
    );
    if (calm) return `ordered at ${order.second} s and again at ${next.second} s`;
  }
  return null;
}
