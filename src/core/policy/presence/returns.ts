/** Counts how often a machine is idle again after it acknowledged its shutdown: its agent crashes, or its shutdown does not end it. */
import { commandOf, type MachineState } from "../machine/state.ts";
import { wishFor } from "../machine/wish.ts";
import type { Transaction } from "../transaction.ts";

/** A crash of the agent and a person who boots the machine are two; a third return in one outage is an alarm. */
export const mostReturns = 3;

/** Whether the machine does not go down, however often it acknowledges. */
export const isStuck = ({ returns, phase }: MachineState): boolean =>
  returns >= mostReturns && phase.is !== "down";

/** Takes a live status "idle" of an armed agent, before the table does; raises the alarm `no-shutdown`. */
export function noteReturn(tx: Transaction, id: string): void {
  const machine = tx.machine(id);
  const rules = tx.rules.machines[id];
  const { phase, returns } = machine;
  const { target, command } = phase.order ?? {};
  if (rules === undefined || machine.aside || target !== "down" || command === undefined) return;
  if (phase.is === "commanded" ? command.ack === null : phase.is === "unknown") return;
  // A machine that boots on good mains is where it should be.
  if (wishFor(tx, id, rules).target !== "down") return;
  tx.setMachine(id, { returns: returns + 1 });
  if (returns + 1 < mostReturns || isStuck(machine)) return;
  const outage = commandOf(machine)?.outage ?? "";
  tx.event("no-shutdown", { machine: id, outage, times: returns + 1 });
}
