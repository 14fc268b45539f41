/** Decides which messages of agents reach the policy: those of configured machines, signed where the machine has a key. */
import type { Ack, Status } from "../../contract/messages.ts";
import { ackText, statusText } from "../../contract/signatures.ts";
import type { PolicyInput } from "../../core/policy/inputs.ts";
import type { PolicyRules } from "../../core/policy/rules.ts";
import type { Message } from "../../io/bus.ts";
import type { Log } from "../../io/log.ts";
import { createOnce, type Once } from "../../io/once.ts";
import { verify } from "../../io/secrets.ts";

/** Turns the messages of agents into inputs of the policy. */
export class Trust {
  readonly #machines: PolicyRules["machines"];
  readonly #keys: Readonly<Record<string, string>>;
  readonly #once: Once;

  /** `keys`: the key of each machine that has one. */
  constructor(machines: PolicyRules["machines"], keys: Readonly<Record<string, string>>, log: Log) {
    this.#machines = machines;
    this.#keys = keys;
    this.#once = createOnce(log);
  }

  /** Returns the input of an acknowledgement; null if it is retained or not trusted. */
  ack({ params, payload, retained, at, wall }: Message<Ack>): PolicyInput | null {
    const machine = params["machine"] ?? "";
    if (retained || !this.#isTrusted(machine, payload.sig, ackText(machine, payload))) return null;
    return { kind: "ack", at, wall, machine, ack: payload };
  }

  /** Returns the input of a presence message, `live: false` if it is retained; null if it is not trusted. */
  status({ params, payload, retained, at, wall }: Message<Status>): PolicyInput | null {
    const machine = params["machine"] ?? "";
    // The broker sends a Last Will long after the agent wrote it, so it has no time and no valid signature.
    // It may pass unsigned because going offline alone decides nothing (S33).
    const isLastWill = !payload.online && payload.at === undefined;
    if (!isLastWill && !this.#isTrusted(machine, payload.sig, statusText(machine, payload))) return null;
    return { kind: "presence", at, wall, machine, status: payload, live: !retained };
  }

  #isTrusted(machine: string, sig: string | undefined, text: string): boolean {
    if (!Object.hasOwn(this.#machines, machine)) return false;
    const key = this.#keys[machine];
    if (key === undefined || verify(key, text, sig)) return true;
    this.#once.warn(`sig:${machine}`, `ignored a message of ${machine}: its signature is missing or wrong`);
    return false;
  }
}
