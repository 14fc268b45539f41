/** The schema of every public payload (docs/topics.md). Payloads are built and parsed here and nowhere else. */
import { z } from "zod";
import { ackPhases } from "../core/ack.ts";
import { mostEpoch } from "../core/command-order.ts";
import { carriers, gridBases, gridVerdicts, qualities } from "../core/reading.ts";
import type { Notice } from "./event-types.ts";
import { alarmCodes, entryTypes, eventCodes } from "./journal.ts";

const epochNumber = z.int().min(0).max(mostEpoch);
/** What others claim: a higher one still reaches the room that refuses it aloud. */
const claimedEpoch = z.int().min(0);
const epochSec = z.int().min(0).describe("Unix seconds");
const unknownOr = <T extends z.ZodType>(schema: T) => schema.nullable();
const watts = unknownOr(z.number()).describe("watts; null when never reported");
const percent = unknownOr(z.number().min(0).max(100)).describe("percent; null when never reported");

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
      kind: z.enum(["floor", "blind", "soc", "runtime", "time"]),
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

const paramsSchema = z.record(
  z.string(),
  z.union([z.number(), z.string(), z.boolean(), z.null(), z.array(z.string())]),
);

/** One entry of the journal. */
export const journalSchema = z.object({
  id: z.int().min(0).describe("rises with each event, also over restarts"),
  at: z.number().describe("Unix seconds"),
  type: z.enum(entryTypes).describe("what happened, or the begin or end of the alarm `code`"),
  code: z.enum(alarmCodes).exactOptional(),
  level: z.enum(["info", "warn", "alarm"]),
  station: z.string().exactOptional(),
  machine: z.string().exactOptional(),
  source: z.string().exactOptional(),
  outage: z.string().exactOptional(),
  params: paramsSchema.exactOptional().describe("the values in `text`, by name"),
  text: z.string().describe("one plain sentence with the arithmetic"),
});
export type JournalEntry = z.output<typeof journalSchema>;

/** An event on its way to the journal. Which parameters belong to a code is held by the compiler (`Notice`). */
export const noticeSchema: z.ZodType<Notice> = z
  .object({
    at: z.number(),
    code: z.enum(eventCodes),
    params: paramsSchema,
    over: z.literal(true).exactOptional(),
  })
  .transform((notice) => notice as unknown as Notice);

/** An alarm that stands. */
export const alarmSchema = z.object({
  code: z.enum(alarmCodes),
  level: z.literal("alarm"),
  station: z.string().exactOptional(),
  machine: z.string().exactOptional(),
  source: z.string().exactOptional(),
  since: z.number().describe("Unix seconds"),
  count: z.int().min(1).describe("how often it was raised since then"),
  text: z.string().describe("the newest sentence"),
});
export type Alarm = z.output<typeof alarmSchema>;

/** Every alarm that stands. */
export const alarmsSchema = z.object({
  at: z.number().describe("Unix seconds of the last change"),
  alarms: z
    .array(alarmSchema)
    .describe(
      "oldest first; each has `code`, `level`, `station`, `machine` or `source`, `since` (Unix seconds), `count` (how often it was raised) and `text` (its newest sentence)",
    ),
});
export type Alarms = z.output<typeof alarmsSchema>;

const moduleSchema = z.object({
  num: z.int(),
  soc: percent,
  temp_celsius: unknownOr(z.number()),
  soh: unknownOr(z.number()),
  cycles: unknownOr(z.number()),
  in_watts: watts,
  out_watts: watts,
});

