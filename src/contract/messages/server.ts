/** Messages about the server itself: its lease, its connection to the broker, the health of its rooms. */
import { z } from "zod";
import { claimedEpoch, epochSec } from "./fields.ts";

/** Presence, health and lease of the server. */
export const orchestratorSchema = z.object({
  site: z.string(),
  instance: z.string(),
  epoch: claimedEpoch,
  at: epochSec,
  online: z.boolean(),
  version: z.string().exactOptional(),
  rooms: z
    .record(z.string(), z.object({ up: z.boolean(), restarts: z.int(), error: z.string().exactOptional() }))
    .exactOptional(),
  // Not the enum of codes: another server's epoch counts, also where its version knows other alarms.
  alarms: z.array(z.string()).exactOptional().describe("the codes of `power-manager/alarms`, each once"),
});
export type OrchestratorStatus = z.output<typeof orchestratorSchema>;

/** The epoch of the running server (R7). `rank`: it stands aside, or claims and listens; absent while it commands. */
export const leaseSchema = z.object({
  epoch: z.int().min(0),
  rank: z.enum(["aside", "claims"]).exactOptional(),
});

/** The state of the process's own broker connection. */
export const brokerSchema = z.object({ connected: z.boolean() });

/** The health of the rooms of this process (supervision). */
export const roomSchema = z.object({ up: z.boolean(), restarts: z.int(), error: z.string().exactOptional() });
export type RoomHealth = z.output<typeof roomSchema>;
