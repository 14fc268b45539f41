/** Takes an agent's acknowledgement: proof that it is there, and an input of the table of transitions. */
import type { AckPhase } from "../../ack.ts";
import type { AgentAck } from "../inputs.ts";
import { commandOf } from "../machine/state.ts";
import { react } from "../machine/transitions.ts";
import { heard } from "../presence/deadman.ts";
import { noteTrusted } from "../presence/missing.ts";
import type { Transaction } from "../transaction.ts";

export function takeAck(tx: Transaction, id: string, ack: AgentAck) {
  if (!Object.hasOwn(tx.rules.machines, id)) return;
  if (isOld(tx, id, ack.id)) return;
  noteTrusted(tx, id, true);
  noteHeard(tx, id, ack.phase);
  const command = commandOf(tx.machine(id));
  if (ack.dry_run) {
    const { presence } = tx.machine(id);
    if (presence.rehearsal !== ack.id) tx.setMachine(id, { presence: { ...presence, rehearsal: ack.id } });
    if (ack.id === command?.id) react(tx, id, { on: "rehearsed", ack });
    return;
  }
  if (ack.phase === "pong") return react(tx, id, { on: "pong" });
  // A machine that starts its shutdown goes down, whoever ordered it.
  if (ack.phase === "shutting_down") return react(tx, id, { on: "shutting_down" });
  if (command === null || (ack.id !== command.id && ack.id !== command.undoes)) return;
  react(tx, id, { on: "ack", ack, ofUndone: ack.id === command.undoes });
}

/** Our ids: the machine, epoch, seq and Unix seconds. */
const ownId = /^-\d+-\d+-(\d+)$/;
/** An agent that was cut off acknowledges within minutes; what is older was kept somewhere, or is repeated. */
const oldMs = 3_600_000;

/** Whether the acknowledgement is of an earlier command of ours that is long over: it says nothing of now. */
function isOld(tx: Transaction, machine: string, ackId: string): boolean {
  if (ackId === commandOf(tx.machine(machine))?.id || !ackId.startsWith(machine)) return false;
  const sentSec = ownId.exec(ackId.slice(machine.length))?.[1];
  return sentSec !== undefined && tx.wall - Number(sentSec) * 1000 > oldMs;
}

/** An acknowledgement shows presence like a status, but the last one of a machine that goes down may come after its Last Will. */
function noteHeard(tx: Transaction, id: string, phase: AckPhase) {
  const { presence } = tx.machine(id);
  heard(tx, id);
  const leaving = phase === "shutting_down" || phase === "too_late";
  const online = !(leaving && presence.online === false);
  if (presence.ever && presence.online === online) return;
  const since = presence.online === online ? presence.since : tx.at;
  tx.setMachine(id, { presence: { ...presence, ever: true, online, since } });
}
