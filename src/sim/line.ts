/** An emulated machine's connection to the broker: cable, attempts to connect again, and what is lost. */
import type { Client, Heard } from "../io/client.ts";

export type Link = Pick<Client, "publish" | "drop">;

/** Connects a machine to the broker; resolves after its subscription. */
export type Plug = (wanted: Wanted) => Promise<Link>;

export interface Wanted {
  clientId: string;
  will: { topic: string; payload: string };
  filters: readonly string[];
  heard: Heard;
  onLost: () => void;
}

/** Milliseconds between attempts to connect again. */
const retryMs = 5_000;

export class Line {
  /** Null while there is no connection. */
  link: Link | null = null;
  readonly #plug: Plug;
  readonly #wanted: () => Wanted;
  /** The network cable is plugged in, so a lost connection is tried again. */
  #cableIn = true;
  #plugging = false;
  #triedAt = 0;

  /** `wanted` is asked at each attempt to connect. */
  constructor(plug: Plug, wanted: () => Wanted) {
    this.#plug = plug;
    this.#wanted = wanted;
  }

  /** Plugs the cable in and connects at `at`, ms of the machine. Returns true if a connection is new. Rejects if the broker is away. */
  async connect(at: number, isUp: () => boolean): Promise<boolean> {
    this.#cableIn = true;
    if (this.link || this.#plugging || !isUp()) return false;
    this.#plugging = true;
    this.#triedAt = at;
    try {
      const link = await this.#plug(this.#wanted());
      if (!isUp() || !this.#cableIn) {
        link.drop();
        return false;
      }
      this.link = link;
      return true;
    } finally {
      this.#plugging = false;
    }
  }

  /** Whether it is time to connect again at `at`, ms of the machine. */
  isDue(at: number): boolean {
    return !this.link && this.#cableIn && at - this.#triedAt >= retryMs;
  }

  /** Pulls the cable; the broker publishes the Last Will. Returns true if there was a connection. */
  unplug(): boolean {
    this.#cableIn = false;
    this.link?.drop();
    return this.lose();
  }

  /** The connection is gone. Returns true if there was one. */
  lose(): boolean {
    const was = this.link !== null;
    this.link = null;
    return was;
  }

  /** The machine's power is gone, the cable stays. */
  drop(): void {
    this.link?.drop();
    this.link = null;
  }
}
