/** Settings of the sources: what brings readings into the server. */
import { z } from "zod";
import { optional, required } from "../setting.ts";

/** What each kind of source brings. */
export const sourceTexts = {
  mqtt: "readings of others on <base>/<id>/json/state, also for stations of ours",
  "mqtt-raw": "raw frames on <base>/<serial>/data",
} as const;

const feeds = "SitePlan.sources.*";
const name = optional(z.string().regex(/^[A-Za-z0-9._-]{1,40}$/), {
  about: "name of this source in readings and topics, unique",
  leftOut: "its kind",
  feeds: `${feeds}.name`,
});

const kind = <K extends keyof typeof sourceTexts>(value: K) =>
  z.strictObject({
    kind: required(z.literal(value), { about: sourceTexts[value], feeds: `${feeds}.kind` }),
    name,
  });

export const source = z
  .discriminatedUnion("kind", [kind("mqtt"), kind("mqtt-raw")])
  .transform((written) => ({ ...written, name: written.name ?? written.kind }))
  .meta({ description: "what brings readings" });
