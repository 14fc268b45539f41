/** What an agent says: acknowledgements and its presence, dated, and signed where a key is set (rulings R9). */
import type { Ack, Status } from "../contract/messages.ts";
import { ackText, statusText } from "../contract/signatures.ts";
import { makeTopics, topicFor } from "../contract/topics.ts";
import type { Client, Heard } from "../io/client.ts";
import type { Clock } from "../io/clock.ts";
import { sign } from "../io/secrets.ts";

/** A machine's way to the broker; it subscribes before it answers. */
export type Plug = (wanted: Wanted) => Promise<Pick<Client, "publish" | "drop">>;

export interface Wanted {
  clientId: string;
  will: { topic: string; payload: string };
  filters: readonly string[];
  heard: Heard;
  onLost: () => void;
}

const topics = makeTopics("unused", "unused");

/** The full name of one of a machine's topics. */
export function topicOf(machine: string, name: "command" | "power" | "status" | "ack"): string {
  return topicFor(topics[name], { machine });
}

/** The voice of one machine; it is mute while there is no line. */
export class AgentVoice {
  line: Pick<Client, "publish" | "drop"> | null = null;
  readonly #machine: string;
  readonly #key: string | null;
  readonly #clock: Clock;

  constructor(machine: string, key: string | null, clock: Clock) {
    this.#machine = machine;
    this.#key = key;
    this.#clock = clock;
  }

  acknowledge(said: Omit<Ack, "at" | "sig">) {
    const ack: Ack = { ...said, at: this.#unixSec() };
    this.#publish("ack", ack, ackText(this.#machine, ack), false);
  }

  /** Retained, so that who comes later knows it. */
  present(said: Omit<Status, "online" | "at" | "sig">) {
    const status: Status = { online: true, ...said, at: this.#unixSec() };
    this.#publish("status", status, statusText(this.#machine, status), true);
  }

  #publish(name: "ack" | "status", message: object, text: string, retain: boolean) {
    const signed = this.#key === null ? message : { ...message, sig: sign(this.#key, text) };
    // What cannot be said because the network is gone is said by the status of the next connection.
    void this.line?.publish(topicOf(this.#machine, name), JSON.stringify(signed), retain).catch(() => {});
  }

  #unixSec(): number {
    return Math.floor(this.#clock.wall() / 1000);
  }
}
