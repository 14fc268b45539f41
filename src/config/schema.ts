/** The one schema of the configuration. A key is here only when it does something; a duration is a number of seconds or "4m". */
import { z } from "zod";

const durationText = /^\s*(\d+(?:\.\d+)?)\s*(s|m|h|d)?\s*$/;
const unitSeconds = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** "4m" → 240, "90" → 90; anything else stays as it is, for the schema to refuse. */
export function toSeconds(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const match = durationText.exec(value);
  if (!match) return value;
  const seconds = Number(match[1]) * unitSeconds[(match[2] ?? "s") as keyof typeof unitSeconds];
  return Math.round(seconds * 1_000) / 1_000; // 1.1 × 60 is a whole number of seconds for people
}

/** "20" → 20: the environment knows only texts. */
function toNumber(value: unknown): unknown {
  return typeof value === "string" && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
}

const day = 86_400;
const seconds = (min = 0, max = day) =>
  z.preprocess(toSeconds, z.int().min(min).max(max)).meta({ unit: "seconds" });
const percent = (min = 1, max = 100) => z.preprocess(toNumber, z.number().min(min).max(max));
const whole = (min: number, max: number) => z.preprocess(toNumber, z.int().min(min).max(max));
const text = () => z.string().min(1).max(1_000);
const port = () => whole(1, 65_535);

/** A field with a default. `usual` repeats it for people, because zod drops it where a text is turned into a number. */
const usual = <T extends z.ZodType>(schema: T, value: z.output<T>, description: string): z.ZodDefault<T> =>
  z._default(schema, value as Parameters<typeof z._default<T>>[1]).meta({ usual: value, description });

const mqtt = z
  .strictObject({
    url: text()
      .regex(/^mqtts?:\/\/(\[[0-9A-Fa-f:.]+\]|[^\s/@:[\]]+)(:\d{1,5})?$/)
      .describe("address of the broker: mqtt://host:1883, with TLS mqtts://host:8883"),
    username: text().optional().describe("user at the broker; left out: anonymous"),
    password: text().optional().describe("password at the broker"),
    ca: text()
      .optional()
      .describe("PEM file with the certificate authority of an mqtts:// broker; left out: the system's"),
  })
  .describe("the broker of the house; left out: the embedded one");

const broker = z
  .strictObject({
    host: usual(text(), "127.0.0.1", "address it listens on; beyond loopback only with users"),
    port: usual(port(), 1883, "TCP port it listens on"),
    users: z
      .record(z.string(), text())
      .optional()
      .describe("user: password; left out: anybody who reaches it may speak"),
  })
  .describe("the embedded broker, used where mqtt is left out");

const sourceName = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,40}$/)
  .optional()
  .describe("name of this source in readings and topics, unique; left out: its kind");

const source = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z
        .literal("mqtt")
        .describe("readings of others on <base>/<id>/json/state, also for stations of ours"),
      name: sourceName,
    }),
    z.strictObject({
      kind: z.literal("mqtt-raw").describe("raw frames on <base>/<serial>/data"),
      name: sourceName,
    }),
  ])
  .describe("what brings readings");

const station = z
  .strictObject({
    serial: text()
      .optional()
      .describe("serial number; left out: the name is the serial, or others publish it"),
    capacityWh: z
      .preprocess(toNumber, z.number().min(1).max(100_000))
      .optional()
      .describe(
        "usable capacity of all its batteries, watt hours; left out: what the station or its model says",
      ),
    dischargeLimitPercent: percent(0, 99)
      .optional()
      .describe("level at which it cuts its output, percent; left out: what the station says"),
    assumedLoadWatts: z
      .preprocess(toNumber, z.number().min(0).max(100_000))
      .optional()
      .describe("the least load that a projection without readings assumes, watts"),
    upstream: text()
      .optional()
      .describe(
        "the station whose output feeds this one, by name or serial: its mains counts, and times left add up",
      ),
  })
  .nullable()
  .transform((value) => value ?? {})
  .describe("a battery power station");

