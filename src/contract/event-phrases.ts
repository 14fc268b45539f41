/** Parts of the sentences in the event catalogue. */
import type { BackReason } from "../core/policy/event-types.ts";
import { assumedText, type LoadBasis } from "../core/policy/words/load.ts";
import { percentText } from "../core/policy/words/sentences.ts";
import type { ServiceEvents } from "./event-types.ts";

/** Says a charge in percent, or that it is not known. */
export const charge = (soc: number | null) =>
  soc === null ? "its charge is not known" : `soc ${percentText(soc)}`;

interface TimeLeft {
  leftSec: number | null;
  watts: number | null;
  basis: string | null;
  loadBasis: LoadBasis | null;
  loadWatts: number | null;
}

/** Says a projected battery time, or that it is not known. */
export function timeLeft({ leftSec, watts, basis, loadBasis, loadWatts }: TimeLeft): string {
  if (leftSec === null || watts === null || loadBasis === null) return "time left not known";
  const capacity = basis === "model" ? "; capacity of the model" : "";
  return `${leftSec} s left at ${assumedText(watts, { loadBasis, loadWatts })}${capacity}`;
}

/** Says when a pending machine goes; nothing when it goes at once. */
export function due({ dueInSec, afterSample }: { dueInSec: number | null; afterSample: boolean }): string {
  if (dueInSec === null) return "";
  const when = afterSample ? "goes as soon as a second sample says so, or" : "goes";
  return `; ${when} in ${dueInSec} s unless the grid returns`;
}

/** Why a pending machine stays up, by reason. */
export const cancelled = {
  "grid-back": (sec: number) => `the grid has been back for ${sec} s`,
  "runtime-recovered": (sec: number) => `its runtime has been above its threshold for ${sec} s`,
  "no-cause": (sec: number) => `no cause in sight for ${sec} s`,
};

interface Stop {
  goneSec: number;
  stopSec: number;
  longestSec: number | null;
}

/** Whether a measured stop took longer than planned. */
export const isLonger = ({ goneSec, stopSec, longestSec }: Stop) => longestSec !== null && goneSec > stopSec;

/** Says how long a machine took to stop, and what to set when that is too long. */
export function stopTime(stop: Stop): string {
  const { goneSec, stopSec, longestSec } = stop;
  if (longestSec === null)
    return `gone ${goneSec} s after it said so; the end of its delay was not seen, so nothing is measured`;
  const more = `: longer than planned; set stopSec to ${Math.ceil(goneSec * 1.2)} s or more`;
  return `gone ${goneSec} s after its delay (stopSec ${stopSec} s, longest so far ${longestSec} s)${isLonger(stop) ? more : ""}`;
}

/** How a machine was seen to be up again. */
export const backReasons: Readonly<Record<BackReason, string>> = {
  rebooted: "it has rebooted",
  up: "it is up",
  there: "it is there",
  answered: "it answered",
  "shutdown-failed": "its shutdown failed",
  aborted: "it has aborted its shutdown",
  "keeps-running": "it is idle and keeps running",
};

/** Whether the machine may have been off in between; else it never left. */
export const wasGone = (why: BackReason): boolean =>
  why !== "aborted" && why !== "keeps-running" && why !== "shutdown-failed";

/** Says that a station does not switch its output on by itself; nothing when it does. */
export const staysOff = ({ stays }: { stays: boolean }) =>
  stays ? "; it will not switch it on again when the mains is back: do that by hand" : "";

/** Says that a silence is over, or went on as another kind. */
export function heardAgain(
  { station, times }: { station: string; times: number | null },
  where: string,
): string {
  if (times === null) return `the silence of ${station} is no longer one ${where}`;
  return `${station} is heard steadily again; it had been silent ${times === 1 ? "once" : `${times} times`}`;
}

interface Failure {
  action: string;
  how: "failed" | "refused" | "rehearsed";
  agentReason: string | null;
  againSec: number | null;
}

/** Says what came of a command that was not obeyed. */
export function failure({ action, how, agentReason, againSec }: Failure): string {
  if (how === "rehearsed")
    return "was commanded to go down and only rehearsed it: its agent is in dry run, and the machine stays up until its power is cut";
  const why = `${how === "failed" ? "could not" : "refused"}: ${agentReason ?? "no reason given"}`;
  return `was sent "${action}" and ${why}${againSec === null ? "" : `; it is sent again in ${againSec} s`}`;
}

/** Says whether a fault was there before the outage. */
export function sinceWhen(stoodBefore: readonly string[] | null, fault: string): string {
  if (stoodBefore === null) return "whether it stood before is not known";
  return stoodBefore.includes(fault) ? "stood before the outage too" : "new";
}

/** At most five names, and how many more there are. */
export function names(list: readonly string[]): string {
  const more = list.length - 5;
  return more > 0 ? `${list.slice(0, 5).join(", ")} and ${more} more` : list.join(", ");
}

/** A message of another client on a machine's `cmd` topic. */
export function foreignCommand({
  machine,
  action,
  id,
  how,
  problem,
}: ServiceEvents["foreign-command"]): string {
  if (how === "unreadable")
    return `a message for ${machine} on its cmd topic is no command (${problem}): find out which client sends it; agents of this project refuse it`;
  const what = `a command for ${machine} (${action}, id ${id})`;
  if (how === "retained")
    return `${what} is retained at the broker: a retained command is never right, because an agent that obeys it goes down at each start. Those of this project ignore it. It is removed for the machines of this server; find out which client sent it.`;
  return `${what} was sent by another client: stop the other orchestrator, or it decides over these machines too`;
}
