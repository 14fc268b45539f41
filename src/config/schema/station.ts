/** Settings of a battery power station. */
import { z } from "zod";
import { optional, percent, text, wattHours, watts } from "../setting.ts";

const section = z.strictObject({
  serial: optional(text(), {
    about: "serial number",
    leftOut: "the name is the serial, or others publish it",
    feeds: "SitePlan.stations.*.serial",
  }),
  capacityWh: optional(wattHours(1, 100_000), {
    about: "usable capacity of all its batteries",
    leftOut: "what the station or its model says",
    feeds: "SitePlan.rules.stations.*.capacityWh",
  }),
  dischargeLimitPercent: optional(percent(0, 99), {
    about: "level at which it cuts its output",
    leftOut: "what the station says",
    feeds: "SitePlan.rules.stations.*.dischargeLimitPercent",
  }),
  assumedLoadWatts: optional(watts(0, 100_000), {
    about: "the least load that a projection without readings assumes",
    feeds: "SitePlan.rules.stations.*.assumedLoadWatts",
  }),
  upstream: optional(text(), {
    about:
      "the station whose output feeds this one, by name or serial: its mains counts, and times left add up",
    feeds: "SitePlan.rules.stations.*.upstream",
  }),
});

const nothingWritten = section.parse({});

/** A station of which nothing is written may be empty: `Study:`. */
export const station = section
  .nullable()
  .transform((value) => value ?? nothingWritten)
  .describe("a battery power station");
