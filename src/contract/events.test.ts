/** The table of events: a sentence for each code and each of its forms, and an end for each alarm. */
import { describe, expect, test } from "vitest";
import type { EventCode, EventParams, OverCode, OverParams } from "./event-types.ts";
import { catalogue } from "./events.ts";
import { alarmCodes, endsOf, event, eventCodes, journalEntry, noticeOf, over } from "./journal.ts";
import { journalSchema } from "./messages/journal.ts";

const study = { station: "Study" };
const pc = { machine: "pc" };
const both = { ...study, ...pc, outage: "Study-1" };
const left = {
  leftSec: 975,
  watts: 464.4,
  basis: "measured",
  loadBasis: "output",
  loadWatts: 330.4,
} as const;
const noLeft = { leftSec: null, watts: null, basis: null, loadBasis: null, loadWatts: null };
const failed = { ...pc, outage: "Study-1", action: "shutdown", agentReason: null } as const;
const off = { ...study, machines: ["pc", "nas"] };

/** Parameters of each code, and words that its sentence must have. */
const samples: { [C in EventCode]: [EventParams[C], string][] } = {
  "outage-began": [
    [
      { ...study, outage: "Study-1", soc: 62, ...left },
      "soc 62 %, 975 s left at 464 W assumed: 330 W measured + 10 % + 8 W, x 1.25",
    ],
    [
      { ...study, outage: "Study-1", soc: 62, ...left, loadBasis: "day", basis: "model" },
      "330 W, the most of the last day, x 1.25; capacity of the model",
    ],
    [
      { ...study, outage: "Study-1", soc: 62, ...left, loadBasis: "configured", loadWatts: null },
      "assumedLoadWatts",
    ],
    [{ ...study, outage: "Study-1", soc: null, ...noLeft }, "its charge is not known, time left not known"],
  ],
  "outage-ended": [[{ ...study, outage: "Study-1", heldSec: 300, onBatterySec: 181 }, "over after 181 s"]],
  "timer-start": [
    [{ ...both, reason: "R", dueInSec: 180, afterSample: false }, "pc: R; goes in 180 s unless"],
    [{ ...both, reason: "R", dueInSec: 9, afterSample: true }, "a second sample says so, or in 9 s"],
    [{ ...both, reason: "R; at once", dueInSec: null, afterSample: false }, "pc: R; at once"],
  ],
  "timer-cancelled": [
    [{ ...pc, why: "grid-back", sec: 10 }, "the grid has been back for 10 s"],
    [{ ...pc, why: "runtime-recovered", sec: 60 }, "above its threshold for 60 s"],
    [{ ...pc, why: "no-cause", sec: 60 }, "no cause in sight for 60 s"],
  ],
  "shutdown-triggered": [[{ ...both, reason: "R", delaySec: 60 }, "SHUTDOWN TRIGGERED pc: R; delay 60 s"]],
  abort: [[{ ...both, outage: null, reason: "R" }, "ABORT pc: R"]],
  "going-down": [[{ ...pc, outage: null }, "no abort reaches it"]],
  down: [
    [{ ...pc, goneSec: 20, stopSec: 120, longestSec: 30 }, "gone 20 s after its delay (stopSec 120 s"],
    [{ ...pc, goneSec: 130, stopSec: 120, longestSec: 130 }, "set stopSec to 156 s or more"],
    [{ ...pc, goneSec: 130, stopSec: 120, longestSec: null }, "nothing is measured"],
  ],
  "machine-back": [
    [{ ...pc, why: "rebooted" }, "pc is back: it has rebooted"],
    [{ ...pc, why: "keeps-running" }, "keeps running"],
  ],
  "nobody-answered": [
    [{ ...pc, outage: "Study-1", action: "shutdown", sendings: 9 }, 'did not answer "shutdown" (9 sendings)'],
  ],
  "deadman-assumed": [
    [{ ...pc, awaySec: 481, deadmanSec: 300, ownSec: 180 }, "for 481 s >= its dead-man of 300 s + 180 s"],
  ],
  "output-off-expected": [
    [{ ...off, stays: true }, "our shutdown of pc, nas; it will not switch it on again"],
    [{ ...off, stays: false }, "our shutdown of pc, nas"],
  ],
  "process-paused": [[{ sec: 13 }, "did not run for 13 s"]],
  "message-skipped": [
    [{ topic: "a/b", error: "too deep" }, "a message on a/b made the server fail (too deep)"],
  ],
  "source-trouble": [[{ source: "ecoflow-app", problem: "R" }, "the source ecoflow-app brings nothing: R"]],
  "stands-aside": [
    [{ instance: "b", site: "s", machines: ["pc"] }, "does not command pc: instance b of site s leads"],
  ],
  "absurd-epoch": [[{ who: "the agent pc", epoch: 1e12 }, "the agent pc names epoch 1000000000000"]],
  "two-agents": [[{ ...pc, boots: ["a", "b"] }, "the boot ids a and b alternate"]],
  "unmapped-station": [
    [{ ...study, outage: null }, "add it to the configuration"],
    [{ ...study, outage: "Study-1" }, "nothing will be shut down"],
  ],
  "blind-on-mains": [[{ ...study, silentSec: 121 }, "is 121 s old, and said that the grid is present"]],
  "blind-on-battery": [[{ ...study, silentSec: 121, ...left }, "975 s left"]],
  "no-reading-since-start": [[{ ...study, waitedSec: 600 }, "600 s ago"]],
  "grid-not-reported": [[{ ...study, waitedSec: 600 }, "has not reported its grid"]],
  "charge-unknown": [
    [{ ...study, soc: 80, sec: 1800 }, "80 % for 1800 s"],
    [{ ...study, soc: null, sec: 60 }, "no charge"],
  ],
  "no-acknowledgement": [[{ ...failed, waitedSec: 15, sendings: 5 }, '"shutdown" after 15 s and 5 sendings']],
  "command-failed": [
    [
      { ...failed, how: "failed", agentReason: "no space", againSec: 30 },
      "could not: no space; it is sent again in 30 s",
    ],
    [{ ...failed, how: "refused", againSec: 30 }, "refused: no reason given"],
    [{ ...failed, how: "rehearsed", againSec: null }, "dry run"],
  ],
  "never-seen": [[both, "was never heard"]],
  "agent-not-heard": [[{ ...pc, waitedSec: 600 }, "no agent of pc was heard since the start 600 s ago"]],
  "wrong-key": [
    [{ ...pc, signature: "wrong" }, "pc answers with another key"],
    [{ ...pc, signature: "missing" }, "pc answers without a signature"],
  ],
  "no-shutdown": [[{ ...pc, outage: "Study-1", times: 3 }, "3 times in this outage"]],
  late: [[{ ...pc, tookSec: 190, stopSec: 120 }, "190 s ago > 1.5 x 120 s"]],
  "machine-unknown": [
    [{ ...pc, outage: "Study-1", heard: true, sec: 300 }, "absent for 300 s"],
    [{ ...pc, outage: "Study-1", heard: false, sec: 300 }, "300 s ago and was never heard"],
  ],
  "output-off": [
    [
      { ...off, standbyMin: 120, stays: true },
      "pc, nas should be fed by it: switch it on at the station or in the app; its AC standby is 120 min",
    ],
    [{ ...off, standbyMin: 0, stays: false }, "in the app"],
  ],
  "station-fault": [
    [
      { ...study, outage: null, faults: ["a 1", "b 2"], stoodBefore: ["a 1"], gridUp: false },
      "without grid: a 1 (stood before the outage too), b 2 (new)",
    ],
    [
      { ...study, outage: null, faults: ["a 1"], stoodBefore: null, gridUp: true },
      "while its battery carries the load: a 1 (whether it stood",
    ],
  ],
  "by-hand": [[{ ...pc, action: "abort", id: "hand-1" }, "abort was sent to pc by hand (id hand-1)"]],
  "foreign-command": [
    [{ ...pc, action: "abort", id: "1", how: "live", problem: null }, "(abort, id 1) was sent by another"],
    [{ ...pc, action: "abort", id: "1", how: "retained", problem: null }, "is retained at the broker"],
    [{ ...pc, action: null, id: null, how: "unreadable", problem: "reason: R" }, "no command (reason: R)"],
  ],
  "rival-orchestrator": [
    [
      { instance: "i", site: "s", machines: ["a", "b", "c", "d", "e", "f", "g"] },
      "both command a, b, c, d, e and 2 more",
    ],
  ],
  "unproven-lease": [[{ instance: "i", site: "s", machines: ["pc"] }, "not signed with the key"]],
  "foreign-reading": [
    [{ ...study, publisher: "home/x" }, "home/x publishes readings of Study"],
    [{ ...study, publisher: null }, "a publisher without an origin"],
  ],
  "two-telemetries": [[{ origin: "home/x" }, "home/x publishes"]],
  "does-not-tell": [[study, "add USB or a witness"]],
  "source-flaps": [[study, "flaps"]],
  "sources-disagree": [[study, "find the publisher that is wrong"]],
  "charges-disagree": [[study, "the lower one counts if it falls"]],
  "state-not-durable": [
    [{ error: "full", limitMs: 500 }, "could not be written (full)"],
    [{ error: null, limitMs: 500 }, "within 500 ms"],
  ],
  "room-restarted": [
    [{ room: "policy", error: "no", restarts: 2, againSec: 4 }, "policy failed and starts again in 4 s"],
  ],
};

