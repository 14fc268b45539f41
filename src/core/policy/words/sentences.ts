/** Sentences for people, with the arithmetic of a decision. */

import type { MachinePlan } from "../effects.ts";
import { type Cause, type Causes, worstLeft } from "../machine/causes.ts";
import type { MachineState } from "../machine/state.ts";
import type { MachineRules } from "../rules.ts";
import { onBatteryMs } from "../station/assessment.ts";
import { needMs, ownSec, type Threshold, thresholdOf } from "../station/projection.ts";
import type { Transaction } from "../transaction.ts";
import { assumedText, type LoadOrigin, loadOrigin } from "./load.ts";

/** Returns the whole seconds of milliseconds, at least 0. */
export const wholeSec = (ms: number): number => Math.max(0, Math.floor(ms / 1000));

/** Returns `181 s` for 181 400 ms. */
export const seconds = (ms: number): string => `${wholeSec(ms)} s`;

/** Returns the projected battery time as parameters of an event; all null where it is not known. */
export function timeLeft(tx: Transaction, station: string) {
  const { projection } = tx.assess(station);
  if (projection === null)
    return { leftSec: null, watts: null, basis: null, loadBasis: null, loadWatts: null };
  const { left, watts, basis } = projection;
  const { loadBasis, loadWatts } = originOf(tx, station, watts);
  const measured = loadWatts === null ? null : Math.round(loadWatts);
  return { leftSec: wholeSec(left), watts: Math.round(watts), basis, loadBasis, loadWatts: measured };
}

function originOf(tx: Transaction, station: string, watts: number): LoadOrigin {
  const rules = tx.rules.stations[station];
  return rules === undefined
    ? { loadBasis: "rated", loadWatts: null }
    : loadOrigin(rules, tx.station(station), watts);
}

/** Returns `1834 s left at 464 W assumed: 330 W measured + 10 % + 8 W, x 1.25`, or that nothing is known. */
function leftText(tx: Transaction, station: string): string {
  const { projection } = tx.assess(station);
  if (projection === null) return "time left not known";
  return `${seconds(projection.left)} left at ${assumedText(projection.watts, originOf(tx, station, projection.watts))}`;
}

/** Returns `soc 9 % <= 10 %, on battery 181 s`. */
export function causeText(tx: Transaction, rules: MachineRules, cause: Cause): string {
  if (cause.kind === "unknown") return doubtText(tx, cause.station);
  const battery = `on battery ${seconds(onBatteryMs(tx.station(cause.station), tx.at))}`;
  return `${condition(tx, rules, cause.station, cause.kind)}, ${battery}`;
}

/** Returns `grid unknown for 612 s: counts as no supply`. */
function doubtText(tx: Transaction, station: string): string {
  const { upAt } = tx.station(station);
  const since = upAt ?? tx.state.startedAt;
  return `grid unknown for ${seconds(tx.at - since)}${upAt === null ? " since the start" : ""}: counts as no supply`;
}

type StationCause = Exclude<Cause["kind"], "unknown">;

function condition(tx: Transaction, rules: MachineRules, id: string, kind: StationCause): string {
  const station = tx.station(id);
  const { projection, overdue } = tx.assess(id);
  switch (kind) {
    case "floor":
      return `${floorText(tx, id)} <= ${seconds(needMs(rules))} (needs ${ownSec(rules)} s and a margin)`;
    case "blind":
      return `${blindText(tx, id)}, ${leftText(tx, id)}`;
    case "soc":
      return socText(tx, rules, id);
    case "runtime": {
      const reported = overdue ? null : station.runtime;
      const value =
        reported === null
          ? `projected ${seconds(projection?.left ?? 0)}`
          : `runtime ${Math.round(reported)} s`;
      return `${value} <= ${rules.runtimeSec} s`;
    }
    case "time":
      return `time on battery ${seconds(onBatteryMs(station, tx.at))} >= ${rules.onBatterySec} s`;
  }
}

