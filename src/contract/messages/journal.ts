/** Messages for people: events and the alarms that are active. */
import { z } from "zod";
import type { Notice } from "../event-types.ts";
import { alarmCodes, entryTypes, eventCodes } from "../journal.ts";

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

/** An alarm that is active. */
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

/** Every alarm that is active. */
export const alarmsSchema = z.object({
  at: z.number().describe("Unix seconds of the last change"),
  alarms: z
    .array(alarmSchema)
    .describe(
      "oldest first; each has `code`, `level`, `station`, `machine` or `source`, `since` (Unix seconds), `count` (how often it was raised) and `text` (its newest sentence)",
    ),
});
export type Alarms = z.output<typeof alarmsSchema>;
