/** What every row of `status` is made from. */
import type { z } from "zod";
import type { Config } from "../../config/config.ts";
import type { OrchestratorStatus } from "../../contract/messages/server.ts";
import type { Heard, Told } from "./ear.ts";

/** What is the same for all rows. */
export interface Scene {
  config: Config;
  heard: Heard;
  /** Epoch ms by this machine's clock, and by the server's, which is the clock of readings and of `power`. */
  now: number;
  serverNow: number;
  /** Whether a server was heard live, and which. */
  server: OrchestratorStatus | null;
}

/** The newest message of a topic, parsed; null where none came or it is not what the topic carries. */
export function toldOn<T>(
  { told }: Heard,
  name: string,
  schema: z.ZodType<T>,
): (Omit<Told, "payload"> & { payload: T }) | null {
  const message = told.get(name);
  const parsed = message && schema.safeParse(message.payload);
  return message && parsed?.success ? { ...message, payload: parsed.data } : null;
}
