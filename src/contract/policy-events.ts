/** The events of the policy: for each code its level, its subject, how its alarm ends, and its one English sentence. */
import type { PolicyEvents } from "../core/policy/event-types.ts";
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
  wasGone,
} from "./event-phrases.ts";
import type { Catalogue } from "./event-types.ts";

const hour = 3_600;
const day = 86_400;

export const policyEvents = {
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
    sentence: (p) => `${p.machine} ${wasGone(p.why) ? "is back" : "stays up"}: ${backReasons[p.why]}`,
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
      `the newest sample of ${p.station} that counts is ${p.silentSec} s old, and said that the grid is present: nothing is shut down for that alone`,
    overSentence: (p) => heardAgain(p, "on mains"),
  },
  "blind-on-battery": {
    subject: "station",
    level: "alarm",
    sentence: (p) =>
      `the newest sample of ${p.station} that counts is ${p.silentSec} s old, on battery: the charge is projected at the worst load, ${timeLeft(p)}`,
    overSentence: (p) => heardAgain(p, "on battery"),
  },
  "no-reading-since-start": {
    subject: "station",
    level: "alarm",
    sentence: (p) =>
      `${p.station} was not heard since the start ${p.waitedSec} s ago: its grid is unknown and its machines are not protected; check its source`,
    overSentence: (p) => `${p.station} was heard`,
  },
  "grid-not-reported": {
    subject: "station",
    level: "alarm",
    sentence: (p) =>
      `${p.station} is heard and has not reported its grid since the start ${p.waitedSec} s ago: its machines are not protected; send grid_connected as true or false, or add a source that reports it`,
    overSentence: (p) => `${p.station} reports its grid`,
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
  "agent-not-heard": {
    subject: "machine",
    level: "alarm",
    sentence: (p) =>
      `no agent of ${p.machine} was heard since the start ${p.waitedSec} s ago: it would be commanded, but nobody would confirm it; check that the agent runs, its AGENT_ID and its broker (doctor there says which)`,
    overSentence: (p) => `an agent of ${p.machine} was heard`,
  },
  "wrong-key": {
    subject: "machine",
    level: "alarm",
    sentence: (p) =>
      p.signature === "wrong"
        ? `${p.machine} answers with another key: its messages are ignored, and it refuses our commands; AGENT_KEY there and machines.${p.machine}.key here must be the same text`
        : `${p.machine} answers without a signature: its messages are ignored; set AGENT_KEY there to machines.${p.machine}.key of this server`,
    overSentence: (p) => `${p.machine} answers with the right key`,
  },
  late: {
    subject: "machine",
    level: "alarm",
    sentence: (p) =>
      `${p.machine} said that it goes down ${p.tookSec} s ago > 1.5 x ${p.stopSec} s and is still there`,
    overSentence: (p) => `the late shutdown of ${p.machine} is over`,
  },
  "no-shutdown": {
    subject: "machine",
    level: "alarm",
    sentence: (p) =>
      `${p.machine} has acknowledged its shutdown ${p.times} times in this outage and was up and idle again each time: its agent loses the command, or the shutdown does not end the machine; it is commanded again, look at the agent's log there`,
    overSentence: (p) => `${p.machine} is down, or its outage is over`,
  },
  "machine-unknown": {
    subject: "machine",
    level: "alarm",
    sentence: (p) =>
      p.heard
        ? `${p.machine} has been absent for ${p.sec} s and never acknowledged: whether it is down is not known`
        : `${p.machine} was commanded to go down ${p.sec} s ago and was never heard: whether it is down is not known`,
    overSentence: (p) =>
      `whether ${p.machine} is down is no longer an alarm: it was heard, or a new command went out`,
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
} satisfies Pick<Catalogue, keyof PolicyEvents>;