const overSamples: { [C in OverCode]: [OverParams[C], string][] } = {
  "source-trouble": [[{ source: "ecoflow-app" }, "the source ecoflow-app is connected again"]],
  "stands-aside": [[{}, "all of its machines again"]],
  "unmapped-station": [
    [{ ...study, outage: null }, "in the configuration"],
    [{ ...study, outage: "Study-1" }, "is over"],
  ],
  "blind-on-mains": [
    [{ ...study, times: 1 }, "silent once"],
    [{ ...study, times: 5 }, "silent 5 times"],
  ],
  "blind-on-battery": [[{ ...study, times: null }, "no longer one on battery"]],
  "no-reading-since-start": [[study, "was heard"]],
  "grid-not-reported": [[study, "reports its grid"]],
  "charge-unknown": [[study, "known again"]],
  "no-acknowledgement": [
    [{ ...pc, acknowledged: true }, "has acknowledged"],
    [{ ...pc, acknowledged: false }, "is over"],
  ],
  "never-seen": [
    [{ ...pc, heard: true }, "was heard"],
    [{ ...pc, heard: false }, "never heard"],
  ],
  "agent-not-heard": [[pc, "was heard"]],
  "wrong-key": [[pc, "with the right key"]],
  "no-shutdown": [[pc, "is down, or its outage is over"]],
  late: [[pc, "is over"]],
  "machine-unknown": [[pc, "is no longer an alarm"]],
  "output-off": [[study, "on again"]],
  "station-fault": [[study, "on mains again"]],
  "does-not-tell": [[study, "reports the mains"]],
  "source-flaps": [[study, "no longer"]],
  "sources-disagree": [[study, "on the mains of Study agree again"]],
  "charges-disagree": [[study, "on the charge of Study agree again"]],
  "state-not-durable": [[{}, "on disk again"]],
};

