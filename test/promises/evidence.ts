/** Promises about evidence: whose time counts, what a doubtful loss is worth, and who speaks for the mains. */
import { expect } from "vitest";
import { type House, onBattery, onMains } from "../house.ts";
import type { Load } from "../planted.ts";
import { houseOf, type Promised } from "./promise.ts";

const clocks = "core/fuse/clocks.ts";
const backlog = "core/fuse/backlog.ts";
const dispute = "core/fuse/dispute.ts";
const grid = "core/filter/grid.ts";
const sample = "core/policy/station/sample.ts";

const actions = (house: House, action: "shutdown" | "abort") =>
  house.commands().filter((command) => command.action === action).length;

/** A machine that goes at 30 % after 5 s, with a delay long enough to be called back. */
const open = (load: Load) =>
  houseOf(load, {
    machines: { pc: { socPercent: 30, delaySec: 600 } },
    stations: { Study: { capacityWh: 286, assumedLoadWatts: 100 } },
    policy: { debounceSec: 5 },
  });

const ownTime: Promised = {
  name: "a message that is old by its sender's time is no evidence, and a clock that differs is no old message",
  async holds(load) {
    const old = await open(load);
    const yesterday = old.clock.wall() - 86_400_000;
    old.each(5, () => old.says("Study", { ...onBattery(3), sampled_at: yesterday }));
    await old.pass(300);
    expect(actions(old, "shutdown")).toBe(0);

    const house = await open(load);
    const state = { reading: onMains(25), behind: 0 };
    house.each(5, () =>
      house.says("Study", { ...state.reading, sampled_at: house.clock.wall() - state.behind }),
    );
    await house.pass(60);
    state.reading = onBattery(25);
    await house.pass(60);
    expect(actions(house, "shutdown")).toBe(1);
    // A stream that is two minutes late keeps pace as a clock does, so it ends no outage for ten minutes.
    Object.assign(state, { reading: onMains(25), behind: 120_000 });
    await house.pass(400);
    expect(actions(house, "abort")).toBe(0);

    const wrong = await open(load);
    wrong.each(5, () =>
      wrong.says("Study", { ...onBattery(25), sampled_at: wrong.clock.wall() - 3_600_000 }),
    );
    await wrong.pass(25);
    expect(actions(wrong, "shutdown")).toBe(1);
  },
  faults: {
    "every time counts as now": {
      file: clocks,
      find: '  if (isRepeated) return "old";',
      replace: '  return "now";',
    },
    "a late stream is as good as a clock": {
      file: clocks,
      find: "const presentAfterMs = 600_000;",
      replace: "const presentAfterMs = 0;",
    },
    "no other clock is ever believed": {
      file: clocks,
      find: "  if (!keepsPace) {",
      replace: "  if (!keepsPace || at > 0) {",
    },
  },
};

const ownOrigin: Promised = {
  name: "what this site published itself is no evidence, whoever repeats it after a restart",
  async holds(load) {
    const house = await open(load);
    house.each(5, () => {
      if (house.seconds < 120) house.says("Study", house.seconds < 60 ? onMains(25) : onBattery(25));
    });
    await house.pass(50);
    const own = house.reading("Study") as object;
    await house.pass(100);
    expect(actions(house, "shutdown")).toBeGreaterThan(0);
    await house.restart();
    house.each(2, () => house.says("Study", { ...own, sampled_at: house.clock.wall() }));
    await house.pass(200);
    expect(actions(house, "abort")).toBe(0);
  },
  faults: {
    "only this process's own readings are dropped": {
      file: "services/telemetry.ts",
      find: "if (this.#isTwin(payload)) return this.#alarmTwin(payload, at, wall);",
      replace: "if (this.#isTwin(payload)) this.#alarmTwin(payload, at, wall);",
    },
  },
};

