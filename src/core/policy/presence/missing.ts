/** The alarms about an agent that need no outage: none was heard since the start, or it has another key. */
import type { Transaction } from "../transaction.ts";
import { wholeSec } from "../words/sentences.ts";

/** After a (re)connect a present agent is heard within this time: it reports every 30 s. */
const reportedMs = 60_000;

/** Takes a live message that was ignored for its signature. */
export function takeUntrusted(tx: Transaction, id: string, signature: "missing" | "wrong"): void {
  if (!Object.hasOwn(tx.rules.machines, id) || tx.machine(id).aside) return;
  if (tx.machine(id).agentAlarm === "wrong-key") return;
  endAgentAlarm(tx, id);
  tx.setMachine(id, { agentAlarm: "wrong-key" });
  tx.event("wrong-key", { machine: id, signature });
}

/** Whether the boot grace is over, the broker was there, and nothing was heard of the agent; no alarm about it stands. */
export function isAgentMissing(tx: Transaction, id: string): boolean {
  const { presence, agentAlarm, aside } = tx.machine(id);
  const { startedAt, broker } = tx.state;
  // Null covers a retained "online" that nobody confirmed; an agent that said goodbye is known to be off.
  if (presence.online !== null || agentAlarm !== null || aside || !broker.connected) return false;
  return tx.at >= Math.max(startedAt + tx.rules.bootGraceSec * 1000, broker.settledAt + reportedMs);
}

/** Raises the alarm about an agent that was not heard. */
export function watchAgent(tx: Transaction, id: string): void {
  if (!isAgentMissing(tx, id)) return;
  tx.setMachine(id, { agentAlarm: "agent-not-heard" });
  tx.event("agent-not-heard", { machine: id, waitedSec: wholeSec(tx.at - tx.state.startedAt) });
}

/** Ends the alarm that stands. `online`: the agent itself spoke; a Last Will, which may be unsigned, shows no key. */
export function noteTrusted(tx: Transaction, id: string, online: boolean): void {
  if (online || tx.machine(id).agentAlarm === "agent-not-heard") endAgentAlarm(tx, id);
}

/** Ends the alarm about its agent that stands. */
export function endAgentAlarm(tx: Transaction, id: string): void {
  const { agentAlarm } = tx.machine(id);
  if (agentAlarm === null) return;
  tx.setMachine(id, { agentAlarm: null });
  tx.over(agentAlarm, { machine: id });
}
