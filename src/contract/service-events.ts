/** The events of the services: for each code its level, its subject, how its alarm ends, and its one English sentence. */
import { foreignCommand, names } from "./event-phrases.ts";
import type { Catalogue, ServiceEvents } from "./event-types.ts";

const hour = 3_600;
const day = 86_400;

export const serviceEvents = {
  "by-hand": {
    subject: "machine",
    level: "warn",
    sentence: (p) => `${p.action} was sent to ${p.machine} by hand (id ${p.id})`,
  },
  "foreign-command": {
    subject: "machine",
    level: "alarm",
    sentence: (p) => foreignCommand(p),
    standsSec: hour,
  },
  "rival-orchestrator": {
    subject: "site",
    level: "alarm",
    sentence: (p) =>
      `another orchestrator is at work on this broker: instance ${p.instance} of site ${p.site}. Stop one of the two: both command ${names(p.machines)}.`,
    // Raised once an hour while the rival lives, so that two hours without it show that the rival is gone.
    standsSec: 2 * hour,
  },
  "unproven-lease": {
    subject: "site",
    level: "alarm",
    sentence: (p) =>
      `a lease of instance ${p.instance} of site ${p.site} says that it commands ${names(p.machines)}, and is not signed with the key: ignored, this server goes on commanding. It is forged, or of a server with another key or an older version; find it and stop it.`,
    // Raised once an hour while it goes on.
    standsSec: 2 * hour,
  },
  "stands-aside": {
    subject: "site",
    level: "alarm",
    sentence: (p) =>
      `this server stands aside and does not command ${names(p.machines)}: instance ${p.instance} of site ${p.site} leads on this broker. Stop one of the two; this one takes over when the other is silent for 15 s.`,
    overSentence: () => "this server commands all of its machines again: the other orchestrator is silent",
    // After a restart the contest begins again.
    restartSec: 60,
  },
  "absurd-epoch": {
    subject: "site",
    level: "alarm",
    sentence: (p) =>
      `${p.who} names epoch ${p.epoch}, which no server can have reached: refused. Find out who sent it; an agent that holds it obeys no server until its stored order is removed.`,
    standsSec: 2 * hour,
  },
  "two-agents": {
    subject: "machine",
    level: "alarm",
    sentence: (p) =>
      `two machines use the AGENT_ID ${p.machine}: the boot ids ${p.boots.join(" and ")} alternate. Each throws the other off the broker, and one of them misses its command. Give each its own AGENT_ID.`,
    // Raised once an hour while both go on.
    standsSec: 2 * hour,
  },
  "foreign-reading": {
    subject: "station",
    level: "alarm",
    sentence: (p) =>
      `${p.publisher ?? "a publisher without an origin"} publishes readings of ${p.station}, which this server serves itself: refused. Stop that publisher, or configure a source of kind mqtt.`,
    // Raised once an hour while the publisher goes on.
    standsSec: 2 * hour,
  },
  "two-telemetries": {
    subject: "site",
    level: "alarm",
    sentence: (p) => `two telemetries of one site: ${p.origin} publishes readings too. Stop one of them.`,
    standsSec: 2 * hour,
  },
  "does-not-tell": {
    subject: "station",
    level: "alarm",
    sentence: (p) =>
      `${p.station}: this firmware does not report the mains: a day with load and no sign of it, so the grid stays unknown; add USB or a witness`,
    overSentence: (p) => `${p.station} reports the mains`,
    // It takes a day to find it out again after a restart.
    restartSec: 2 * day,
  },
  "source-flaps": {
    subject: "station",
    level: "alarm",
    sentence: (p) =>
      `${p.station}: the local source flaps: its report of the mains changed more than three times in ten minutes while watts come in from it, so it is not believed`,
    overSentence: (p) => `the local source of ${p.station} flaps no longer`,
    restartSec: hour,
  },
  "source-trouble": {
    subject: "source",
    level: "alarm",
    sentence: (p) => `the source ${p.source} brings nothing: ${p.problem}`,
    overSentence: (p) => `the source ${p.source} is connected again`,
    // A source that still fails after a restart finds it out within this time.
    restartSec: 600,
  },
  "sources-disagree": {
    subject: "station",
    level: "alarm",
    sentence: (p) =>
      `${p.station}: reports of its mains contradict each other, from two publishers or from one that changes with each message: while the loss is not believed, only the hard floor shuts its machines down; find the publisher that is wrong and stop it`,
    overSentence: (p) => `the reports on the mains of ${p.station} agree again`,
    restartSec: hour,
  },
  "charges-disagree": {
    subject: "station",
    level: "alarm",
    sentence: (p) =>
      `${p.station}: reports of its charge contradict each other for more than a minute, as from two publishers: the lower one counts if it falls; find the publisher that is wrong and stop it`,
    overSentence: (p) => `the reports on the charge of ${p.station} agree again`,
    restartSec: hour,
  },
  "state-not-durable": {
    subject: "site",
    level: "alarm",
    sentence: (p) =>
      `${p.error === null ? `the disk did not take the state within ${p.limitMs} ms` : `the state could not be written (${p.error})`}: decisions go on from memory and are written again each second; a restart before that loses them. Look at the disk.`,
    overSentence: () => "the state is on disk again",
    // The first write after a restart shows whether the disk is still at fault.
    restartSec: 60,
  },
  "process-paused": {
    subject: "site",
    level: "warn",
    sentence: (p) =>
      `this server did not run for ${p.sec} s (stopped, suspended, or its disk or processor was blocked): stations get time to be heard again`,
  },
  "message-skipped": {
    subject: "site",
    level: "alarm",
    sentence: (p) =>
      `a message on ${p.topic} made the server fail (${p.error}): the same message is skipped from now on. Find out who sends it; remove it from the broker if it is retained.`,
    standsSec: hour,
  },
  "room-restarted": {
    subject: "site",
    level: "alarm",
    sentence: (p) =>
      `${p.room} failed and starts again in ${p.againSec} s (restart ${p.restarts}): ${p.error}`,
    standsSec: hour,
  },
} satisfies Pick<Catalogue, keyof ServiceEvents>;
