/** The texts that are signed (docs/topics.md): integers decimal, booleans 1 or 0, absent or null empty. */
import type { Ack, Command, Power, Status } from "./messages/machine.ts";
import type { OrchestratorStatus } from "./messages/server.ts";

const word = (value: string | number | boolean | null | undefined): string => {
  if (value === null || value === undefined) return "";
  return typeof value === "boolean" ? (value ? "1" : "0") : String(value);
};

const joined = (...parts: (string | number | boolean | null | undefined)[]) => parts.map(word).join("|");

/** `v1|<machine>|<id>|<action>|<delay_sec>|<issued_at>|<ttl_sec>|<outage>|<epoch>|<seq>|<dry_run 0/1>` */
export function commandText(machine: string, c: Command): string {
  const { id, action, delay_sec, issued_at, ttl_sec, outage, epoch, seq } = c;
  return joined(
    "v1",
    machine,
    id,
    action,
    delay_sec,
    issued_at,
    ttl_sec,
    outage,
    epoch,
    seq,
    c.dry_run ?? false,
  );
}

/** `v1|<machine>|power|<on_battery>|<deadman_sec>|<at>|<seq>` */
export function powerText(machine: string, power: Power): string {
  return joined("v1", machine, "power", power.on_battery, power.deadman_sec, power.at, power.seq);
}

/** `v1|<machine>|ack|<id>|<phase>|<at>` */
export function ackText(machine: string, ack: Ack): string {
  return joined("v1", machine, "ack", ack.id, ack.phase, ack.at);
}

/** `v1|<machine>|status|<online>|<boot>|<state>|<at>` */
export function statusText(machine: string, status: Status): string {
  return joined("v1", machine, "status", status.online, status.boot, status.state, status.at);
}

/** `v1|<machine>|lease|<site>|<instance>|<epoch>|<at>`: the sender of the lease has the machine's key. */
export function leaseText(machine: string, lease: Omit<OrchestratorStatus, "online">): string {
  return joined("v1", machine, "lease", lease.site, lease.instance, lease.epoch, lease.at);
}
