/** What is ordered of a machine, and what allows an abort: rows 1, 2, 8, 11. */
import type { Draft } from "./draft.ts";
import { causesText, seconds, timingText } from "./explain.ts";
import { needMs, project } from "./project.ts";
import type { Judgement } from "./rule-causes.ts";
import { command } from "./rule-command.ts";
import { beginOutage } from "./rule-station.ts";
import type { MachineRules } from "./rules.ts";
import { isConfirmed } from "./sight.ts";

/** After two aborts in one outage a machine completes and is woken (S11). */
export const mostAborts = 2;
/** A supply that was up so recently counts as healthy though it is silent (S31). */
const recentMs = 600_000;

/** Whether any station of the machine has an outage. */
export const inOutage = (draft: Draft, { stations }: MachineRules) =>
  stations.some((station) => draft.station(station).outage !== null);

/** Row 1: the debounce begins, or is not spent. */
/** The time left allows no debounce, but only one sample says so yet. */
const isShort = ({ causes }: Judgement) => causes.some(({ kind }) => kind === "floor" || kind === "blind");

export function startTimer(draft: Draft, id: string, rules: MachineRules, judgement: Judgement) {
  const machine = draft.machine(id);
  const at = judgement.urgent || (machine.spent && judgement.agreed);
  const dueAt = at ? draft.at : judgement.since + draft.rules.debounceSec * 1000;
  draft.setMachine(id, { state: "pending", since: draft.at, dueAt, clearAt: null });
  const when = at
    ? timingText(draft, machine, judgement)
    : `${isShort(judgement) ? "goes as soon as a second sample says so, or" : "goes"} in ${seconds(dueAt - draft.at)} unless the grid returns`;
  const outage = firstOutage(draft, judgement);
  draft.event({
    type: "timer-start",
    level: "warn",
    machine: id,
    ...outage,
    text: `TIMER START ${id}: ${causesText(draft, rules, judgement.causes)}; ${when}`,
  });
  if (machine.presence.ever || machine.unseenAlarm) return;
  draft.setMachine(id, { unseenAlarm: true });
  const text = `${id} has to go down and was never heard: its agent cannot confirm anything; look whether it runs`;
  draft.event({ type: "alarm", level: "alarm", code: "never-seen", machine: id, ...outage, text });
}

/** The station and outage of the first cause (R8). */
function firstOutage(draft: Draft, { causes }: Judgement): { station: string; outage: string } {
  const station = causes[0]?.station ?? "";
  return { station, outage: beginOutage(draft, station) };
}

/** Row 2, and row 11: the command goes out. */
export function shutdown(draft: Draft, id: string, rules: MachineRules, judgement: Judgement) {
  const machine = draft.machine(id);
  const where = firstOutage(draft, judgement);
  const arithmetic = `${causesText(draft, rules, judgement.causes)}; ${timingText(draft, machine, judgement)}`;
  const left = judgement.left === null ? rules.delaySec : judgement.left / 1000 - rules.stopSec - 30;
  const delay = Math.max(0, Math.floor(Math.min(rules.delaySec, left)));
  draft.setMachine(id, { state: "commanded", since: draft.at, dueAt: null, clearAt: null, want: "down" });
  draft.event({
    type: "shutdown-triggered",
    level: "warn",
    machine: id,
    ...where,
    text: `SHUTDOWN TRIGGERED ${id}: ${arithmetic}; delay ${delay} s`,
  });
  command(draft, id, { action: "shutdown", ...where, reason: arithmetic, delay });
}

/** Row 8. */
export function abort(draft: Draft, id: string, rules: MachineRules) {
  const machine = draft.machine(id);
  const station = machine.cmd?.station ?? rules.stations[0] ?? "";
  const outage = machine.cmd?.outage ?? draft.station(station).outage ?? "";
  const number = machine.aborts + 1;
  const seen = rules.stations.filter((each) => confirmed(draft, each));
  const present = Math.min(...seen.map((each) => draft.at - (draft.station(each).presentAt ?? draft.at)));
  const reason = `grid present for ${seconds(present)} >= ${draft.rules.abortAfterSec} s at ${seen.length} of ${rules.stations.length} stations, ${rules.minSupplies} needed; abort ${number} of ${mostAborts} in this outage`;
  draft.setMachine(id, { state: "commanded", since: draft.at, want: "up", aborts: number, spent: true });
  draft.event({
    type: "abort",
    level: "warn",
    machine: id,
    station,
    ...(outage !== "" && { outage }),
    text: `ABORT ${id}: ${reason}`,
  });
  command(draft, id, { action: "abort", outage, station, reason, delay: 0 });
}

const confirmed = (draft: Draft, id: string) =>
  isConfirmed(draft.station(id), draft.sight(id), draft.at, draft.rules.abortAfterSec);

/** How many of its stations have an outage whose end is not confirmed; the others never asked for anything. */
export function unsettled(draft: Draft, { stations }: MachineRules): number {
  return stations.filter((id) => draft.station(id).outage !== null && !confirmed(draft, id)).length;
}

/** Enough stations confirmed whose charge does not forbid it (S10). */
export function mayAbort(draft: Draft, rules: MachineRules): boolean {
  const able = rules.stations.filter((id) => confirmed(draft, id) && !chargeBlocks(draft, rules, id));
  const recent = rules.stations.filter((id) => wasUp(draft, id));
  return able.length > 0 && able.length + recent.length >= rules.minSupplies;
}

/** A supply that is silent counts as healthy when it was up within the last ten minutes (S31), and has no outage. */
function wasUp(draft: Draft, id: string): boolean {
  const { verdict, outage } = draft.station(id);
  const { silent, notUp, age } = draft.sight(id);
  return silent && !notUp && verdict === "present" && outage === null && (age ?? recentMs) < recentMs;
}

/** The charge blocks only when all three are known and false: enough for one more stop, charging, carried by the mains. */
function chargeBlocks(draft: Draft, rules: MachineRules, id: string): boolean {
  const station = draft.station(id);
  const stationRules = draft.rules.stations[id];
  if (stationRules === undefined || station.charging !== false) return false;
  if (station.carried === null || station.carried === "grid") return false;
  const left = project(stationRules, station, draft.at, false);
  return left !== null && left.left < needMs(rules);
}
