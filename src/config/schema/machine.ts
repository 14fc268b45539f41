/** Settings of a machine that must go down in time. */
import { z } from "zod";
import { optional, percent, required, seconds, text, usual, whole } from "../setting.ts";

const feeds = "SitePlan.rules.machines.*";

const shutdownAt = z
  .strictObject({
    socPercent: optional(percent(), {
      about: "at this charge or below",
      leftOut: "policy.socMinPercent",
      feeds: `${feeds}.socPercent`,
    }),
    runtimeSec: optional(seconds(1), {
      about: "with so much time left or less",
      leftOut: "never",
      feeds: `${feeds}.runtimeSec`,
    }),
    onBatterySec: optional(seconds(1), {
      about: "after so long on battery",
      leftOut: "never",
      feeds: `${feeds}.onBatterySec`,
    }),
  })
  .describe("when it goes down, while the mains is away; what comes first counts");

export const machine = z
  .strictObject({
    stations: required(z.array(text()).min(1), {
      about: "the stations that feed it, by name or serial",
      feeds: `${feeds}.stations`,
    }),
    minSupplies: optional(whole(1, 100), {
      about: "how many of them must be healthy for it to stay up; required with more than one",
      feeds: `${feeds}.minSupplies`,
    }),
    shutdownAt: shutdownAt.prefault({}),
    delaySec: optional(seconds(0, 3_600), {
      about: "how long its agent waits before it touches anything",
      leftOut: "policy.delaySec",
      feeds: `${feeds}.delaySec`,
    }),
    stopSec: usual(seconds(1, 7_200), 300, {
      about: "from the end of that wait until it is off, pre-commands included",
      feeds: `${feeds}.stopSec`,
    }),
    key: optional(text(), {
      about: "signs its commands: the text that is AGENT_KEY there",
      leftOut: "unsigned",
      secret: true,
      feeds: "SitePlan.keys.*",
    }),
  })
  .describe("a machine that must go down in time; its name is the id of its agent");
