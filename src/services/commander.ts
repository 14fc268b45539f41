/** The commander: turns what the policy wants into dated, numbered, signed messages, and holds the server's lease. */
import type { Alarms } from "../contract/messages/journal.ts";
import type { Command, Intent, Power } from "../contract/messages/machine.ts";
import type { RoomHealth } from "../contract/messages/server.ts";
import { commandText, powerText } from "../contract/signatures.ts";
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
  /** Another server commands, or may: this one sends nothing to the machines (E24). */
  let isSilent = false;
  let isAside = false;
  let leaseAt = Number.NEGATIVE_INFINITY;
  /** The newest `power` of each machine. */
  const newest = new Map<string, Intent["power"]>();

  const publishPower = (machine: string, wanted: Intent["power"], wall: number) => {
    if (isSilent) return;
    const count = (powerCounts.get(machine) ?? 0) + 1;
    powerCounts.set(machine, count);
    newest.set(machine, wanted);
    const seq = powerSeq(epoch, count);
    const power: Power = { ...wanted, at: Math.floor(wall / 1000), seq };
    room.publish(topics.power, { machine }, signed(options.keys[machine], power, powerText(machine, power)));
  };

  const publishOf = (machine: string, command: Command) => {
    if (isSilent) return;
    const text = commandText(machine, command);
    room.publish(topics.command, { machine }, signed(options.keys[machine], command, text));
  };

  const renewLease = (wall: number) => {
    const { site, instance, version } = options;
    const at = Math.floor(wall / 1000);
    const status = {
      site,
      instance,
      epoch,
      at,
      online: true,
      version,
      rooms: { ...rooms },
      alarms: [...new Set(alarms.map(({ code }) => code))],
    };
    room.publish(topics.orchestrator, {}, status);
  };

  room.on(topics.lease, ({ payload, wall }) => {
    epoch = payload.epoch;
    isSilent = payload.rank !== undefined;
    isAside = payload.rank === "aside";
    // The lease of the one that stands aside would replace the other's.
    if (!isAside) renewLease(wall);
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
    if (epoch === 0 || isAside || at - leaseAt < leaseMs) return;
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

function signed<T extends object>(key: string | undefined, message: T, text: string): T & { sig?: string } {
  return key === undefined ? message : { ...message, sig: sign(key, text) };
}