const shutdownAt = z
  .strictObject({
    socPercent: percent()
      .optional()
      .describe("at this charge or below, percent; left out: policy.socMinPercent"),
    runtimeSec: seconds(1).optional().describe("with so much time left or less, seconds; left out: never"),
    onBatterySec: seconds(1).optional().describe("after so long on battery, seconds; left out: never"),
  })
  .describe("when it goes down, while the mains is away; what comes first counts");

const machine = z
  .strictObject({
    stations: z.array(text()).min(1).describe("the stations that feed it, by name or serial"),
    minSupplies: whole(1, 100)
      .optional()
      .describe("how many of them must be healthy for it to stay up; required with more than one"),
    shutdownAt: shutdownAt.prefault({}),
    delaySec: seconds(0, 3_600)
      .optional()
      .describe("how long its agent waits before it touches anything, seconds; left out: policy.delaySec"),
    stopSec: usual(
      seconds(1, 7_200),
      300,
      "from the end of that wait until it is off, pre-commands included, seconds",
    ),
    key: text()
      .optional()
      .describe("signs its commands: the text that is AGENT_KEY there; left out: unsigned"),
  })
  .describe("a machine that must go down in time; its name is the id of its agent");

const policy = z
  .strictObject({
    socMinPercent: usual(
      percent(),
      20,
      "charge at which machines go down, percent; 10 where only an .env configures",
    ),
    debounceSec: usual(seconds(0, 3_600), 180, "how long the danger must last before a command, seconds"),
    delaySec: usual(seconds(0, 3_600), 60, "how long an agent waits before it touches anything, seconds"),
    cooldownSec: usual(seconds(0), 300, "between repeats to an agent that cannot acknowledge, seconds"),
    ttlSec: usual(seconds(1), 300, "how long a command is valid, seconds"),
    hysteresisPercent: usual(
      percent(0, 50),
      3,
      "points above the threshold that disarm it, and then only with the grid up",
    ),
    abortAfterSec: usual(seconds(1, 3_600), 10, "the grid must be back so long before an abort, seconds"),
    wakeAfterSec: usual(seconds(1), 300, "the grid must be back so long before an outage is over, seconds"),
    blindAfterSec: usual(seconds(1, 900), 60, "silence of a source that counts as blindness, seconds"),
    blindMaxSec: usual(
      z.union([z.literal("auto"), seconds(1)]),
      "auto",
      "latest moment to act when blind on battery, seconds; auto: half of the projected time",
    ),
    deadmanSec: usual(
      seconds(1, 3_600),
      300,
      "silence on battery after which an agent goes down alone, where nothing can be projected, seconds",
    ),
    bootGraceSec: usual(
      seconds(1),
      600,
      "time after a start without any live reading until the alarm, seconds",
    ),
  })
  .describe("how decisions are made");

/** The levels of the log, a closed list. */
export const logLevels = ["debug", "info", "warn", "error"] as const;

/** What `ecoflow-power.yaml`, with the environment laid over it, may hold. */
export const fileSchema = z.strictObject({
  site: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/)
    .optional()
    .describe("id of this site on the broker; left out: made once and kept in stateDir"),
  base: usual(
    z
      .string()
      .max(200)
      .regex(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/),
    "bridge-ecoflow",
    "first part of the stations' topics",
  ),
  stateDir: usual(text(), "data", "folder of the database and the keys"),
  logLevel: usual(z.enum(logLevels), "info", "what the log tells"),
  mqtt: mqtt.optional(),
  broker: broker.optional(),
  sources: z
    .array(source)
    .default([{ kind: "mqtt-raw" }])
    .describe("what brings readings; readings of others for stations that no source serves count anyway"),
  stations: z.record(z.string(), station).default({}).describe("the stations, by name"),
  machines: z.record(z.string(), machine).default({}).describe("the machines, by name"),
  policy: policy.prefault({}),
});

export type FileConfig = z.output<typeof fileSchema>;
