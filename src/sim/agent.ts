/** What an agent believes of a server's words: signature, age by the server's time, order, and when silence itself is a word. */
import type { Ack, Command, Power } from "../contract/messages.ts";
import { commandText, powerText } from "../contract/signatures.ts";
import { verify } from "../io/secrets.ts";

/** Why a command is not obeyed, as the acknowledgement says it. */
export type Refusal = Pick<Ack, "phase" | "reason" | "last"> & { phase: "refused" | "expired" };

interface Ordered {
  epoch: number;
  seq: number;
  id: string;
}

/** Who has heard a live `power` so long ago at most refuses commands without a date (hard-cases S26), in ms. */
const datedServerMs = 24 * 3_600_000;

/**
 * The trust of one agent. Times are milliseconds of its own ticks while it is awake, never differences of a wall
 * clock (hard-cases S20).
 */
export class AgentTrust {
  readonly #machine: string;
  readonly #key: string | null;
  /** On the machine's disk: survives its boots. */
  #last: Ordered | null = null;
  /** In its memory: forgotten at a boot. */
  #power: { word: Power; heardAt: number } | null = null;
  #armed = false;

  constructor(machine: string, key: string | null) {
    this.#machine = machine;
    this.#key = key;
  }

  /** The machine started anew: what was only in memory is gone, a retained word of last night arms nothing (S21). */
  forget(): void {
    this.#power = null;
    this.#armed = false;
  }

  /** Takes a live word about the mains; false when it is forged or a replay. */
  hearPower(word: Power, awakeMs: number): boolean {
    if (this.#key !== null && !verify(this.#key, powerText(this.#machine, word), word.sig)) return false;
    const before = this.#power?.word;
    // A server that lost its database counts from a lower seq but has a newer time; a replay is older in both.
    if (before && word.seq <= before.seq && word.at <= before.at) return false;
    this.#power = { word, heardAt: awakeMs };
    if (word.on_battery !== null) this.#armed = word.on_battery;
    return true;
  }

  /** The last live word was "on battery" and nothing came for `deadman_sec` (S21). */
  silentTooLong(awakeMs: number): boolean {
    if (!this.#armed || !this.#power) return false;
    return awakeMs - this.#power.heardAt >= this.#power.word.deadman_sec * 1000;
  }

  /** The last live word said that the mains is there. */
  get calm(): boolean {
    return this.#power !== null && !this.#armed;
  }

  /** The server's time was never heard: a command's age cannot be told (S29). */
  get clockUnknown(): boolean {
    return this.#power === null;
  }

  /** Why this command is not obeyed, or null. */
  objection(command: Command, awakeMs: number): Refusal | null {
    return this.#forged(command) ?? this.#aged(command, awakeMs) ?? this.#overtaken(command);
  }

  /** Notes an obeyed command as the newest. */
  accept({ epoch, seq, id }: Command): void {
    if (epoch !== undefined && seq !== undefined) this.#last = { epoch, seq, id };
  }

  #forged(command: Command): Refusal | null {
    if (this.#key === null || verify(this.#key, commandText(this.#machine, command), command.sig))
      return null;
    return { phase: "refused", reason: "its signature is missing or wrong" };
  }

  #aged({ issued_at: issuedAt, ttl_sec: ttlSec }: Command, awakeMs: number): Refusal | null {
    const heard = this.#power;
    if (issuedAt === undefined) {
      if (this.#key !== null) return { phase: "refused", reason: "it has no issued_at, and a key is set" };
      if (!heard || awakeMs - heard.heardAt > datedServerMs) return null;
      return {
        phase: "refused",
        reason: "it has no issued_at, and this machine's server dates its commands",
      };
    }
    if (!heard) return null;
    const ageSec = heard.word.at + (awakeMs - heard.heardAt) / 1000 - issuedAt;
    if (ageSec <= ttlSec) return null;
    return { phase: "expired", reason: `it is ${Math.round(ageSec)} s old, valid for ${ttlSec} s` };
  }

  #overtaken({ epoch, seq, id }: Command): Refusal | null {
    const last = this.#last;
    if (!last || epoch === undefined || seq === undefined) return null;
    const newer = epoch > last.epoch || (epoch === last.epoch && seq > last.seq);
    const same = epoch === last.epoch && seq === last.seq && id === last.id;
    if (newer || same) return null;
    const reason = `it is older than ${last.id} (epoch ${last.epoch}, seq ${last.seq})`;
    return { phase: "refused", reason, last: { epoch: last.epoch, seq: last.seq } };
  }
}
