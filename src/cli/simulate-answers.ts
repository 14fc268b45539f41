/** What the agents answer to the commands of a rehearsal, and what that is worth: a command that was sent is not obeyed yet. */
import type { Ack, Command, Status } from "../contract/messages/machine.ts";
import { ackText } from "../contract/signatures.ts";
import { verify } from "../io/secrets.ts";

/** An agent that is there acknowledges within 15 s, and a slow one is given a little more. */
const answerSec = 20;

type Action = "shutdown" | "abort";

/** The acknowledgements that prove that a command was taken. */
const obeyedBy: Readonly<Record<Action, readonly Ack["phase"][]>> = {
  shutdown: ["received", "delay", "pre_shutdown", "shutting_down"],
  abort: ["aborted"],
};

/** A command that a machine was sent. */
interface Told {
  id: string;
  /** Second of the rehearsal. */
  atSec: number;
  outage: string | null;
  isObeyed: boolean;
  /** What it was answered instead; null without an answer. */
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
  readonly #told = { shutdown: new Map<string, Told>(), abort: new Map<string, Told>() };
  readonly #statuses = new Map<string, Status>();

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** Takes a command of the server; its repeats change nothing. */
  command(machine: string, { action, id, outage }: Command): void {
    if (action !== "shutdown" && action !== "abort") return;
    if (this.#told[action].get(machine)?.id === id) return;
    const atSec = this.#options.sec();
    this.#told[action].set(machine, { id, atSec, outage: outage ?? null, isObeyed: false, instead: null });
  }

  /** Takes an acknowledgement; returns how to say it, or null where it answers no command of this rehearsal. */
  ack(machine: string, ack: Ack): string | null {
    const key = this.#options.keyOf(machine);
    for (const action of ["shutdown", "abort"] as const) {
      const told = this.#told[action].get(machine);
      if (told?.id !== ack.id) continue;
      const isSigned = key === null || verify(key, ackText(machine, ack), ack.sig);
      if (isSigned && obeyedBy[action].includes(ack.phase)) told.isObeyed = true;
      else told.instead = isSigned ? insteadOf(action, ack) : "answered with another key, or with none";
      return isSigned ? `answers: ${ack.phase}${ack.reason ? ` (${ack.reason})` : ""}` : told.instead;
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
  untold(action: Action): string[] {
    return this.#options.machines.filter((machine) => !this.#told[action].has(machine));
  }

  /** Every machine that was sent the command, also one that was not to get it. */
  told(action: Action): string[] {
    return [...this.#told[action].keys()];
  }

  /** Whether every machine has obeyed the command, or had the time to. */
  isSettled(action: Action): boolean {
    const now = this.#options.sec();
    return this.#options.machines.every((machine) => {
      const told = this.#told[action].get(machine);
      return told !== undefined && (told.isObeyed || now - told.atSec > answerSec);
    });
  }

  /** One sentence a machine that did not do what it was commanded, with the reason. */
  faults(): string[] {
    return this.#options.machines.flatMap((machine) => {
      for (const action of ["shutdown", "abort"] as const) {
        const told = this.#told[action].get(machine);
        if (told === undefined || told.isObeyed) continue;
        return [`${machine} ${told.instead ?? `did not answer the ${action}: ${this.#whySilent(machine)}`}.`];
      }
      return [];
    });
  }

  /** The outage of a shutdown, if it began before `wallSec` (Unix seconds), with its begin; else null. */
  olderOutage(wallSec: number): { outage: string; began: number } | null {
    for (const { outage } of this.#told.shutdown.values()) {
      const began = Number(/-(\d+)$/.exec(outage ?? "")?.[1] ?? Number.NaN);
      if (outage !== null && began < wallSec) return { outage, began };
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
