/** Machines that go, are gone, or cannot be heard: rows 12–15. */
import type { Draft } from "./draft.ts";
import { seconds } from "./explain.ts";
import { ownSec } from "./project.ts";
import type { Judgement } from "./rule-causes.ts";
import { unseenAbortMs, unseenAborts } from "./rule-command.ts";
import { abort, inOutage, mayAbort, mostAborts, shutdown, startTimer } from "./rule-order.ts";
import { isAbsent } from "./rule-presence.ts";
import { measureStop } from "./rule-stop.ts";
import type { MachineRules } from "./rules.ts";
import type { MachineState } from "./state.ts";

/** An absence counts as down after so long (S33). */
const downMs = 20_000;

/** Rows 12 and 13: it is gone, or cannot tell. True when the command is over. */
export function ended(draft: Draft, id: string, rules: MachineRules): boolean {
  const { want, cmd, presence } = draft.machine(id);
  if (cmd === null) return true;
  const own = ownSec(rules) * 1000;
  const overdue = draft.at - cmd.firstAt >= own;
  if (presence.online === null) {
    if (want === "up" && cmd.tries >= unseenAborts && draft.at - cmd.lastAt >= unseenAbortMs) {
      to(draft, id, "watching");
      return true;
    }
    if (want !== "down" || !overdue) return false;
    to(draft, id, "unknown");
    const text = `${id} was told to go down ${seconds(draft.at - cmd.firstAt)} ago and was never heard: whether it is down is not known`;
    draft.event({ type: "machine-unknown", level: "alarm", machine: id, outage: cmd.outage, text });
    return true;
  }
  if (!isAbsent(draft, presence)) return false;
  if (cmd.word !== null) {
    to(draft, id, "going_down");
    return true;
  }
  if (!overdue || draft.at - presence.since < own) return false;
  to(draft, id, "unknown");
  const text = `${id} has been absent for ${seconds(draft.at - presence.since)} and never acknowledged: whether it is down is not known`;
  draft.event({ type: "machine-unknown", level: "alarm", machine: id, outage: cmd.outage, text });
  return true;
}

function to(draft: Draft, id: string, state: MachineState["state"]) {
  draft.setMachine(id, { state, since: draft.at, ...(state === "watching" && { want: null }) });
}

function goingDown(draft: Draft, id: string, rules: MachineRules) {
  const machine = draft.machine(id);
  const took = draft.at - machine.since;
  if (isAbsent(draft, machine.presence)) {
    if (draft.at - machine.presence.since < downMs) return;
    measureStop(draft, id, rules);
    return to(draft, id, "down");
  }
  if (machine.state === "late" || took < 1500 * rules.stopSec || !draft.state.broker.connected) return;
  draft.setMachine(id, { state: "late" });
  const text = `${id} said that it goes down ${seconds(took)} ago > 1.5 x ${rules.stopSec} s and is still there`;
  draft.event({ type: "late", level: "alarm", code: "late", machine: id, text });
}

/** Rows 14 and 15. One that seems to have come back while we were away is not left to the crash: row 1 judges it. */
export function leaving(draft: Draft, id: string, rules: MachineRules, judgement: Judgement) {
  if (draft.machine(id).presence.online === null && judgement.due) startTimer(draft, id, rules, judgement);
  else goingDown(draft, id, rules);
}

/** Row 13 from `unknown`; and a machine nobody heard since the start is not taken for down when it has to go (S1). */
export function gone(draft: Draft, id: string, rules: MachineRules, judgement: Judgement) {
  const machine = draft.machine(id);
  if (machine.presence.online !== null) return;
  if (machine.state === "down") {
    if (judgement.due) startTimer(draft, id, rules, judgement);
    // An agent that never says a word cannot come back either.
    else if (!machine.presence.ever && !inOutage(draft, rules)) to(draft, id, "watching");
    return;
  }
  if (judgement.due) {
    const cooled = machine.cmd === null || draft.at >= machine.cmd.nextAt;
    if (cooled) shutdown(draft, id, rules, judgement);
  } else if (machine.cmd !== null && machine.aborts < mostAborts && mayAbort(draft, rules)) {
    abort(draft, id, rules);
  } else if (!inOutage(draft, rules)) to(draft, id, "watching");
}
