/** Ends the alarms about a machine: each stands as long as its state shows it, so that a step before and after tells the end. */
import type { Draft } from "./draft.ts";
import type { MachineState } from "./state.ts";

/** `never-seen` stands: it had to go down in this outage, and its agent was never heard. */
const isUnseen = ({ unseenAlarm, presence }: MachineState) => unseenAlarm && !presence.ever;

/** `no-acknowledgement` stands, or was raised for a command that is over now. */
const isUnanswered = ({ cmd }: MachineState) => cmd?.alarmed === true && cmd.alarmOver !== true;

/** Emits an over-event for each alarm that this step ended; `before` is the machine as the step found it. */
export function endAlarms(draft: Draft, id: string, before: MachineState | undefined) {
  const after = draft.machine(id);
  if (before === undefined || before === after) return;
  if (before.state === "late" && after.state !== "late") draft.over("late", { machine: id });
  if (before.state === "unknown" && after.state !== "unknown") draft.over("machine-unknown", { machine: id });
  if (isUnseen(before) && !isUnseen(after))
    draft.over("never-seen", { machine: id, heard: after.presence.ever });
  if (isUnanswered(before)) endUnanswered(draft, id);
}

function endUnanswered(draft: Draft, id: string) {
  const { state, cmd } = draft.machine(id);
  const isSame = cmd?.alarmed === true;
  if (isSame && cmd.word === null && state === "commanded") return;
  // Raised once a command: asked again later, it is not reported a second time.
  if (isSame) draft.setMachine(id, { cmd: { ...cmd, alarmOver: true } });
  const acknowledged = state === "going_down" || (cmd !== null && cmd.word !== null);
  draft.over("no-acknowledgement", { machine: id, acknowledged });
}
