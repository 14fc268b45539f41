/** Notices others who command the same machines: another orchestrator, an unknown sender, a person with `send`. */
import { event } from "../../contract/journal.ts";
import type { Command, OrchestratorStatus } from "../../contract/messages.ts";
import { isByHand, type PolicyInput } from "../../core/policy/inputs.ts";
import type { Instant } from "../../core/reading.ts";
import type { Message } from "../../io/bus.ts";
import type { Room } from "../service.ts";
import { notice } from "./notice.ts";

/** The alarm about another orchestrator is raised again after this time while that one lives. */
const againMs = 3_600_000;

/** Reports each rival as an event. */
export class Rivals {
  readonly #room: Room;
  readonly #instance: string;
  /** When each instance was last reported. */
  readonly #reportedAt = new Map<string, Instant>();

  /** `instance`: the id of this process, whose own messages come back from the broker. */
  constructor(room: Room, instance: string) {
    this.#room = room;
    this.#instance = instance;
  }

  /** Reports a command that this server did not send: a person's as a warning, any other as an alarm (S26). */
  command({ params, payload, from, retained }: Message<Command>): void {
    if (from !== "mirror" || retained) return;
    const machine = params["machine"] ?? "";
    const { action, id } = payload;
    const code = isByHand(id) ? "by-hand" : "foreign-command";
    notice(this.#room, event(code, { machine, action, id }));
  }

  /** Returns the epoch of another server, which ours must exceed (R7); null for this server's own status. */
  epoch({ payload, at, wall, from }: Message<OrchestratorStatus>): PolicyInput | null {
    if (from !== "mirror" || payload.instance === this.#instance) return null;
    return { kind: "epoch", at, wall, epoch: payload.epoch };
  }

  /** Reports another server that is alive, again after an hour (S26). */
  orchestrator({ payload, at, from, retained }: Message<OrchestratorStatus>): void {
    const { instance, site, online } = payload;
    if (from !== "mirror" || instance === this.#instance || retained || !online) return;
    if (at - (this.#reportedAt.get(instance) ?? Number.NEGATIVE_INFINITY) < againMs) return;
    this.#reportedAt.set(instance, at);
    notice(this.#room, event("rival-orchestrator", { instance, site }));
  }
}
