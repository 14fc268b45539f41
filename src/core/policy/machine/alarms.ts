/** Ends a machine's alarms: each is over when the state that raised it is. */

import { isStuck } from "../presence/returns.ts";
import type { Transaction } from "../transaction.ts";
import { commandOf, type MachineState } from "./state.ts";

/** Compares a machine with what it was before the step, and reports the alarms that ended in between. */
export function endAlarms(tx: Transaction, before: MachineState): void {
  const { id } = before;
  const now = tx.machine(id);
  if (now === before) return;
  endFlagged(tx, before, now);
  if (isUnanswered(before) && !isUnanswered(now)) {
    const isSame = commandOf(now)?.id === commandOf(before)?.id;
    const acknowledged = isSame && (commandOf(now)?.ack !== null || now.phase.is === "going_down");
    tx.over("no-acknowledgement", { machine: id, acknowledged });
  }
  if (isUnseen(before) && !isUnseen(now)) tx.over("never-seen", { machine: id, heard: now.presence.ever });
}

/** Ends the alarms that a machine remembers by a flag or a count. */
function endFlagged(tx: Transaction, before: MachineState, now: MachineState) {
  const { id } = before;
  if (before.lateAlarm && !isStillLate(now)) {
    tx.over("late", { machine: id });
    if (now.lateAlarm) tx.setMachine(id, { lateAlarm: false });
  }
  if (hadDoubt(before) && !isInDoubt(now)) {
    tx.over("machine-unknown", { machine: id });
    if (now.unknownAlarm) tx.setMachine(id, { unknownAlarm: false });
  }
  if (isStuck(before) && !isStuck(now)) tx.over("no-shutdown", { machine: id });
}

/** While it is commanded again it is no less late. */
const isStillLate = ({ lateAlarm, phase }: MachineState): boolean =>
  lateAlarm && (phase.is === "late" || phase.is === "commanded" || phase.is === "going_down");

/** An older version stored no such field: its alarm stood while the phase lasted. */
const hadDoubt = ({ unknownAlarm, phase }: MachineState): boolean =>
  unknownAlarm ?? (phase.is === "unknown" && phase.by !== "dead-man");

/** Until it is seen, the doubt lasts, also while it is commanded again. One whose dead-man was due is not in doubt. */
function isInDoubt({ unknownAlarm, phase, presence }: MachineState): boolean {
  if (!unknownAlarm || presence.online === true) return false;
  if (phase.is === "unknown") return phase.by !== "dead-man";
  return phase.is === "pending" || phase.is === "commanded";
}

const isUnanswered = (machine: MachineState): boolean => commandOf(machine)?.alarm === "active";

const isUnseen = ({ unseenAlarm, presence }: MachineState): boolean => unseenAlarm && !presence.ever;
