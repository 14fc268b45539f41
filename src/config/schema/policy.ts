/** Settings of the decision. `policyRulesOf` hands each to the policy by its name, but for those that it names. */
import { z } from "zod";
import { percent, points, seconds, usual } from "../setting.ts";

export const policy = z
  .strictObject({
    socMinPercent: usual(percent(), 20, {
      about: "charge at which machines go down",
      env: "POLICY_SOC_MIN",
      withoutYaml: 10,
      feeds: "SitePlan.rules.machines.*.socPercent",
    }),
    debounceSec: usual(seconds(0, 3_600), 180, {
      about: "how long the danger must last before a command",
      env: "POLICY_DEBOUNCE_SEC",
      feeds: "SitePlan.rules.debounceSec",
    }),
    delaySec: usual(seconds(0, 3_600), 60, {
      about: "how long an agent waits before it touches anything",
      feeds: "SitePlan.rules.machines.*.delaySec",
    }),
    cooldownSec: usual(seconds(0), 300, {
      about: "between repeats to an agent that cannot acknowledge",
      env: "POLICY_COOLDOWN_SEC",
      feeds: "SitePlan.rules.cooldownSec",
    }),
    ttlSec: usual(seconds(1), 300, { about: "how long a command is valid", feeds: "SitePlan.ttlSec" }),
    hysteresisPercent: usual(points(0, 50), 3, {
      about: "distance above the threshold that disarms it, and then only with the grid up",
      feeds: "SitePlan.rules.hysteresisPercent",
    }),
    abortAfterSec: usual(seconds(1, 3_600), 10, {
      about: "the grid must be back so long before an abort",
      feeds: "SitePlan.rules.abortAfterSec",
    }),
    wakeAfterSec: usual(seconds(1), 300, {
      about: "the grid must be back so long before an outage is over",
      feeds: "SitePlan.rules.wakeAfterSec",
    }),
    blindAfterSec: usual(seconds(1, 900), 60, {
      about: "silence of a source that counts as blindness",
      feeds: "SitePlan.rules.blindAfterSec",
    }),
    blindMaxSec: usual(z.union([z.literal("auto"), seconds(1)]), "auto", {
      about: "latest moment to act when blind on battery",
      note: "auto: half of the projected time",
      feeds: "SitePlan.rules.blindMaxSec",
    }),
    deadmanSec: usual(seconds(1, 3_600), 300, {
      about: "silence on battery after which an agent goes down alone, where nothing can be projected",
      feeds: "SitePlan.rules.deadmanSec",
    }),
    bootGraceSec: usual(seconds(1), 600, {
      about: "time after a start without any live reading until the alarm",
      feeds: "SitePlan.rules.bootGraceSec",
    }),
  })
  .describe("how decisions are made");