/** The reading of a station. A value that was never reported is null. */
export const readingSchema = z.object({
  device: z.string(),
  soc: percent,
  grid_connected: z.boolean().nullable().describe("true, false, null = unknown"),
  temp_celsius: unknownOr(z.number()),
  serial: z.string().nullable(),
  name: z.string().nullable(),
  model: z.string().nullable(),
  ac_in_watts: watts,
  ac_out_watts: watts,
  in_watts: watts,
  out_watts: watts,
  solar_watts: watts,
  charging: z.boolean().nullable(),
  runtime_sec: unknownOr(z.number()).describe("seconds to the discharge limit at the present load"),
  capacity_wh: unknownOr(z.number()),
  discharge_limit_percent: percent,
  charge_limit_percent: percent,
  modules: z.array(moduleSchema).nullable(),
  sampled_at: z.number().nullable().describe("epoch ms"),
  received_at: z.number().nullable().describe("epoch ms"),
  source: z.string().nullable(),
  seq: z.int(),
  origin: z.string().describe("<site>/<instance> that published it"),
  quality: z.enum(qualities),
  grid: z.enum(gridVerdicts),
  grid_last: z.enum(["present", "lost"]).nullable(),
  grid_basis: z.enum(gridBases),
  carried_by: z.enum(carriers).nullable(),
  ac_out_on: z.boolean().nullable(),
  ac_standby_min: unknownOr(z.number()),
  output_memory: z.boolean().nullable(),
  faults: z.array(z.string()).nullable(),
});

/** The judged reading between rooms: the public one and the further fields that a decision needs. */
export const stationReadingSchema = readingSchema.extend({
  samples: z.int(),
  sample_age_ms: z.number().nullable(),
  local: z.boolean(),
  battery_watts: watts,
  capacity_basis: z.enum(["measured", "model"]).nullable(),
  rated_watts: watts,
});

const measuredFields = readingSchema.pick({
  soc: true,
  temp_celsius: true,
  ac_in_watts: true,
  ac_out_watts: true,
  in_watts: true,
  out_watts: true,
  solar_watts: true,
  charging: true,
  runtime_sec: true,
  capacity_wh: true,
  discharge_limit_percent: true,
  charge_limit_percent: true,
  modules: true,
  ac_out_on: true,
  ac_standby_min: true,
  output_memory: true,
  faults: true,
});

/** What one source says about one station, before fusion. */
export const partReadingSchema = z.object({
  station: z.string().describe("the serial, or the id that the source knows the station by"),
  source: z.string().describe("name of the source instance"),
  sampled_at: z.number().describe("epoch ms"),
  received_at: z.number().describe("epoch ms"),
  values: measuredFields.partial().describe("what this source knows; absent and null mean unknown"),
  ages: z.partialRecord(measuredFields.keyof(), z.number()).describe("ms; absent: as old as the message"),
  grid: z
    .object({
      verdict: z.enum(gridVerdicts),
      basis: z.enum(gridBases),
      carried_by: z.enum(carriers).nullable(),
    })
    .nullable(),
  sample: z.boolean().describe("false: it may come from a cache, renews no age and ends no silence"),
});

/** The health of one source, for a status page. */
export const sourceHealthSchema = z.object({
  kind: z.string().describe("as in the configuration"),
  up: z.boolean().describe("it is connected and hears its stations"),
  since: z.number().describe("epoch ms of the last change of up"),
  problem: z.string().nullable().describe("one sentence with what to do; null when all is well"),
  stations: z.int().min(0).describe("how many stations it brings"),
  heard_at: z.number().nullable().describe("epoch ms of the last message; null before the first"),
});
export type SourceHealth = z.output<typeof sourceHealthSchema>;

/** The stations of an account: a station that is configured by its name in the app is recognised by it. */
export const rosterSchema = z.object({
  stations: z.array(z.object({ serial: z.string(), name: z.string().nullable() })),
});
export type Roster = z.output<typeof rosterSchema>;

/**
 * A reading of another publisher. Only `device` must be a text; telemetry judges `soc` and `grid_connected`,
 * because one bad field must never suppress the others (I3).
 */
export const foreignReadingSchema = z.looseObject({ device: z.string().min(1).max(200) });
export type ForeignReading = z.output<typeof foreignReadingSchema>;

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
