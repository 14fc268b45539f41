/** How the emulated agent goes through a shutdown: delay, pre-commands, the point of no return, off; and how it is called back. */
import type { Work } from "./state.ts";
import { isCalm, isSilentTooLong } from "./trust.ts";
import type { Turn } from "./turn.ts";

/** A slow machine takes so many times as long to stop. */
const slowness = 3;

export function enter(turn: Turn, work: Work) {
  turn.set({ work });
  turn.did(work.phase, work.id);
  turn.acknowledge(work.id, work.phase);
  turn.report();
}

/** Enters the phases whose time has come. */
export function advanceDue(turn: Turn) {
  for (let { work } = turn.state; work !== null && work.untilMs <= turn.state.awakeMs; { work } = turn.state)
    advance(turn, work);
}

function advance(turn: Turn, work: Work) {
  const { preShutdownSec, stopSec, behaviour } = turn.setup;
  if (work.phase === "delay") {
    turn.set({ servicesStopped: !work.dryRun });
    enter(turn, { ...work, phase: "pre_shutdown", untilMs: work.untilMs + preShutdownSec * 1000 });
  } else if (work.phase === "shutting_down") {
    switchOff(turn, "off");
  } else if (work.dryRun) {
    turn.set({ work: null });
    turn.did("rehearsed", work.id);
    turn.acknowledge(work.id, "shutting_down", { dry_run: true });
    turn.report();
  } else {
    const longMs = stopSec * 1000 * (behaviour === "slow" ? slowness : 1);
    enter(turn, { ...work, phase: "shutting_down", untilMs: work.untilMs + longMs });
  }
}

/** Ends a shutdown before the point of no return, and starts the stopped services again. */
export function callBack(turn: Turn, id: string) {
  const { work, servicesStopped } = turn.state;
  if (work === null) return;
  turn.set({ work: null, servicesStopped: false });
  turn.did("aborted", id);
  if (servicesStopped) turn.did("services-restored", id);
  turn.report();
}

/** Dead-man: acts on silence on battery (S21). A `power` message about the mains before the point of no return ends it. */
export function watchSilence(turn: Turn) {
  const { work, trust, awakeMs, boot } = turn.state;
  if (work?.deadMan && work.phase !== "shutting_down" && isCalm(trust)) return callBack(turn, work.id);
  if (work !== null || !isSilentTooLong(trust, awakeMs)) return;
  turn.did("dead-man");
  const { dryRun } = turn.setup;
  advance(turn, { id: `dead-man-${boot}`, phase: "delay", untilMs: awakeMs, dryRun, deadMan: true });
}

/** The machine is off: by its own shutdown, or because its power was cut. */
export function switchOff(turn: Turn, deed: "off" | "power-cut") {
  turn.did(deed, turn.state.work?.id ?? null);
  turn.set({ up: false, work: null });
  turn.effects.push({ kind: "off" });
}
