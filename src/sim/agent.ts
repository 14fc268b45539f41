/** Which of a server's messages an agent trusts: signature, age by the server's time, order; and the dead-man's silence. */
import type { Ack, Command, Power } from "../contract/messages/machine.ts";
import { commandText, powerText } from "../contract/signatures.ts";
import { verify } from "../io/secrets.ts";

/** Why a command is not obeyed, as in the acknowledgement. */
export type Refusal = Pick<Ack, "phase" | "reason" | "last"> & { phase: "refused" | "expired" };

interface Ordered {
  epoch: number;
  seq: number;
  id: string;
}

/** After a live `power` message, commands without `issued_at` are refused for this time, ms: they are another server's (S26). */
const datedServerMs = 24 * 3_600_000;

/**
 * The trust of one agent. Times are milliseconds of its own ticks while it is awake, never differences of a wall
 * clock (S20).
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

  /** The machine booted: what was only in memory is gone, and a retained message of last night arms nothing (S21). */
  forget(): void {
    this.#power = null;
    this.#armed = false;
  }

  /** Takes a live `power` message; false if it is forged or a replay. */
  hearPower(word: Power, awakeMs: number): boolean {
    if (this.#key !== null && !verify(this.#key, powerText(this.#machine, word), word.sig)) return false;
    const before = this.#power?.word;
    // A server that lost its database counts from a lower seq but has a newer time; a replay is older in both.
    if (before && word.seq <= before.seq && word.at <= before.at) return false;
    this.#power = { word, heardAt: awakeMs };
    if (word.on_battery !== null) this.#armed = word.on_battery;
    return true;
  }

  /** True if the last live `power` said on battery and nothing came for `deadman_sec` (S21). */
  silentTooLong(awakeMs: number): boolean {
    if (!this.#armed || !this.#power) return false;
    return awakeMs - this.#power.heardAt >= this.#power.word.deadman_sec * 1000;
  }

  /** True if the last live `power` said that the mains is present. */
  get calm(): boolean {
    return this.#power !== null && !this.#armed;
  }

  /** True if the server's time is unknown, so that the age of a command cannot be judged (S29). */
  get clockUnknown(): boolean {
    return this.#power === null;
  }

  /** Returns why this command is not obeyed, or null. */
  objection(command: Command, awakeMs: number): Refusal | null {
    return this.#forged(command) ?? this.#aged(command, awakeMs) ?? this.#overtaken(command);
  }

  /** Records an obeyed command as the newest. */
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
