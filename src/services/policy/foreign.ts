/** Reports what arrives on a machine's `cmd` topic and is not ours: a person's command, any other, a retained one, or none at all (S26). */
import { event } from "../../contract/journal.ts";
import type { Command } from "../../contract/messages/machine.ts";
import { isByHand } from "../../core/policy/inputs.ts";
import type { Instant } from "../../core/reading.ts";
import type { Message } from "../../io/bus.ts";
import type { Room } from "../service.ts";
import { notice } from "./notice.ts";

/** Reports for one machine within `windowMs`, and for all machines that are not configured together; a flood is one alarm. */
const most = 6;
const windowMs = 60_000;

export interface ForeignOptions {
  /** Every machine that is configured. */
  machines: readonly string[];
  /** Whether the command is signed, where its machine has a key. */
  isTrusted: (message: Message<Command>) => boolean;
  /** Whether a living server that commands the machine in place of this one is in this epoch. */
  isLedByOther: (machine: string, epoch: number, at: Instant) => boolean;
}

interface What {
  action: string | null;
  id: string | null;
  how: "by-hand" | "live" | "retained" | "unreadable";
  problem: string | null;
}

export class Foreign {
  readonly #room: Pick<Room, "topics" | "publish" | "clock">;
  readonly #options: ForeignOptions;
  /** When something was reported, by machine. */
  readonly #reports = new Map<string, Instant[]>();

  constructor(room: Pick<Room, "topics" | "publish" | "clock">, options: ForeignOptions) {
    this.#room = room;
    this.#options = options;
  }

  /** Reports a command that this server did not send; returns its epoch if it is a person's that moves the order at the agent. */
  command(message: Message<Command>): number | null {
    const { params, payload, at, from, retained } = message;
    if (from !== "mirror") return null;
    const machine = params["machine"] ?? "";
    const { action, id, epoch = 0 } = payload;
    const isConfigured = this.#options.machines.includes(machine);
    if (retained) {
      this.#report(machine, at, { action, id, how: "retained", problem: null });
      return null;
    }
    const isTrusted = !isConfigured || this.#options.isTrusted(message);
    if (isByHand(id) && isTrusted) {
      this.#report(machine, at, { action, id, how: "by-hand", problem: null });
      // A ping moves no order at the agent.
      return isConfigured && action !== "ping" ? epoch : null;
    }
    if (isTrusted && this.#options.isLedByOther(machine, epoch, at)) return null;
    this.#report(machine, at, { action, id, how: "live", problem: null });
    return null;
  }

  /** Reports a message that is no command. */
  refused({ machine, problem }: { machine: string; problem: string }, at: Instant): void {
    this.#report(machine, at, { action: null, id: null, how: "unreadable", problem });
  }

  #report(machine: string, at: Instant, what: What) {
    // Names of a hostile client must not fill the memory.
    const key = this.#options.machines.includes(machine) ? machine : "";
    const recent = (this.#reports.get(key) ?? []).filter((reported) => at - reported < windowMs);
    if (recent.length >= most) return;
    this.#reports.set(key, [...recent, at]);
    const { how, ...rest } = what;
    if (how === "by-hand")
      notice(this.#room, event("by-hand", { machine, action: what.action ?? "", id: what.id ?? "" }));
    else notice(this.#room, event("foreign-command", { machine, how, ...rest }));
  }
}
