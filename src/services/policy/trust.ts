/** Decides which messages of agents reach the policy: those of configured machines, signed where the machine has a key. */
import { event } from "../../contract/journal.ts";
import { type Ack, type Command, isLastWill, type Status } from "../../contract/messages/machine.ts";
import { ackText, commandText, statusText } from "../../contract/signatures.ts";
import { isRefusalOrder } from "../../core/command-order.ts";
import type { PolicyInput } from "../../core/policy/inputs.ts";
import type { PolicyRules } from "../../core/policy/rules.ts";
import type { Instant } from "../../core/reading.ts";
import type { Message } from "../../io/bus.ts";
import { createOnce, type Once } from "../../io/once.ts";
import { isAuthentic } from "../../io/secrets.ts";
import type { Room } from "../service.ts";
import { HeardTexts } from "./heard.ts";
import { notice } from "./notice.ts";

/** The alarm about an absurd order is raised again after this time. */
const againMs = 3_600_000;
/** An agent reports every 30 s: if no message of it verified for this time, although some came, it has another key. */
const otherKeyMs = 45_000;
/** A signed message this much older than the clock and than the agent's newest one is a repetition of an old one, seconds. */
const oldSec = 120;

/** Turns the messages of agents into inputs of the policy. */
export class Trust {
  readonly #machines: PolicyRules["machines"];
  readonly #keys: Readonly<Record<string, string>>;
  readonly #once: Once;
  readonly #room: Room;
  /** When an absurd order of each machine was last reported. */
  readonly #reportedAt = new Map<string, Instant>();
  /** Since when a machine's messages do not verify; a message that does ends it. */
  readonly #wrongSince = new Map<string, Instant>();
  /** The newest time in a signed message of each machine, Unix seconds by the agent's clock. */
  readonly #newest = new Map<string, number>();
  readonly #heard = new HeardTexts();

  /** `keys`: the key of each machine that has one. */
  constructor(room: Room, machines: PolicyRules["machines"], keys: Readonly<Record<string, string>>) {
    this.#room = room;
    this.#machines = machines;
    this.#keys = keys;
    this.#once = createOnce(room.log);
  }

  /** Whether a command that this server did not send is for a machine of ours, and signed where that has a key. */
  isSigned({ params, payload }: Message<Command>): boolean {
    const machine = params["machine"] ?? "";
    return this.#isTrusted(machine, payload.sig, commandText(machine, payload));
  }

  /** Returns the input of an acknowledgement; `untrusted` if it shows that the agent has another key; null if it is no input. */
  ack({ params, payload, retained, at, wall }: Message<Ack>): PolicyInput | null {
    const machine = params["machine"] ?? "";
    if (retained) return null;
    if (!this.#isTrusted(machine, payload.sig, ackText(machine, payload)))
      return this.#distrust(machine, payload.sig, at, wall);
    if (this.#isOld(machine, payload, wall)) return null;
    this.#wrongSince.delete(machine);
    if (payload.last !== undefined && !isRefusalOrder(payload.last)) this.#refuse(machine, payload.last, at);
    return { kind: "ack", at, wall, machine, ack: payload };
  }

  /** Returns the input of a presence message, `live: false` if it is retained; `untrusted` and null as for an acknowledgement. */
  status({ params, payload, retained, at, wall }: Message<Status>): PolicyInput | null {
    const machine = params["machine"] ?? "";
    // A Last Will may pass unsigned because going offline alone decides nothing (S33).
    const mustBeSigned = !isLastWill(payload);
    if (mustBeSigned && !this.#isTrusted(machine, payload.sig, statusText(machine, payload)))
      return retained ? null : this.#distrust(machine, payload.sig, at, wall);
    if (mustBeSigned && !retained) {
      // The broker publishes a Last Will long after it was written: its time is that of the connection.
      if (payload.online && this.#isOld(machine, payload, wall)) return null;
      this.#wrongSince.delete(machine);
    }
    return { kind: "presence", at, wall, machine, status: payload, live: !retained };
  }

  /**
   * Whether the message is a copy of an earlier one, or long past: it proves nothing about the present. A signature proves who wrote
   * a message, not when.
   */
  #isOld(machine: string, message: Ack | Status, wall: number): boolean {
    if (this.#heard.isRepeated(machine, message)) return true;
    const { at: sentSec } = message;
    if (this.#keys[machine] === undefined || sentSec === undefined) return false;
    const newest = this.#newest.get(machine) ?? Number.NEGATIVE_INFINITY;
    this.#newest.set(machine, Math.max(newest, sentSec));
    const isOld = sentSec < newest - oldSec && sentSec < wall / 1000 - oldSec;
    if (isOld)
      this.#once.warn(
        `old:${machine}`,
        `ignored an old message of ${machine} (${Math.round(newest - sentSec)} s behind its newest): it is repeated, or the agent's clock was set back`,
      );
    return isOld;
  }

  /** The refusal counts, the order that it names does not: our epoch never rises above it. */
  #refuse(machine: string, { epoch }: { epoch: number }, at: Instant) {
    if (at - (this.#reportedAt.get(machine) ?? Number.NEGATIVE_INFINITY) < againMs) return;
    this.#reportedAt.set(machine, at);
    notice(this.#room, event("absurd-epoch", { who: `the agent ${machine}`, epoch }));
  }

  /** If another client forges messages, the agent's own ones verify between them, and no alarm is raised. */
  #distrust(machine: string, sig: string | undefined, at: Instant, wall: number): PolicyInput | null {
    if (!Object.hasOwn(this.#machines, machine)) return null;
    const since = this.#wrongSince.get(machine) ?? at;
    this.#wrongSince.set(machine, since);
    if (at - since < otherKeyMs) return null;
    return { kind: "untrusted", at, wall, machine, signature: sig === undefined ? "missing" : "wrong" };
  }

  #isTrusted(machine: string, sig: string | undefined, text: string): boolean {
    if (!Object.hasOwn(this.#machines, machine)) return false;
    if (isAuthentic(this.#keys[machine], text, sig)) return true;
    this.#once.warn(`sig:${machine}`, `ignored a message of ${machine}: its signature is missing or wrong`);
    return false;
  }
}
