/** Ends a machine's alarms: each is over when the state that raised it is. */
import type { Transaction } from "../transaction.ts";
import { commandOf, type MachineState } from "./state.ts";

/** Compares a machine with what it was before the step, and reports the alarms that ended in between. */
export function endAlarms(tx: Transaction, before: MachineState): void {
  const { id } = before;
  const now = tx.machine(id);
  if (now === before) return;
  if (before.phase.is === "late" && now.phase.is !== "late") tx.over("late", { machine: id });
  if (before.phase.is === "unknown" && now.phase.is !== "unknown")
    tx.over("machine-unknown", { machine: id });
  if (isUnanswered(before) && !isUnanswered(now)) {
    const acknowledged = commandOf(now)?.id === commandOf(before)?.id && commandOf(now)?.ack !== null;
    tx.over("no-acknowledgement", { machine: id, acknowledged });
  }
  if (isUnseen(before) && !isUnseen(now)) tx.over("never-seen", { machine: id, heard: now.presence.ever });
}

const isUnanswered = ({ phase }: MachineState): boolean =>
  phase.is === "commanded" && phase.order.command.alarmed && phase.order.command.ack === null;

const isUnseen = ({ unseenAlarm, presence }: MachineState): boolean => unseenAlarm && !presence.ever;
