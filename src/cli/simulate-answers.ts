/** What the agents answer to the commands of a rehearsal: a command that was only sent is not obeyed. */
import type { Ack, Command, Status } from "../contract/messages/machine.ts";
import { ackText } from "../contract/signatures.ts";
import { outageBegan } from "../core/policy/station/watch.ts";
import { isAuthentic } from "../io/secrets.ts";

/** An agent that is online acknowledges within 15 s; a slow one is given 5 s more. */
const answerSec = 20;

type Action = "shutdown" | "abort";

/** The acknowledgements that prove that a command was taken. */
const obeyedBy: Readonly<Record<Action, readonly Ack["phase"][]>> = {
  shutdown: ["received", "delay", "pre_shutdown", "shutting_down"],
  abort: ["aborted"],
};

/** A command that a machine was sent. */
interface Sent {
  id: string;
  /** Second of the rehearsal. */
  atSec: number;
  outage: string | null;
  isObeyed: boolean;
  /** What the agent answered instead of obeying; null without such an answer. */
  instead: string | null;
}

export interface AnswersOptions {
  /** The machines that must go down with the station. */
  machines: readonly string[];
  /** The key of a machine; null where it has none. */
  keyOf: (machine: string) => string | null;
  /** Seconds since the rehearsal began. */
  sec: () => number;
}

export class Answers {
  readonly #options: AnswersOptions;
  readonly #sent = { shutdown: new Map<string, Sent>(), abort: new Map<string, Sent>() };
  readonly #statuses = new Map<string, Status>();

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** Takes a command of the server; its repeats change nothing. */
  command(machine: string, { action, id, outage }: Command): void {
    if (action !== "shutdown" && action !== "abort") return;
    if (this.#sent[action].get(machine)?.id === id) return;
    const atSec = this.#options.sec();
    this.#sent[action].set(machine, { id, atSec, outage: outage ?? null, isObeyed: false, instead: null });
  }

  /** Takes an acknowledgement; returns its text for people, or null where it answers no command of this rehearsal. */
  ack(machine: string, ack: Ack): string | null {
    const key = this.#options.keyOf(machine);
    for (const action of ["shutdown", "abort"] as const) {
      const sent = this.#sent[action].get(machine);
      if (sent?.id !== ack.id) continue;
      const isSigned = isAuthentic(key, ackText(machine, ack), ack.sig);
      if (isSigned && obeyedBy[action].includes(ack.phase)) sent.isObeyed = true;
      else sent.instead = isSigned ? insteadOf(action, ack) : "answered with another key, or with none";
      return isSigned ? `answers: ${ack.phase}${ack.reason ? ` (${ack.reason})` : ""}` : sent.instead;
    }
    return null;
  }

  status(machine: string, status: Status): void {
    this.#statuses.set(machine, status);
  }

  /** The machines whose agent was never heard at this broker. */
  unheard(): string[] {
    return this.#options.machines.filter((machine) => !this.#statuses.has(machine));
  }

  /** The machines that were not sent the command. */
  unsent(action: Action): string[] {
    return this.#options.machines.filter((machine) => !this.#sent[action].has(machine));
  }

  /** Every machine that was sent the command, also one that was not to get it. */
  sentTo(action: Action): string[] {
    return [...this.#sent[action].keys()];
  }

  /** Whether every machine has obeyed the command, or had the time to. */
  isSettled(action: Action): boolean {
    const now = this.#options.sec();
    return this.#options.machines.every((machine) => {
      const sent = this.#sent[action].get(machine);
      return sent !== undefined && (sent.isObeyed || now - sent.atSec > answerSec);
    });
  }

  /** One sentence a machine that did not do what it was commanded, with the reason. */
  faults(): string[] {
    return this.#options.machines.flatMap((machine) => {
      for (const action of ["shutdown", "abort"] as const) {
        const sent = this.#sent[action].get(machine);
        if (sent === undefined || sent.isObeyed) continue;
        return [`${machine} ${sent.instead ?? `did not answer the ${action}: ${this.#whySilent(machine)}`}.`];
      }
      return [];
    });
  }

  /** Returns when the outage of a shutdown began, if that was before `wallSec`; else null. Unix seconds. */
  olderOutage(wallSec: number): number | null {
    for (const { outage } of this.#sent.shutdown.values()) {
      const began = outage === null ? null : outageBegan(outage);
      if (began !== null && began < wallSec) return began;
    }
    return null;
  }

  #whySilent(machine: string): string {
    const status = this.#statuses.get(machine);
    if (status === undefined)
      return `its agent was never heard; start it there, with AGENT_ID=${machine} and this broker (an agent of the original does not answer)`;
    if (!status.online) return "its agent is offline; start the machine, or its agent";
    return `its agent is online, and nothing came within ${answerSec} s; read its log`;
  }
}

function insteadOf(action: Action, { phase, reason = "no reason given" }: Ack): string {
  if (phase === "too_late") return `was too late for the ${action}: ${reason}`;
  return `${phase === "refused" ? "refused" : `answered "${phase}" to`} the ${action}: ${reason}`;
}
