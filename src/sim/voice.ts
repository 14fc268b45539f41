/** Sends an agent's acknowledgements and presence, dated, and signed where a key is set (R9). */
import type { Ack, Status } from "../contract/messages/machine.ts";
import { ackText, statusText } from "../contract/signatures.ts";
import { makeTopics, topicFor } from "../contract/topics.ts";
import type { Clock } from "../io/clock.ts";
import { sign } from "../io/secrets.ts";
import type { Link } from "./line.ts";

const topics = makeTopics("unused", "unused");

/** Returns the full name of one of a machine's topics. */
export function topicOf(machine: string, name: "command" | "power" | "status" | "ack"): string {
  return topicFor(topics[name], { machine });
}

/** Publishes for one machine; sends nothing while there is no connection. */
export class AgentVoice {
  readonly #machine: string;
  readonly #key: string | null;
  readonly #clock: Pick<Clock, "wall">;
  readonly #line: { link: Link | null };

  constructor(machine: string, key: string | null, clock: Pick<Clock, "wall">, line: { link: Link | null }) {
    this.#machine = machine;
    this.#key = key;
    this.#clock = clock;
    this.#line = line;
  }

  acknowledge(said: Omit<Ack, "at" | "sig">) {
    const ack: Ack = { ...said, at: this.#unixSec() };
    this.#publish("ack", ack, ackText(this.#machine, ack), false);
  }

  /** Publishes the presence, retained for later subscribers. */
  present(said: Omit<Status, "online" | "at" | "sig">) {
    const status: Status = { online: true, ...said, at: this.#unixSec() };
    this.#publish("status", status, statusText(this.#machine, status), true);
  }

  #publish(name: "ack" | "status", message: object, text: string, retain: boolean) {
    const signed = this.#key === null ? message : { ...message, sig: sign(this.#key, text) };
    const topic = topicOf(this.#machine, name);
    // A publish that fails because the network is gone is replaced by the status of the next connection.
    void this.#line.link?.publish(topic, JSON.stringify(signed), retain).catch(() => {});
  }

  #unixSec(): number {
    return Math.floor(this.#clock.wall() / 1000);
  }
}
