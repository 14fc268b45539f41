/** The commander: turns what the policy wants into dated, numbered, signed messages, and holds the server's lease. */
import type { Alarms } from "../contract/messages/journal.ts";
import type { Command, Intent, Power } from "../contract/messages/machine.ts";
import type { RoomHealth } from "../contract/messages/server.ts";
import { commandText, leaseText, powerText } from "../contract/signatures.ts";
import { powerSeq } from "../core/command-order.ts";
import { sign } from "../io/secrets.ts";
import { Pings } from "./commander/pings.ts";
import type { Room, Service } from "./service.ts";

export interface CommanderOptions {
  site: string;
  instance: string;
  version: string;
  ttlSec: number;
  /** Every machine that is configured. */
  machines: readonly string[];
  /** The key of each machine that has one. */
  keys: Readonly<Record<string, string>>;
}

/** The lease is renewed this often, in ms: another orchestrator must be noticed soon (S26). */
const leaseMs = 5_000;

type Wanted = NonNullable<Intent["command"]>;

export function commander(options: CommanderOptions): Service {
  return {
    name: "commander",
    reads: ["intent", "lease", "room", "alarms", "status", "broker"],
    writes: ["command", "power", "orchestrator"],
    start: (room) => run(room, options),
  };
}

function run(room: Room, options: CommanderOptions) {
  const { topics } = room;
  const rooms: Record<string, RoomHealth> = {};
  let alarms: Alarms["alarms"] = [];
  let epoch = 0;
  /** How many `power` messages each machine got: together the machines of a large site would leave the epoch's share. */
  const powerCounts = new Map<string, number>();
  /** Machines that another server commands, or may: this one sends them nothing (E24). */
  let silent: Readonly<Record<string, "aside" | "claims">> = {};
  let leaseAt = Number.NEGATIVE_INFINITY;
  /** The newest `power` of each machine. */
  const newest = new Map<string, Intent["power"]>();

  const publishPower = (machine: string, wanted: Intent["power"], wall: number) => {
    if (Object.hasOwn(silent, machine)) return;
    const count = (powerCounts.get(machine) ?? 0) + 1;
    powerCounts.set(machine, count);
    newest.set(machine, wanted);
    const seq = powerSeq(epoch, count);
    const power: Power = { ...wanted, at: Math.floor(wall / 1000), seq };
    room.publish(topics.power, { machine }, signed(options.keys[machine], power, powerText(machine, power)));
  };

  const publishOf = (machine: string, command: Command) => {
    if (Object.hasOwn(silent, machine)) return;
    const text = commandText(machine, command);
    room.publish(topics.command, { machine }, signed(options.keys[machine], command, text));
  };

  /** The lease names the machines that this server commands or claims. One that stands aside for all of them has none. */
  const renewLease = (wall: number) => {
    const { site, instance, version, keys } = options;
    const machines = options.machines.filter((machine) => silent[machine] !== "aside");
    if (machines.length === 0 && options.machines.length > 0) return;
    const lease = { site, instance, epoch, at: Math.floor(wall / 1000) };
    const status = {
      ...lease,
      online: true,
      version,
      machines: Object.fromEntries(
        machines.map((machine) => [machine, proofOf(machine, keys[machine], lease)]),
      ),
      rooms: { ...rooms },
      alarms: [...new Set(alarms.map(({ code }) => code))],
    };
    room.publish(topics.orchestrator, {}, status);
  };

  room.on(topics.lease, ({ payload, wall }) => {
    epoch = payload.epoch;
    silent = payload.silent ?? {};
    renewLease(wall);
  });
  room.on(topics.room, ({ params, payload }) => {
    rooms[params["room"] ?? ""] = payload;
  });
  room.on(topics.alarms, ({ payload }) => {
    alarms = payload.alarms;
  });
  room.on(topics.intent, ({ params, payload, wall }) => {
    const machine = params["machine"] ?? "";
    // `power` goes first, so that the agent's idea of the server's time is fresh when the command comes (S20).
    publishPower(machine, payload.power, wall);
    if (payload.command) publishOf(machine, commandOf(payload.command, options.ttlSec, wall));
  });
  const pings = new Pings({ machines: options.machines, ttlSec: options.ttlSec, publish: publishOf });
  room.on(topics.status, ({ params, payload, retained, wall }) => {
    if (retained && payload.online) pings.retained(params["machine"] ?? "", epoch, wall);
  });
  room.on(topics.broker, ({ payload, wall }) => pings.connected(payload.connected, epoch, wall));
  room.onTick((at, wall) => {
    if (epoch === 0 || at - leaseAt < leaseMs) return;
    leaseAt = at;
    renewLease(wall);
  });
  // Every agent gets `power` once more, so that its dead-man counts from now (S21).
  return () => {
    for (const [machine, power] of newest) publishPower(machine, power, room.clock.wall());
  };
}

/** The message of one sending: a fresh time, the rest as the policy wants it (S29). */
function commandOf(wanted: Wanted, ttlSec: number, wall: number): Command {
  const { delaySec, attempt: _, ...rest } = wanted;
  return { ...rest, delay_sec: delaySec, ttl_sec: ttlSec, issued_at: Math.floor(wall / 1000) };
}

/** The signature by which a lease proves that its sender commands the machine; null where the machine has no key. */
const proofOf = (machine: string, key: string | undefined, lease: Parameters<typeof leaseText>[1]) =>
  key === undefined ? null : sign(key, leaseText(machine, lease));

function signed<T extends object>(key: string | undefined, message: T, text: string): T & { sig?: string } {
  return key === undefined ? message : { ...message, sig: sign(key, text) };
}