const lastWord: Promised = {
  name: "a single report of a loss before silence counts for the projection, and ends a presence at once",
  async holds(load) {
    const silent = await open(load);
    silent.each(10, () => {
      if (silent.seconds < 60) silent.says("Study", onMains(60));
      if (silent.seconds === 60) silent.says("Study", onBattery(60));
    });
    await silent.pass(200);
    expect(silent.alarms().map(({ code }) => code)).toContain("blind-on-battery");

    const house = await open(load);
    for (let second = 0; second < 60; second++) {
      house.says("Study", onBattery(25));
      await house.pass(1);
    }
    for (let second = 0; second < 60; second++) {
      house.says("Study", second % 8 === 7 ? onBattery(25) : onMains(25));
      await house.pass(1);
    }
    expect(actions(house, "shutdown")).toBeGreaterThan(0);
    expect(actions(house, "abort")).toBe(0);
  },
  faults: {
    "silence refutes a loss in doubt": {
      file: grid,
      find: "if (!evidence.silent) belief.suspected",
      replace: "belief.suspected",
    },
    "a loss in doubt is nothing before silence": {
      file: "core/policy/station/assessment.ts",
      find: "  if (station.suspected && station.last !== null) return true;",
      replace: "",
    },
    "a presence goes on while a loss is doubted": {
      file: sample,
      find: 'if (reading.grid !== "present" || reading.grid_suspected) return',
      replace: 'if (reading.grid !== "present") return',
    },
  },
};

const twoVoices: Promised = {
  name: "two voices that contradict each other are an alarm, and the worse one counts for the hard floor; a grid that flickers is not",
  async holds(load) {
    const house = await open(load);
    let soc = 60;
    house.each(5, () => house.says("Study", onMains(soc)));
    house.each(7, () => house.says("Study", onBattery(soc)));
    await house.pass(120);
    expect(house.standing().map(({ code }) => code)).toContain("sources-disagree");
    expect(actions(house, "shutdown")).toBe(0);
    soc = 14;
    await house.pass(120);
    expect(actions(house, "shutdown")).toBeGreaterThan(0);

    // A few changes message by message, and many that each last for several messages.
    for (const lasting of [
      [60, 5, 5, 200],
      [60, 20, 20, 20, 20, 20, 20, 200],
    ]) {
      const flickers = await open(load);
      const state = { reading: onMains(60) };
      flickers.each(5, () => flickers.says("Study", state.reading));
      for (const seconds of lasting) {
        await flickers.pass(seconds);
        state.reading = state.reading.grid_connected ? onBattery(60) : onMains(60);
      }
      expect(flickers.alarms().map(({ code }) => code)).not.toContain("sources-disagree");
    }
  },
  faults: {
    "one source has one voice": {
      file: dispute,
      find: "contradictsItself(source, at) || sources",
      replace: "sources",
    },
    "each change counts, however long it lasts": {
      file: dispute,
      find: "(isBrief(0) || isBrief(1))",
      replace: "true",
    },
    "two changes are two voices": {
      file: dispute,
      find: "const changesAllowed = 3;",
      replace: "const changesAllowed = 1;",
    },
    "the floor does not see it": {
      file: "core/policy/station/assessment.ts",
      find: "notUp || station.suspected ||",
      replace: "notUp ||",
    },
  },
};

const queued: Promised = {
  name: "presents that waited in a queue during a silence end no outage, and a queue is no longer than the silence",
  async holds(load) {
    const house = await open(load);
    const state = { reading: onMains(25), silent: false };
    house.each(10, () => {
      if (!state.silent) house.says("Study", state.reading);
    });
    await house.pass(100);
    state.reading = onBattery(25);
    await house.pass(100);
    expect(actions(house, "shutdown")).toBe(1);
    state.silent = true;
    await house.pass(240);
    for (let frame = 0; frame < 24; frame++) {
      house.says("Study", onMains(25));
      await house.pass(2);
    }
    expect(actions(house, "abort")).toBe(0);
    // These are more than the silence can have held.
    for (let frame = 0; frame < 10; frame++) {
      house.says("Study", onMains(25));
      await house.pass(2);
    }
    expect(actions(house, "abort")).toBe(1);
  },
  faults: {
    "a queue is as good as now": {
      file: backlog,
      find: "  if (source.queued > 0) return true;",
      replace: "",
    },
    "a queue never ends": { file: backlog, find: "  source.queued -= 1;", replace: "" },
    "any pace is the station's own": {
      file: backlog,
      find: "2 * gap >= usual",
      replace: "20 * gap >= usual",
    },
  },
};

export const evidencePromises: readonly Promised[] = [ownTime, ownOrigin, lastWord, twoVoices, queued];
