/** Which of a server's messages an agent trusts: signature, age by the server's time, order; and the dead-man's silence. */
import type { Ack, Command, Power } from "../../contract/messages/machine.ts";
import { commandText, powerText } from "../../contract/signatures.ts";
import { isAuthentic } from "../../io/secrets.ts";

/** Why a command is not obeyed, as in the acknowledgement. */
export type Refusal = Pick<Ack, "phase" | "reason" | "last"> & { phase: "refused" | "expired" };

/** Whose messages are judged; `key` null: signatures are not looked at. */
export interface Identity {
  name: string;
  key: string | null;
}

/** What an agent goes by. Times are milliseconds in which the machine was awake, never differences of a wall clock (S20). */
export interface Trust {
  /** The newest command that was obeyed; on the machine's disk, so it survives a boot. */
  last: { epoch: number; seq: number; id: string } | null;
  /** The newest live `power` message, in memory only. */
  power: { message: Power; heardAt: number } | null;
  /** The last live `power` message that knew it said on battery. */
  armed: boolean;
}

export const noTrust: Trust = { last: null, power: null, armed: false };

/** After a live `power` message, commands without `issued_at` are refused for this time, ms: they are another server's (S26). */
const datedServerMs = 24 * 3_600_000;

/** The machine booted: what was only in memory is gone, and a retained message of last night arms nothing (S21). */
export const afterBoot = ({ last }: Trust): Trust => ({ ...noTrust, last });

/** Takes a live `power` message; returns the same trust if it is forged or a replay. */
export function hearPower({ name, key }: Identity, trust: Trust, message: Power, awakeMs: number): Trust {
  if (!isAuthentic(key, powerText(name, message), message.sig)) return trust;
  const before = trust.power?.message;
  // A server that lost its database counts from a lower seq but has a newer time; a replay is older in both.
  if (before && message.seq <= before.seq && message.at <= before.at) return trust;
  return { ...trust, power: { message, heardAt: awakeMs }, armed: message.on_battery ?? trust.armed };
}

/** Returns true if the last live `power` said on battery and nothing came for `deadman_sec` (S21). */
export function isSilentTooLong({ power, armed }: Trust, awakeMs: number): boolean {
  return armed && power !== null && awakeMs - power.heardAt >= power.message.deadman_sec * 1000;
}

/** Returns true if the last live `power` said that the mains is present. */
export const isCalm = ({ power, armed }: Trust): boolean => power !== null && !armed;

/** Returns why this command is not obeyed, or null. */
export function objection(
  identity: Identity,
  trust: Trust,
  command: Command,
  awakeMs: number,
): Refusal | null {
  return (
    forged(identity, command) ?? aged(identity, trust, command, awakeMs) ?? overtaken(trust.last, command)
  );
}

/** Records an obeyed command as the newest. */
export function accept(trust: Trust, { epoch, seq, id }: Command): Trust {
  return epoch === undefined || seq === undefined ? trust : { ...trust, last: { epoch, seq, id } };
}

function forged({ name, key }: Identity, command: Command): Refusal | null {
  if (isAuthentic(key, commandText(name, command), command.sig)) return null;
  return { phase: "refused", reason: "its signature is missing or wrong" };
}

function aged({ key }: Identity, { power }: Trust, command: Command, awakeMs: number): Refusal | null {
  const { issued_at: issuedAt, ttl_sec: ttlSec } = command;
  if (issuedAt === undefined) {
    if (key !== null) return { phase: "refused", reason: "it has no issued_at, and a key is set" };
    if (!power || awakeMs - power.heardAt > datedServerMs) return null;
    return { phase: "refused", reason: "it has no issued_at, and this machine's server dates its commands" };
  }
  if (!power) return null;
  const ageSec = power.message.at + (awakeMs - power.heardAt) / 1000 - issuedAt;
  if (ageSec <= ttlSec) return null;
  return { phase: "expired", reason: `it is ${Math.round(ageSec)} s old, valid for ${ttlSec} s` };
}

function overtaken(last: Trust["last"], { epoch, seq, id }: Command): Refusal | null {
  if (!last || epoch === undefined || seq === undefined) return null;
  const newer = epoch > last.epoch || (epoch === last.epoch && seq > last.seq);
  const same = epoch === last.epoch && seq === last.seq && id === last.id;
  if (newer || same) return null;
  const reason = `it is older than ${last.id} (epoch ${last.epoch}, seq ${last.seq})`;
  return { phase: "refused", reason, last: { epoch: last.epoch, seq: last.seq } };
}
