/** Messages about a machine, to and from its agent: command, acknowledgement, status, power; and its plan and intent. */
import { z } from "zod";
import { ackPhases } from "../../core/ack.ts";
import { claimedEpoch, epochNumber, epochSec, percent, unknownOr } from "./fields.ts";

/** A command to a machine. `id, action, delay_sec, reason, ttl_sec` are the original's. */
export const commandSchema = z.object({
  id: z.string().min(1).max(128).describe("same for every repeat of a command"),
  action: z.enum(["shutdown", "abort", "ping", "shed", "restore"]),
  delay_sec: z.int().min(0).default(0).describe("seconds the agent waits before it touches anything"),
  reason: z.string().default("").describe("one sentence with the arithmetic"),
  ttl_sec: z.int().min(0).default(300).describe("seconds after issued_at for which the command is valid"),
  issued_at: epochSec.exactOptional().describe("Unix seconds, fresh in each repeat"),
  outage: z.string().exactOptional().describe("<station>-<Unix seconds of its begin>"),
  epoch: epochNumber.exactOptional().describe("rises with each start of an orchestrator"),
  seq: z.int().min(0).exactOptional().describe("rises per machine, never reset"),
  station: z.string().exactOptional().describe("the station of the first cause"),
  dry_run: z.boolean().exactOptional().describe("rehearse: everything but the shutdown itself"),
  sig: z.string().exactOptional().describe("HMAC-SHA256, lower-case hex; see Signatures"),
});
export type Command = z.output<typeof commandSchema>;

/** An agent's acknowledgement of a command, one for each phase (R9). */
export const ackSchema = z.object({
  id: z.string().min(1).max(128),
  phase: z.enum(ackPhases),
  reason: z.string().exactOptional(),
  exit: z
    .object({ cmd: z.string(), code: z.int() })
    .exactOptional()
    .describe("what a pre-command ended with"),
  last: z
    .object({ epoch: claimedEpoch, seq: z.int() })
    .exactOptional()
    .describe("the newest command the agent knows, with a refusal as older"),
  clock: z.literal("unknown").exactOptional().describe("the agent never learned the server's time"),
  elapsed_sec: z.number().exactOptional(),
  dry_run: z.boolean().exactOptional(),
  at: z.number().exactOptional().describe("Unix seconds by the agent's clock"),
  sig: z.string().exactOptional(),
});
export type Ack = z.output<typeof ackSchema>;

/** Presence of an agent; its Last Will is `{online: false}`. */
export const statusSchema = z.object({
  online: z.boolean(),
  platform: z.string().exactOptional(),
  version: z.string().exactOptional(),
  armed: z.boolean().exactOptional(),
  boot: z.string().exactOptional().describe("random per boot of the machine"),
  state: z.enum(["idle", "delay", "pre_shutdown", "shutting_down"]).exactOptional(),
  command: z.string().nullable().exactOptional().describe("id of the command it is working on"),
  pre_shutdown_sec: z.number().exactOptional().describe("limit of all pre-commands together"),
  reason: z.string().exactOptional(),
  at: z.number().exactOptional(),
  sig: z.string().exactOptional(),
});
export type Status = z.output<typeof statusSchema>;

/** Whether a status is a Last Will: the broker sends it long after the agent wrote it, so it has no time and no valid signature. */
export const isLastWill = ({ online, at }: Status): boolean => !online && at === undefined;

/** What an agent needs to decide alone when it receives no further message. */
export const powerSchema = z.object({
  on_battery: z.boolean().nullable().describe("null changes nothing"),
  soc: percent,
  runtime_sec: unknownOr(z.number()),
  deadman_sec: z.int().min(0).describe("seconds of silence on battery after which the agent goes down alone"),
  at: epochSec.describe("the server's time, Unix seconds"),
  seq: z.int().min(0).describe("epoch × 10 000 000 + a count"),
  sig: z.string().exactOptional(),
});
export type Power = z.output<typeof powerSchema>;

/** What is pending for a machine. */
export const planSchema = z.object({
  // `waking` is reserved: no machine has this state until the server can wake machines.
  state: z.enum(["watching", "pending", "commanded", "going_down", "down", "waking", "unknown", "late"]),
  hold: z.object({ kind: z.literal("dry_run"), until: z.number().nullable() }).nullable(),
  reason: z.string(),
  deadline_sec: z.number().nullable(),
  causes: z.array(
    z.object({
      station: z.string(),
      kind: z.enum(["floor", "blind", "soc", "runtime", "time", "unknown"]),
      text: z.string(),
    }),
  ),
  stop_measured_sec: z
    .number()
    .exactOptional()
    .describe("seconds from the end of the delay to absent, the last time it went down"),
  stop_longest_sec: z.number().exactOptional().describe("the longest such time so far"),
});
export type Plan = z.output<typeof planSchema>;

/** What the policy wants for a machine: the content of its `power` message, and a command if one is to be sent now. */
export const intentSchema = z.object({
  power: powerSchema.omit({ at: true, seq: true, sig: true }),
  command: z
    .object({
      id: z.string(),
      action: z.enum(["shutdown", "abort"]),
      epoch: z.int(),
      seq: z.int(),
      delaySec: z.int(),
      outage: z.string(),
      station: z.string(),
      reason: z.string(),
      attempt: z.int(),
    })
    .nullable(),
});
export type Intent = z.output<typeof intentSchema>;