const entriesOf = (code: EventCode) =>
  samples[code].map(([params, words]) => ({
    words,
    entry: journalEntry(7, noticeOf(1, event(code, params as never))),
  }));

describe.each(eventCodes)("%s", (code) => {
  test("has a sentence for each of its forms, in the shape of the wire", () => {
    expect(entriesOf(code).length).toBeGreaterThan(0);
    for (const { entry, words } of entriesOf(code)) {
      expect(entry.text).toContain(words);
      expect(entry.text).not.toMatch(/undefined|NaN|null|\[object/);
      expect(journalSchema.parse(JSON.parse(JSON.stringify(entry)))).toEqual(entry);
    }
  });

  test("names what it is about", () => {
    const { subject } = catalogue[code];
    for (const { entry } of entriesOf(code)) {
      if (subject === "station" || subject === "both") expect(entry.station).toBe("Study");
      if (subject === "machine" || subject === "both") expect(entry.machine).toBe("pc");
    }
  });

  test("is of a kind: it happened, or it is an alarm", () => {
    const isAlarm = (alarmCodes as readonly string[]).includes(code);
    for (const { entry } of entriesOf(code)) {
      expect(entry.type).toBe(isAlarm ? "alarm" : code);
      expect(entry.level === "alarm").toBe(isAlarm);
      expect(entry.code).toBe(isAlarm ? code : undefined);
    }
  });
});

describe.each(alarmCodes)("the alarm %s", (code) => {
  test("has an end", () => {
    const { over: isEnded, standsSec, restartSec } = endsOf(code);
    expect(isEnded || standsSec !== null).toBe(true);
    for (const sec of [standsSec, restartSec]) if (sec !== null) expect(sec).toBeGreaterThanOrEqual(60);
  });
});

describe.each(Object.keys(overSamples) as OverCode[])("the end of %s", (code) => {
  test("has a sentence, and the level of good news", () => {
    for (const [params, words] of overSamples[code]) {
      const entry = journalEntry(7, noticeOf(1, over(code, params as never)));
      expect(entry).toMatchObject({ type: "alarm-over", code, level: "info" });
      expect(entry.text).toContain(words);
      expect(journalSchema.parse(entry)).toEqual(entry);
    }
  });
});

test("a longer stop than planned is a warning, and so is an output that stays off", () => {
  expect(entriesOf("down").map(({ entry }) => entry.level)).toEqual(["info", "warn", "info"]);
  expect(entriesOf("output-off-expected").map(({ entry }) => entry.level)).toEqual(["warn", "info"]);
});

test("a text of others in a sentence steers no terminal, turns no line round, and fills no page", () => {
  const id = `a\u001b[2J\n\u202eb${"x".repeat(5_000)}`;
  const { text } = journalEntry(7, noticeOf(1, event("by-hand", { ...pc, action: "abort", id })));
  expect(text).toContain("(id a?[2J??bxxx");
  expect(text.length).toBeLessThan(1_100);
});
