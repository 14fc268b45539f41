/** The one schema of the configuration. A key is here only when it does something; a duration is a number of seconds or "4m". */
import { z } from "zod";
import { broker, mqtt } from "./schema/broker.ts";
import { machine } from "./schema/machine.ts";
import { policy } from "./schema/policy.ts";
import { source } from "./schema/source.ts";
import { station } from "./schema/station.ts";
import { optional, text, usual } from "./setting.ts";

/** The levels of the log, a closed list. */
const logLevels = ["debug", "info", "warn", "error"] as const;

/** What `ecoflow-power.yaml`, with the environment laid over it, may hold. */
export const fileSchema = z.strictObject({
  site: optional(z.string().regex(/^[A-Za-z0-9._-]{1,64}$/), {
    about: "id of this site on the broker",
    leftOut: "made once and kept in stateDir",
    feeds: "SitePlan.site",
  }),
  base: usual(
    z
      .string()
      .max(200)
      .regex(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/),
    "bridge-ecoflow",
    { about: "first part of the stations' topics", env: "ECOFLOW_BASE", feeds: "SitePlan.base" },
  ),
  stateDir: usual(text(), "data", {
    about: "folder of the database and the keys",
    env: "ECOFLOW_POWER_STATE_DIR",
    isPath: true,
    feeds: "the state store",
  }),
  logLevel: usual(z.enum(logLevels), "info", {
    about: "how much the log shows",
    env: "LOG_LEVEL",
    feeds: "the log",
  }),
  mqtt: mqtt.optional(),
  broker: broker.optional(),
  sources: z
    .array(source)
    .prefault([{ kind: "mqtt-raw" }])
    .describe("what brings readings; readings of others for stations that no source serves count anyway"),
  stations: z.record(z.string(), station).default({}).describe("the stations, by name"),
  machines: z.record(z.string(), machine).default({}).describe("the machines, by name"),
  policy: policy.prefault({}),
});

/** The configuration as it is written, with defaults; null where a setting without a default is left out. */
export type FileConfig = z.output<typeof fileSchema>;
