/** Notices two machines that use one AGENT_ID: their boot ids alternate on one `status` (E13). */
import { event } from "../../contract/journal.ts";
import type { Status } from "../../contract/messages/machine.ts";
import type { Instant } from "../../core/reading.ts";
import type { Message } from "../../io/bus.ts";
import type { Room } from "../service.ts";
import { notice } from "./notice.ts";

/** A boot id that returns within this time after another one was heard is a second machine: a reboot makes a new id. */
const windowMs = 10 * 60_000;
/** The alarm is raised again after this time while the two go on. */
const againMs = 3_600_000;
/** Boot ids that are remembered for each machine. */
const mostBoots = 4;

interface Known {
  /** The newest last. */
  boots: { boot: string; at: Instant }[];
  reportedAt: Instant;
}

export class Doubles {
  readonly #room: Pick<Room, "topics" | "publish" | "clock">;
  readonly #machines = new Map<string, Known>();

  constructor(room: Pick<Room, "topics" | "publish" | "clock">) {
    this.#room = room;
  }

  /** Takes a trusted, live status; reports the two boot ids of one machine when the older one returns. */
  status({ params, payload, retained, at }: Message<Status>): void {
    const { boot } = payload;
    if (retained || boot === undefined) return;
    const machine = params["machine"] ?? "";
    const known = this.#machines.get(machine) ?? { boots: [], reportedAt: Number.NEGATIVE_INFINITY };
    this.#machines.set(machine, known);
    const last = known.boots.at(-1);
    const returned = known.boots.find((each) => each.boot === boot && at - each.at <= windowMs);
    known.boots = [...known.boots.filter((each) => each.boot !== boot), { boot, at }].slice(-mostBoots);
    if (last === undefined || last.boot === boot || returned === undefined) return;
    if (at - known.reportedAt < againMs) return;
    known.reportedAt = at;
    notice(this.#room, event("two-agents", { machine, boots: [last.boot, boot] }));
  }
}
