/** Sentences for people, with the arithmetic (R29). */
import type { Draft } from "./draft.ts";
import type { PlanWord } from "./effects.ts";
import { needMs, ownSec, type Threshold, thresholdOf } from "./project.ts";
import type { Cause, Judgement } from "./rule-causes.ts";
import type { MachineRules } from "./rules.ts";
import { onBatteryMs } from "./sight.ts";
import type { MachineState } from "./state.ts";

/** `181 s` of 181 400 ms. */
export function seconds(ms: number): string {
  return `${Math.max(0, Math.floor(ms / 1000))} s`;
}

/** `1834 s left at 158 W (measured)`, or that nothing is known. */
export function leftText(draft: Draft, station: string): string {
  const { left } = draft.sight(station);
  if (left === null) return "time left not known";
  return `${seconds(left.left)} left at ${Math.round(left.watts)} W (${left.basis})`;
}

/** `soc 9 % <= 10 %, on battery 181 s`. */
export function causeText(draft: Draft, rules: MachineRules, cause: Cause): string {
  const battery = `on battery ${seconds(onBatteryMs(draft.station(cause.station), draft.at))}`;
  return `${condition(draft, rules, cause)}, ${battery}`;
}

function condition(draft: Draft, rules: MachineRules, { station: id, kind }: Cause): string {
  const station = draft.station(id);
  const { left, age, overdue } = draft.sight(id);
  switch (kind) {
    case "floor":
    case "plan":
      return `${leftText(draft, id)} <= ${seconds(needMs(rules))} (needs ${ownSec(rules)} s and a margin)`;
    case "blind":
      return `silent for ${seconds(age ?? 0)} on battery, ${leftText(draft, id)}`;
    case "soc":
      return socText(draft, rules, id);
    case "runtime": {
      const told = overdue ? null : station.runtime;
      const value = told === null ? `projected ${seconds(left?.left ?? 0)}` : `runtime ${Math.round(told)} s`;
      return `${value} <= ${rules.runtimeSec} s`;
    }
    case "time":
      return `time on battery ${seconds(onBatteryMs(station, draft.at))} >= ${rules.onBatterySec} s`;
  }
}

function socText(draft: Draft, rules: MachineRules, id: string): string {
  const station = draft.station(id);
  const stationRules = draft.rules.stations[id];
  const { left, overdue } = draft.sight(id);
  if (stationRules === undefined || station.soc === null) return "soc not known";
  const threshold = thresholdOf(draft.rules, rules, stationRules, station);
  const drained = left === null || !overdue ? null : left.rate * (left.whole - left.left);
  const projected = drained === null ? null : Math.max(0, station.soc - 1 - drained);
  const value =
    projected === null || station.soc <= threshold.percent
      ? `soc ${station.soc} %`
      : `soc projected ${projected.toFixed(1)} % (${station.soc} % before the silence)`;
  const met = (projected ?? station.soc) <= threshold.percent;
  return `${value} ${met ? "<=" : "armed at"} ${threshold.percent} %${raisedText(threshold, rules)}`;
}

/** `, raised to 19 % (from 10 %: cut-off 11 % + 7.1 % for 570 s at 128 W)`. */
function raisedText({ percent, raised }: Threshold, rules: MachineRules): string {
  if (raised === null) return "";
  const { cutOff, points, needSec, watts } = raised;
  const sum = `cut-off ${cutOff} % + ${points.toFixed(1)} % for ${needSec} s at ${Math.round(watts)} W`;
  return `, raised to ${percent} % (from ${rules.socPercent} %: ${sum})`;
}

/** All causes of a machine: `Study: soc 9 % <= 10 %, on battery 181 s; Den: …`. */
export function causesText(draft: Draft, rules: MachineRules, causes: readonly Cause[]): string {
  const sentences = causes.map((cause) => `${cause.station}: ${causeText(draft, rules, cause)}`);
  return sentences.length === 0 ? "no cause" : sentences.join("; ");
}

/** Why it goes now, and not later: the debounce is over, or is not spent. */
export function timingText(draft: Draft, machine: MachineState, judgement: Judgement): string {
  const waited = draft.at - machine.since;
  const debounce = draft.rules.debounceSec;
  if (judgement.urgent) {
    const isShort = judgement.causes.some(({ kind, agreed }) => kind === "floor" && agreed);
    return isShort
      ? "at once: the time left allows no debounce"
      : "at once: it was unseen for as long as may be";
  }
  if (machine.spent) return "at once: the debounce was spent before the abort";
  return `for ${seconds(Math.max(waited, debounce * 1000))} >= ${debounce} s`;
}

/** The causes as the plan shows them. */
export function planCauses(draft: Draft, rules: MachineRules, causes: readonly Cause[]): PlanWord["causes"] {
  return causes.map((cause) => ({
    station: cause.station,
    kind: cause.kind,
    text: causeText(draft, rules, cause),
  }));
}
