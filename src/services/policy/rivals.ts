/** Notices others who command the same machines, and decides whether this server commands or stands aside (S26, E24). */
import { event, over } from "../../contract/journal.ts";
import type { Command } from "../../contract/messages/machine.ts";
import type { OrchestratorStatus } from "../../contract/messages/server.ts";
import { isLeaseEpoch } from "../../core/command-order.ts";
import { isByHand, type PolicyInput } from "../../core/policy/inputs.ts";
import type { Instant } from "../../core/reading.ts";
import type { Message } from "../../io/bus.ts";
import type { Room } from "../service.ts";
import { notice } from "./notice.ts";

/** An alarm about another orchestrator is raised again after this time while that one lives. */
const againMs = 3_600_000;
/** A living rival is outbid this many times. Then this server stands aside, because two that outbid each other never end. */
const mostRounds = 3;
/** A rival that was not heard for this time is gone; it renews its lease each 5 s. */
const goneMs = 15_000;
/** A claim counts when nobody has outbid it after this time. */
const claimMs = 1_000;
/** A longer pause between two ticks of this process means that it did not run: then silence proves nothing. */
const pauseMs = 5_000;

/** Whether this server commands, is silent because another one commands, or has published an epoch and listens. */
export type Rank = "leads" | "aside" | "claims";

/** Reports each rival as an event, and keeps the rank of this server. */
export class Rivals {
  readonly #room: Pick<Room, "topics" | "publish" | "clock">;
  readonly #instance: string;
  /** When each alarm was last raised. */
  readonly #reportedAt = new Map<string, Instant>();
  #rank: Rank = "leads";
  #rounds = 0;
  /** When a living rival was last heard. */
  #heardAt: Instant = Number.NEGATIVE_INFINITY;
  #isConnected = false;
  #tickAt: Instant | null = null;
  #claimedAt: Instant = 0;
  /** The highest epoch that was believed of others. */
  #highest = 0;

  /** `instance`: the id of this process, whose own messages come back from the broker. */
  constructor(room: Pick<Room, "topics" | "publish" | "clock">, instance: string) {
    this.#room = room;
    this.#instance = instance;
  }

  get rank(): Rank {
    return this.#rank;
  }

  /** Whether this server reaches the machines: it is connected, and no other one commands them. */
  get mayAct(): boolean {
    return this.#rank === "leads" && this.#isConnected;
  }

  /**
   * Reports a command that this server did not send: a person's as a warning, any other as an alarm (S26). Returns the epoch
   * that ours must exceed after a command by hand, or null: one order for both, so that the agent does not refuse our next
   * command as older. `isTrusted`: whether the command is signed where its machine has a key.
   */
  command(message: Message<Command>, ours: number, isTrusted: () => boolean): PolicyInput | null {
    const { params, payload, at, wall, from, retained } = message;
    if (from !== "mirror" || retained) return null;
    const machine = params["machine"] ?? "";
    const { action, id, epoch = 0 } = payload;
    const code = isByHand(id) ? "by-hand" : "foreign-command";
    notice(this.#room, event(code, { machine, action, id }));
    // A ping moves no order at the agent.
    const moves = code === "by-hand" && action !== "ping" && this.#rank === "leads";
    return moves && epoch >= ours && isTrusted() ? { kind: "epoch", at, wall, epoch } : null;
  }

  /** Takes the lease of another server; returns the epoch that ours must exceed (R7), or null where it need not. */
  orchestrator(message: Message<OrchestratorStatus>, ours: number): PolicyInput | null {
    const { payload, at, wall, from, retained } = message;
    const { instance, site, epoch, online } = payload;
    if (from !== "mirror" || instance === this.#instance) return null;
    if (online && !retained && this.#isDue(`rival ${instance}`, at))
      notice(this.#room, event("rival-orchestrator", { instance, site }));
    if (!isLeaseEpoch(epoch)) return this.#refuse(payload, at);
    this.#highest = Math.max(this.#highest, epoch);
    if (online) this.#hear(message, ours);
    return this.#rank === "leads" && epoch >= ours ? { kind: "epoch", at, wall, epoch } : null;
  }

  /** Ends a rank that time ends; returns the epoch that a claim must exceed, else null. */
  tick(at: Instant, wall: number): PolicyInput | null {
    const didRun = this.#tickAt !== null && at - this.#tickAt <= pauseMs;
    this.#tickAt = at;
    if (this.#rank === "leads") return null;
    if (!didRun || !this.#isConnected) this.#heardAt = at;
    if (this.#rank === "claims" && at - this.#claimedAt >= claimMs) {
      this.#rank = "leads";
      this.#rounds = 0;
      notice(this.#room, over("stands-aside", {}));
    }
    if (this.#rank !== "aside" || at - this.#heardAt < goneMs) return null;
    this.#rank = "claims";
    this.#claimedAt = at;
    return { kind: "epoch", at, wall, epoch: this.#highest };
  }

  /** While this process is away from the broker it hears nobody: silence counts from the connection. */
  connected(isConnected: boolean, at: Instant): void {
    this.#isConnected = isConnected;
    this.#heardAt = Math.max(this.#heardAt, at);
  }

  /** Counts the rounds of a contest. A server that finds a living one at its start has lost the first round. */
  #hear({ payload, at, retained }: Message<OrchestratorStatus>, ours: number) {
    const { instance, site, epoch } = payload;
    if (retained) {
      this.#rounds = Math.max(this.#rounds, 1);
      return;
    }
    if (this.#rank === "leads" && at - this.#heardAt >= goneMs && this.#heardAt > 0) this.#rounds = 0;
    this.#heardAt = at;
    const outranks = epoch > ours || (epoch === ours && instance > this.#instance);
    if (this.#rank === "claims" && outranks) this.#rank = "aside";
    if (this.#rank !== "leads" || epoch < ours) return;
    this.#rounds += 1;
    if (this.#rounds <= mostRounds) return;
    this.#rank = "aside";
    notice(this.#room, event("stands-aside", { instance, site, rounds: mostRounds }));
  }

  /** What no server can have reached is neither outbid nor a reason to stand aside. */
  #refuse({ instance, epoch }: OrchestratorStatus, at: Instant): null {
    if (this.#isDue(`epoch ${instance}`, at))
      notice(this.#room, event("absurd-epoch", { who: `the orchestrator ${instance}`, epoch }));
    return null;
  }

  #isDue(key: string, at: Instant): boolean {
    if (at - (this.#reportedAt.get(key) ?? Number.NEGATIVE_INFINITY) < againMs) return false;
    this.#reportedAt.set(key, at);
    return true;
  }
}
