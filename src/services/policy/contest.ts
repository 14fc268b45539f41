/** Two servers that command one machine: who leads, who stands aside, and when that one takes over (S26, E24). */
import type { OrchestratorStatus } from "../../contract/messages/server.ts";
import type { Instant } from "../../core/reading.ts";

/** A living rival is outbid this many times. Then this server stands aside, because two that outbid each other never end. */
const mostRounds = 3;
/** A rival that was not heard for this time is gone; it renews its lease each 5 s. */
export const goneMs = 15_000;
/** A claim counts when nobody has outbid it after this time. */
const claimMs = 1_000;
/** Instances of which the newest lease is remembered; more of them are forgeries, and the oldest is forgotten. */
const mostInstances = 20;

/** Whether this server commands, is silent because another one commands, or has published an epoch and listens. */
export type Rank = "leads" | "aside" | "claims";

type Lease = Pick<OrchestratorStatus, "instance" | "epoch" | "at">;

/** The contest for one machine. */
export class Contest {
  #rank: Rank = "leads";
  #rounds = 0;
  /** When a living rival was last heard. */
  #heardAt: Instant = Number.NEGATIVE_INFINITY;
  #claimedAt: Instant = 0;
  /** The newest lease of each instance: one that is repeated renews nothing. */
  readonly #newest = new Map<string, Lease>();

  get rank(): Rank {
    return this.#rank;
  }

  /** A retained lease of a rival, at a start or after a reconnect: this server claims first, and listens whether that one lives. */
  find(at: Instant): void {
    if (this.#rank !== "leads") return;
    this.#rank = "claims";
    this.#claimedAt = at;
  }

  /** Takes a live lease of a rival; returns whether this server outbids it. `own`: the lease of this server. */
  hear(lease: Lease, own: Pick<Lease, "instance" | "epoch">, at: Instant): boolean {
    if (!this.#isNews(lease)) return false;
    if (this.#rank === "leads" && at - this.#heardAt >= goneMs && this.#heardAt > 0) this.#rounds = 0;
    this.#heardAt = at;
    const outranks = lease.epoch > own.epoch || (lease.epoch === own.epoch && lease.instance > own.instance);
    if (this.#rank === "claims" && outranks) this.#rank = "aside";
    if (this.#rank !== "leads" || lease.epoch < own.epoch) return false;
    this.#rounds += 1;
    if (this.#rounds > mostRounds) this.#rank = "aside";
    return this.#rank === "leads";
  }

  /** Ends a rank that time ends. */
  tick(at: Instant): void {
    if (this.#rank === "claims" && at - this.#claimedAt >= claimMs) {
      this.#rank = "leads";
      this.#rounds = 0;
    } else if (this.#rank === "aside" && at - this.#heardAt >= goneMs) {
      this.#rank = "claims";
      this.#claimedAt = at;
    }
  }

  /** Up to this moment this process could hear nobody: silence counts from here. */
  wasDeaf(at: Instant): void {
    this.#heardAt = Math.max(this.#heardAt, at);
    this.#claimedAt = Math.max(this.#claimedAt, at);
  }

  #isNews(lease: Lease): boolean {
    const { instance, epoch, at } = lease;
    const known = this.#newest.get(instance);
    if (known !== undefined && (epoch < known.epoch || (epoch === known.epoch && at <= known.at)))
      return false;
    this.#newest.delete(instance);
    this.#newest.set(instance, lease);
    const [oldest] = this.#newest.keys();
    if (this.#newest.size > mostInstances && oldest !== undefined) this.#newest.delete(oldest);
    return true;
  }
}
