/** The catalogue of events: for each code its level, its subject, how its alarm ends, and its one English sentence. */
import {
  backReasons,
  cancelled,
  charge,
  due,
  failure,
  heardAgain,
  isLonger,
  sinceWhen,
  staysOff,
  stopTime,
  timeLeft,
} from "./event-phrases.ts";
import type { Catalogue, EventCode } from "./event-types.ts";

const hour = 3_600;
const day = 86_400;

/** Every event that the server tells. A code without an entry, and an alarm without an end, do not compile. */
export const catalogue = {
  "outage-began": {
    subject: "station",
    level: "warn",
    sentence: (p) => `${p.station} has no grid: ${charge(p.soc)}, ${timeLeft(p)}`,
  },
  "outage-ended": {
    subject: "station",
    level: "info",
    sentence: (p) =>
      `the grid of ${p.station} has held for ${p.heldSec} s: the outage is over after ${p.onBatterySec} s on battery`,
  },
  "timer-start": {
    subject: "both",
    level: "warn",
    sentence: (p) => `TIMER START ${p.machine}: ${p.reason}${due(p)}`,
  },
  "timer-cancelled": {
    subject: "machine",
    level: "info",
    sentence: (p) => `${p.machine} stays up: ${cancelled[p.why](p.sec)}`,
  },
  "shutdown-triggered": {
    subject: "both",
    level: "warn",
    sentence: (p) => `SHUTDOWN TRIGGERED ${p.machine}: ${p.reason}; delay ${p.delaySec} s`,
  },
  abort: { subject: "both", level: "warn", sentence: (p) => `ABORT ${p.machine}: ${p.reason}` },
  "going-down": {
    subject: "machine",
    level: "info",
    sentence: (p) => `${p.machine} has started its shutdown: no abort reaches it any more`,
  },
  down: {
    subject: "machine",
    level: (p) => (isLonger(p) ? "warn" : "info"),
    sentence: (p) => `${p.machine} is down: ${stopTime(p)}`,
  },
  "machine-back": {
    subject: "machine",
    level: "info",
    sentence: (p) => `${p.machine} is back: ${backReasons[p.why]}`,
  },
  "nobody-answered": {
    subject: "machine",
    level: "info",
    sentence: (p) =>
      `${p.machine} was offline before the outage and did not answer "${p.action}" (${p.sendings} sendings): taken as off`,
  },
  "deadman-assumed": {
    subject: "machine",
    level: "warn",
    sentence: (p) =>
      `${p.machine} has been cut off on battery for ${p.awaySec} s >= its dead-man of ${p.deadmanSec} s + ${p.ownSec} s: taken for down by its dead-man`,
  },
  "output-off-expected": {
    subject: "station",
    level: (p) => (p.stays ? "warn" : "info"),
    sentence: (p) =>
      `${p.station} has its AC output off, as expected after our shutdown of ${p.machines.join(", ")}${staysOff(p)}`,
  },
  "unmapped-station": {
    subject: "station",
    level: "alarm",
    sentence: (p) =>
      p.outage === null
        ? `${p.station} sends readings, but no machine is mapped to it: nothing is shut down when its grid fails; add it to the configuration`
        : `${p.station} has no grid and no machine is mapped to it: nothing will be shut down`,
    overSentence: (p) =>
      p.outage === null
        ? `${p.station} is in the configuration`
        : `the outage of ${p.station}, which has no machine, is over`,
    // Raised once for a station that is not configured: the list of them that people have read is not shown for ever.
    standsSec: day,
  },
  "blind-on-mains": {
    subject: "station",
    level: "alarm",
    sentence: (p) =>
      `${p.station} has been silent for ${p.silentSec} s with the grid present in its last reading: nothing is shut down for that`,
    overSentence: (p) => heardAgain(p, "on mains"),
  },
  "blind-on-battery": {
    subject: "station",
    level: "alarm",
    sentence: (p) =>
      `${p.station} has been silent for ${p.silentSec} s on battery: the charge is projected at the worst load, ${timeLeft(p)}`,
    overSentence: (p) => heardAgain(p, "on battery"),
  },
  "no-reading-since-start": {
    subject: "station",
    level: "alarm",
    sentence: (p) =>
      `${p.station} was not heard since the start ${p.waitedSec} s ago: its grid is unknown and its machines are not protected; check its source`,
    overSentence: (p) => `${p.station} was heard`,
  },
  "charge-unknown": {
    subject: "station",
    level: "alarm",
    sentence: (p) =>
      p.soc === null
        ? `${p.station} has been on battery for ${p.sec} s and reports no charge: its machines are shut down blind; add a source that reports it`
        : `${p.station} has reported ${p.soc} % for ${p.sec} s on battery: the charge counts as unknown, and is projected from there`,
    overSentence: (p) => `the charge of ${p.station} is known again, or its mains is back`,
  },
  "no-acknowledgement": {
    subject: "machine",
    level: "alarm",
    sentence: (p) =>
      `${p.machine} has not acknowledged "${p.action}" after ${p.waitedSec} s and ${p.sendings} sendings; it is sent again until it is acknowledged`,
    overSentence: (p) =>
      p.acknowledged
        ? `${p.machine} has acknowledged its command`
        : `the command that ${p.machine} did not acknowledge is over`,
  },
  "command-failed": {
    subject: "machine",
    level: "alarm",
    sentence: (p) => `${p.machine} ${failure(p)}`,
    // A failing command is sent again after 30 s, so that its alarm repeats. A rehearsal is reported once.
    standsSec: hour,
  },
  "never-seen": {
    subject: "machine",
    level: "alarm",
    sentence: (p) =>
      `${p.machine} has to go down and was never heard: its agent cannot confirm anything; check that it runs`,
    overSentence: (p) =>
      p.heard
        ? `the agent of ${p.machine} was heard`
        : `the outage of ${p.machine} is over; its agent was never heard`,
  },
  late: {
    subject: "machine",
    level: "alarm",
    sentence: (p) =>
      `${p.machine} said that it goes down ${p.tookSec} s ago > 1.5 x ${p.stopSec} s and is still there`,
    overSentence: (p) => `the late shutdown of ${p.machine} is over`,
  },
  "machine-unknown": {
    subject: "machine",
    level: "alarm",
    sentence: (p) =>
      p.heard
        ? `${p.machine} has been absent for ${p.sec} s and never acknowledged: whether it is down is not known`
        : `${p.machine} was told to go down ${p.sec} s ago and was never heard: whether it is down is not known`,
    overSentence: (p) => `whether ${p.machine} is down is no longer in doubt`,
  },
  "output-off": {
    subject: "station",
    level: "alarm",
    sentence: (p) => {
      const standby = p.standbyMin > 0 ? `; its AC standby is ${p.standbyMin} min without load` : "";
      return `${p.station} has its AC output off, but ${p.machines.join(", ")} should be fed by it: switch it on at the station or in the app${standby}${staysOff(p)}`;
    },
    overSentence: (p) => `the AC output of ${p.station} is on again`,
  },
  "station-fault": {
    subject: "station",
    level: "alarm",
    sentence: (p) => {
      const faults = p.faults.map((fault) => `${fault} (${sinceWhen(p.stoodBefore, fault)})`).join(", ");
      const when = p.gridUp ? "while its battery carries the load" : "without grid";
      return `${p.station} reports faults ${when}: ${faults}; nothing is shut down for a code alone, look at the station`;
    },
    overSentence: (p) => `${p.station} is on mains again, and was heard without its faults cutting it off`,
  },
  "by-hand": {
    subject: "machine",
    level: "warn",
    sentence: (p) => `${p.action} was sent to ${p.machine} by hand (id ${p.id})`,
  },
  "foreign-command": {
    subject: "machine",
    level: "alarm",
    sentence: (p) =>
      `a command for ${p.machine} (${p.action}, id ${p.id}) was sent by somebody else: stop the other orchestrator, or it decides over these machines too`,
    standsSec: hour,
  },
  "rival-orchestrator": {
    subject: "site",
    level: "alarm",
    sentence: (p) =>
      `another orchestrator is at work on this broker: instance ${p.instance} of site ${p.site}. Stop one of the two: both command the same machines.`,
    // Raised once an hour while the rival lives, so that two hours without it show that the rival is gone.
    standsSec: 2 * hour,
  },
  "stands-aside": {
    subject: "site",
    level: "alarm",
    sentence: (p) =>
      `this server stands aside and commands nothing: instance ${p.instance} of site ${p.site} leads on this broker and was outbid ${p.rounds} times. Stop one of the two; this one takes over when the other is silent for 15 s.`,
    overSentence: () => "this server commands again: the other orchestrator is silent",
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
      `${p.station}: this firmware does not tell of the mains: a day with load and no sign of it, so the grid stays unknown; add USB or a witness`,
    overSentence: (p) => `${p.station} tells of the mains`,
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
  "sources-disagree": {
    subject: "station",
    level: "alarm",
    sentence: (p) =>
      `${p.station}: one publisher reports its mains present and another one lost, for longer than their intervals: only the hard floor protects its machines; find the publisher that is wrong and stop it`,
    overSentence: (p) => `the publishers of ${p.station} agree on its mains again`,
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
} satisfies Catalogue;

/** The codes that are alarms. */
export type AlarmCode = {
  [C in EventCode]: (typeof catalogue)[C]["level"] extends "alarm" ? C : never;
}[EventCode];
