/** Messages about the server itself: its lease, its connection to the broker, the health of its rooms. */
import { z } from "zod";
import { claimedEpoch, epochSec } from "./fields.ts";

/** Presence, health and lease of the server. */
export const orchestratorSchema = z.object({
  site: z.string().max(128),
  instance: z.string().max(128),
  epoch: claimedEpoch,
  at: epochSec,
  online: z.boolean(),
  version: z.string().exactOptional(),
  // Absent in the lease of an older version: that one commands every machine, for all that is known.
  machines: z
    .record(z.string(), z.string().nullable())
    .exactOptional()
    .describe("the machines that it commands, each with the signature by its key, null where it has none"),
  rooms: z
    .record(z.string(), z.object({ up: z.boolean(), restarts: z.int(), error: z.string().exactOptional() }))
    .exactOptional(),
  // Not the enum of codes: another server's epoch counts, also where its version knows other alarms.
  alarms: z.array(z.string()).exactOptional().describe("the codes of `power-manager/alarms`, each once"),
});
export type OrchestratorStatus = z.output<typeof orchestratorSchema>;

/** Whether a lease is of a server that commands one of these machines; one of an older version lists none, and may. */
export const isLeaseFor = (
  { machines }: Pick<OrchestratorStatus, "machines">,
  ids: readonly string[],
): boolean => machines === undefined || ids.some((id) => Object.hasOwn(machines, id));

/** The epoch of the running server (R7), and by name the machines for which it stands aside, or claims and listens. */
export const leaseSchema = z.object({
  epoch: z.int().min(0),
  silent: z.record(z.string(), z.enum(["aside", "claims"])).exactOptional(),
});

export type Lease = z.output<typeof leaseSchema>;

/** A message on a topic that is read here and holds nothing that could be read. */
export const refusedSchema = z.object({ topic: z.string(), machine: z.string(), problem: z.string() });

/** The state of the process's own broker connection. */
export const brokerSchema = z.object({ connected: z.boolean() });

/** The health of the rooms of this process (supervision). */
export const roomSchema = z.object({ up: z.boolean(), restarts: z.int(), error: z.string().exactOptional() });
export type RoomHealth = z.output<typeof roomSchema>;