/** Returns `newest sample 300 s old on battery`, or why the charge of a station that is heard is not known. */
function blindText(tx: Transaction, id: string): string {
  const { blind, age } = tx.assess(id);
  if (blind === null || blind.why === "silent") return `newest sample ${seconds(age ?? 0)} old on battery`;
  const since = seconds(tx.at - blind.since);
  if (blind.why === "unreported") return `no soc reported for ${since} on battery`;
  return `soc ${percentText(tx.station(id).soc ?? 0)} unmoved for ${since} on battery`;
}

/** The time left that the inequality is about: less one percent of charge while a sample is overdue. */
function floorText(tx: Transaction, id: string): string {
  const assessment = tx.assess(id);
  const { projection, overdue } = assessment;
  if (projection === null || !overdue) return leftText(tx, id);
  const why = assessment.blind?.why === "unmoved" ? "the charge does not move" : "a sample is overdue";
  return `${seconds(worstLeft(assessment))} left at ${Math.round(projection.watts)} W (${projection.basis}, ${why})`;
}

/** Returns a percentage as it is meaningful to people: with one decimal at most. */
export const percentText = (value: number): string => `${Math.round(value * 10) / 10} %`;

function socText(tx: Transaction, rules: MachineRules, id: string): string {
  const station = tx.station(id);
  const stationRules = tx.rules.stations[id];
  const { projection, overdue } = tx.assess(id);
  if (stationRules === undefined || station.soc === null) return "soc not known";
  const threshold = thresholdOf(tx.rules, rules, stationRules, station);
  const drained =
    projection === null || !overdue ? null : projection.rate * (projection.whole - projection.left);
  const projectedSoc = drained === null ? null : Math.max(0, station.soc - 1 - drained);
  const value =
    projectedSoc === null || station.soc <= threshold.percent
      ? `soc ${percentText(station.soc)}`
      : `soc projected ${projectedSoc.toFixed(1)} % (last reported: ${percentText(station.soc)})`;
  const met = (projectedSoc ?? station.soc) <= threshold.percent;
  return `${value} ${met ? "<=" : "armed at"} ${threshold.percent} %${raisedText(threshold, rules)}`;
}

/** Returns `, raised to 19 % (from 10 %: cut-off 11 % + 7.1 % for 570 s at 128 W)`. */
function raisedText({ percent, raised }: Threshold, rules: MachineRules): string {
  if (raised === null) return "";
  const { cutOff, points, needSec, watts } = raised;
  const sum = `cut-off ${cutOff} % + ${points.toFixed(1)} % for ${needSec} s at ${Math.round(watts)} W`;
  return `, raised to ${percent} % (from ${rules.socPercent} %: ${sum})`;
}

/** Returns all causes of a machine: `Study: soc 9 % <= 10 %, on battery 181 s; Den: …`. */
export function causesText(tx: Transaction, rules: MachineRules, causes: readonly Cause[]): string {
  const sentences = causes.map((cause) => `${cause.station}: ${causeText(tx, rules, cause)}`);
  return sentences.length === 0 ? "no cause" : sentences.join("; ");
}

/** Returns why the machine goes now: the debounce is over, or is not spent. */
export function timingText(tx: Transaction, { phase, debounceSpent }: MachineState, why: Causes): string {
  const waited = tx.at - phase.since;
  const debounce = tx.rules.debounceSec;
  if (why.urgent) {
    const isShort = why.list.some(({ kind, agreed }) => kind === "floor" && agreed);
    return isShort
      ? "at once: the time left allows no debounce"
      : "at once: it was unseen for as long as may be";
  }
  if (debounceSpent) return "at once: the debounce was spent before the abort";
  return `for ${seconds(Math.max(waited, debounce * 1000))} >= ${debounce} s`;
}

/** Returns the causes as the plan shows them. */
export function planCauses(
  tx: Transaction,
  rules: MachineRules,
  causes: readonly Cause[],
): MachinePlan["causes"] {
  return causes.map((cause) => ({
    station: cause.station,
    kind: cause.kind,
    text: causeText(tx, rules, cause),
  }));
}
