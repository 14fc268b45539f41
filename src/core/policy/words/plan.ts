/** What is pending for a machine, for people and dashboards (`power-manager/plan/<agent>`). */
import type { Instant } from "../../reading.ts";
import type { MachinePlan } from "../effects.ts";
import { causesOf } from "../machine/causes.ts";
import type { MachineRules, PolicyRules } from "../rules.ts";
import type { PolicyState } from "../state.ts";
import { Transaction } from "../transaction.ts";
import { causesText, planCauses, seconds } from "./sentences.ts";

/** Returns the machine's plan at `at`, with the arithmetic. A machine of no rule is watching. */
export function planOf(rules: PolicyRules, state: PolicyState, id: string, at: Instant): MachinePlan {
  const machineRules = rules.machines[id];
  if (machineRules === undefined)
    return { state: "watching", hold: null, reason: `${id} is in no rule`, deadline_sec: null, causes: [] };
  const tx = new Transaction(rules, state, at, 0);
  const { phase, presence, stopTimes } = tx.machine(id);
  const { list } = causesOf(tx, tx.machine(id), machineRules);
  const causes = list.length > 0 ? causesText(tx, machineRules, list) : null;
  return {
    state: phase.is,
    hold: presence.armed === false ? { kind: "dry_run", until: null } : null,
    reason: reasonOf(tx, id, machineRules, causes),
    deadline_sec: deadlineSec(tx, id),
    causes: planCauses(tx, machineRules, list),
    ...(stopTimes && { stop_measured_sec: stopTimes.last, stop_longest_sec: stopTimes.longest }),
  };
}

function reasonOf(tx: Transaction, id: string, rules: MachineRules, causes: string | null): string {
  const { phase } = tx.machine(id);
  switch (phase.is) {
    case "watching":
      return causes ?? "nothing to do";
    case "pending":
      return causes === null ? noCauseText(tx, rules) : `${causes}; goes in ${seconds(phase.dueAt - tx.at)}`;
    case "commanded": {
      const { action, firstAt, ack, reason } = phase.order.command;
      return `sent "${action}" ${seconds(tx.at - firstAt)} ago, ${ack ?? "not acknowledged"}: ${reason}`;
    }
    case "going_down":
    case "late":
      return `goes down; stopSec is ${rules.stopSec} s`;
    case "unknown":
      return phase.by === "dead-man"
        ? "cut off on battery until its dead-man was over: taken for down by it"
        : "commanded to go down, absent, never acknowledged";
    case "down":
      return "down";
  }
}

/** Why a machine without a cause is still pending. */
function noCauseText(tx: Transaction, { stations }: MachineRules): string {
  return stations.some((id) => tx.assess(id).notUp)
    ? "no cause is left on battery: watched again when that has lasted for 60 s"
    : "waits whether the grid stays";
}

/** Seconds until a pending machine is commanded, or a commanded one's delay is over; null when nothing is pending. */
function deadlineSec(tx: Transaction, id: string): number | null {
  const { phase } = tx.machine(id);
  if (phase.is === "pending") return Math.max(0, Math.ceil((phase.dueAt - tx.at) / 1000));
  if (phase.is !== "commanded" || phase.order.target !== "down") return null;
  const { delay, firstAt } = phase.order.command;
  return Math.max(0, Math.ceil(delay - (tx.at - firstAt) / 1000));
}
