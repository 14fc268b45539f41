/** Faults in the decision itself, by the name of the promise that must catch each. */
import type { Fault } from "../planted.ts";

const at = (name: string) => `core/policy/${name}.ts`;

export const policyFaults: Readonly<Record<string, Readonly<Record<string, Fault | readonly Fault[]>>>> = {
  "time on battery sums over all stretches of one outage: three of 130 s meet a limit of 300 s": {
    "only the last two stretches count": {
      file: at("station/watch"),
      find: "onBattery: onBatteryMs(station, station.sampleAt ?? tx.at)",
      replace: "onBattery: (station.sampleAt ?? tx.at) - (station.lostAt ?? tx.at)",
    },
    "each stretch begins at zero": {
      file: at("station/assessment"),
      find: "return station.onBattery + (",
      replace: "return 0 * station.onBattery + (",
    },
  },
  "time on battery is counted in one outage: after its end the next one begins at zero": {
    "time on battery is never reset": [
      {
        file: at("station/watch"),
        find: "tx.setStation(id, { outage, outageAt: begin, onBattery: 0 });",
        replace: "tx.setStation(id, { outage, outageAt: begin });",
      },
      {
        file: at("station/watch"),
        find: "tx.setStation(id, { outage: null, outageAt: null, onBattery: 0 });",
        replace: "tx.setStation(id, { outage: null, outageAt: null });",
      },
    ],
  },
  "a charge from before a start arms nothing: the first sample after it decides": {
    "what is stored arms": {
      file: at("machine/triggers"),
      find: "station.resumedAt === null &&",
      replace: "station.resumedAt !== 0 &&",
    },
  },
  "a station that has gained charge for less than five minutes arms its SoC trigger all the same": {
    "any gain keeps it from arming": {
      file: at("machine/triggers"),
      find: "gainAt !== null && tx.at - gainAt >= gainMs",
      replace: "gainAt !== null",
    },
  },
  "a station that has gained charge for five minutes arms no SoC trigger; when it gains no more, it does": {
    "a gain keeps nothing from arming": {
      file: at("machine/triggers"),
      find: "gainAt !== null && tx.at - gainAt >= gainMs",
      replace: "gainAt === 0",
    },
    "a gain counts after ten minutes": {
      file: at("machine/triggers"),
      find: "const gainMs = 300_000",
      replace: "const gainMs = 600_000",
    },
  },
  "an urgent command needs two charges that agree: a first charge after samples without one is a single one":
    {
      "an unknown charge agrees": {
        file: at("station/evidence"),
        find: "if (first === undefined || newest === undefined || newest.at - first.at < agreeMs) return null;",
        replace: "if (first === undefined || newest === undefined) return null;",
      },
    },
  "a countdown without a cause ends after 60 s without one: a cause in between begins the 60 s again": {
    "clearAt of a machine is not reset": {
      file: at("machine/moves"),
      find: "return isSame ? c.phase : { ...c.phase, dueAt, clearAt: null };",
      replace: "return isSame ? c.phase : { ...c.phase, dueAt };",
    },
  },
  "a runtime disarms after 60 s above its margin: a lower one in between begins the 60 s again": {
    "clearAt of an arm is not reset": {
      file: at("machine/triggers"),
      find: "const clearAt = clear ? (armed.clearAt ?? at) : null;",
      replace: "const clearAt = clear ? (armed.clearAt ?? at) : armed.clearAt;",
    },
  },
  "the time left is projected at the largest ten-minute mean of the last 24 h": {
    "the newest mean counts, not the largest": {
      file: at("station/projection"),
      find: "for (const mean of load.hours) if (mean > peak) peak = mean;",
      replace: "peak = Math.max(peak, load.hours[0] ?? 0);",
    },
    "the last mean of an hour counts, not its largest": {
      file: at("station/load"),
      find: "kept[0] = Math.max(kept[0] ?? 0, mean);",
      replace: "kept[0] = mean;",
    },
    "the window is 12 h": { file: at("station/load"), find: ".slice(0, 24);", replace: ".slice(0, 12);" },
    "the window is 48 h": { file: at("station/load"), find: ".slice(0, 24);", replace: ".slice(0, 48);" },
  },
  "a load of two minutes counts as its ten-minute mean once it is over": {
    "the last value of ten minutes is taken for their mean": {
      file: at("station/load"),
      find: "Math.round(memory.tenSum / memory.tenMs)",
      replace: "Math.round(memory.last ?? 0)",
    },
    "a minute is averaged, not ten": {
      file: at("station/load"),
      find: "const tenMinutesMs = 600_000;",
      replace: "const tenMinutesMs = 60_000;",
    },
  },
  "however slow a publisher is, it counts as silent after 900 s, and twice that is an alarm": {
    "no cap": {
      file: "core/silence.ts",
      find: "export const longestSilenceMs = 900_000;",
      replace: "export const longestSilenceMs = 9_000_000;",
    },
    "a cap of 1000 s": {
      file: "core/silence.ts",
      find: "export const longestSilenceMs = 900_000;",
      replace: "export const longestSilenceMs = 1_000_000;",
    },
    "the policy has no cap": {
      file: at("station/assessment"),
      find: "return silenceMs(least, station.gap);",
      replace: "return silenceMs(0, 0) + Math.max(least, 3 * station.gap);",
    },
  },
  "an agent is given 20 s of silence at least, however little time the battery has left": {
    "no floor of the dead-man": {
      file: at("presence/power"),
      find: "const leastDeadmanSec = 20;",
      replace: "const leastDeadmanSec = 0;",
    },
    "a floor of 30 s": {
      file: at("presence/power"),
      find: "const leastDeadmanSec = 20;",
      replace: "const leastDeadmanSec = 30;",
    },
  },
  "a supply that is silent counts as healthy for ten minutes after it was seen up, and no longer": {
    "a silent supply is healthy for ever": {
      file: at("machine/supplies"),
      find: "upAt !== null && tx.at - upAt < recentMs",
      replace: "upAt !== null",
    },
    "a silent supply is never healthy": {
      file: at("machine/wish"),
      find: "return able.length + recent.length >= rules.minSupplies;",
      replace: "return able.length + 0 * recent.length >= rules.minSupplies;",
    },
  },
  "a refusal that knows a command with an equal seq raises the epoch, and the command goes out again at once":
    {
      "an equal seq is no refusal as older": {
        file: at("machine/answers"),
        find: "last.epoch === epoch && last.seq >= seq",
        replace: "last.epoch === epoch && last.seq > seq",
      },
    },
  "an epoch that no number of starts explains is not believed: commands keep their own": {
    "any epoch is believed": [
      {
        file: "core/policy/policy.ts",
        find: "input.epoch >= tx.state.epoch && isLeaseEpoch(input.epoch)",
        replace: "input.epoch >= tx.state.epoch",
      },
      {
        file: "services/policy/rivals.ts",
        find: "if (!isLeaseEpoch(epoch)) return",
        replace: "if (epoch < 0) return",
      },
    ],
  },
  "an agent that shows itself several times in a second gets its command again at once, and once in that second":
    {
      "each word of the agent is answered": {
        file: at("command/command"),
        find: "Math.max(tx.at, command.lastAt + 1_000)",
        replace: "tx.at",
      },
      "no word of the agent is answered": {
        file: at("machine/answers"),
        find: "withCommand(phase, sendSoon(tx, phase.order.command));",
        replace: "withCommand(phase, tx.at < 0 ? sendSoon(tx, phase.order.command) : phase.order.command);",
      },
    },
  "an acknowledgement that comes after the Last Will does not bring a machine back: it is down": {
    "any acknowledgement is presence": {
      file: at("command/acknowledgement"),
      find: "const online = !(leaving && presence.online === false);",
      replace: "const online = leaving || !leaving;",
    },
  },
  "after an abort the machine is watched again, with its trigger unspent once the outage is over": {
    "a spent debounce stays spent": {
      file: at("machine/moves"),
      find: "  tx.setMachine(id, { aborts: 0, debounceSpent: false, unseenAlarm: false, returns: 0 });",
      replace: "  tx.setMachine(id, { aborts: 0, unseenAlarm: false, returns: 0 });",
    },
  },
};
