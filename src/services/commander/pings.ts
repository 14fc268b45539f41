/** Pings the agents whose retained status is "online": a retained message is last known, not presence (S28). */
import type { Command } from "../../contract/messages/machine.ts";

/** Above every order, because a ping is judged by its order and moves nothing. */
const pingSeq = Number.MAX_SAFE_INTEGER;

export interface PingsOptions {
  /** Every machine that is configured. */
  machines: readonly string[];
  ttlSec: number;
  publish: (machine: string, command: Command) => void;
}

/** Retained messages arrive before the broker takes commands, and commands are never queued: machines wait here until then. */
export class Pings {
  readonly #options: PingsOptions;
  readonly #waiting = new Set<string>();
  #isConnected = false;
  #count = 0;

  constructor(options: PingsOptions) {
    this.#options = options;
  }

  /** A retained "online" of a machine. `wall`: epoch milliseconds. */
  retained(machine: string, epoch: number, wall: number): void {
    if (!this.#options.machines.includes(machine)) return;
    this.#waiting.add(machine);
    this.#askAll(epoch, wall);
  }

  connected(isConnected: boolean, epoch: number, wall: number): void {
    this.#isConnected = isConnected;
    this.#askAll(epoch, wall);
  }

  #askAll(epoch: number, wall: number) {
    if (!this.#isConnected) return;
    const { publish, ttlSec } = this.#options;
    for (const machine of this.#waiting) {
      this.#count += 1;
      publish(machine, pingOf(`ping-${machine}-${epoch}-${this.#count}`, epoch, ttlSec, wall));
    }
    this.#waiting.clear();
  }
}

function pingOf(id: string, epoch: number, ttlSec: number, wall: number): Command {
  return {
    id,
    action: "ping",
    delay_sec: 0,
    reason: "who is there",
    ttl_sec: ttlSec,
    issued_at: Math.floor(wall / 1000),
    epoch,
    seq: pingSeq,
  };
}
