/** Promises of the projection and of sight: which load is feared, how long silence may last, what a silent supply is worth. */
import { expect } from "vitest";
import type { StationReading } from "../../src/core/reading.ts";
import { station } from "../house.ts";
import type { Load } from "../planted.ts";
import { lost, machineRules, onMains, stationRules } from "../properties/policy-samples.ts";
import { houseOf, type Promised } from "./promise.ts";
import { Steps } from "./steps.ts";

/** Reports on mains for some minutes, one a minute. */
function minutes(steps: Steps, count: number, watts: (minute: number) => number) {
  for (let minute = 0; minute < count; minute++) {
    steps.onMains({ out_watts: watts(minute), capacity_wh: 500 });
    steps.skip(60);
  }
}

/** The dead-man's time right after a loss, seconds: it is derived from the time left at the worst load. */
function deadmanAfterLoss(steps: Steps): number {
  steps.onBattery({ out_watts: 20, capacity_wh: 500 });
  return steps.power().deadman_sec;
}

const peakOfADay: Promised = {
  name: "the time left is projected at the largest ten-minute mean of the last 24 h",
  async holds(load) {
    const peakAgo = async (hours: number) => {
      const steps = await Steps.begin(load);
      minutes(steps, 20, () => 20);
      minutes(steps, 20, () => 400);
      minutes(steps, hours * 60 - 10, () => 20);
      return deadmanAfterLoss(steps);
    };
    // 500 Wh x 67 % x 0.9 at 1.25 x 448 W are 1938 s; at 20 W many hours, and 3600 s are the most.
    for (const hours of [1, 5, 22]) expect(await peakAgo(hours)).toBeLessThan(1_700);
    expect(await peakAgo(26)).toBe(3_600);
  },
  faults: {},
};

const meanNotSpike: Promised = {
  name: "a load of two minutes counts as its ten-minute mean once it is over",
  async holds(load) {
    for (let spike = 20; spike < 32; spike++) {
      const steps = await Steps.begin(load);
      minutes(steps, 60, (minute) => (minute === spike || minute === spike + 1 ? 1_000 : 20));
      expect(deadmanAfterLoss(steps)).toBe(3_600);
    }
    const begin = await Steps.begin(load);
    minutes(begin, 60, (minute) => (minute >= 20 && minute < 40 ? 1_000 : 20));
    expect(deadmanAfterLoss(begin)).toBeLessThan(1_000);
  },
  faults: {},
};

/** A slow publisher: a reading every 400 s, and then none. */
async function slowThenSilent(load: Load) {
  const house = await houseOf(load);
  const study = station(house, "Study", 400);
  await house.pass(2_410);
  study.silent = true;
  return house;
}

const silenceIsCapped: Promised = {
  name: "however slow a publisher is, it counts as silent after 900 s, and twice that is an alarm",
  async holds(load) {
    const house = await slowThenSilent(load);
    await house.pass(880);
    expect(house.reading("Study")?.quality).toBe("live");
    await house.pass(20);
    expect(house.reading("Study")?.quality).toBe("held");
    const alarms = () =>
      house.alarms().filter(({ code, heardAt }) => code === "blind-on-mains" && heardAt > 2_400);
    await house.pass(890);
    expect(alarms()).toEqual([]);
    await house.pass(10);
    expect(alarms()).toHaveLength(1);
  },
  faults: {},
};

const deadmanFloor: Promised = {
  name: "an agent is given 20 s of silence at least, however little time the battery has left",
  async holds(load) {
    const house = await houseOf(load, {
      stations: { Study: { capacityWh: 286, dischargeLimitPercent: 10 } },
    });
    const study = station(house, "Study", 5);
    study.more = { out_watts: 120 };
    study.soc = 13;
    await house.pass(60);
    study.grid = false;
    await house.pass(30);
    const onBattery = house.power("pc").filter(({ on_battery }) => on_battery === true);
    expect(onBattery.length).toBeGreaterThan(0);
    expect(new Set(onBattery.map(({ deadman_sec }) => deadman_sec))).toEqual(new Set([20]));
  },
  faults: {},
};

/** Two supplies are needed, A and B. B is silent on mains for `silentSec` when A's return in the countdown is confirmed. */
async function silentSupply(load: Load, silentSec: number) {
  const machine = { ...machineRules, stations: ["A", "B"], minSupplies: 2, delaySec: 120 };
  const steps = await Steps.begin(load, {
    stations: { A: stationRules, B: stationRules },
    machines: { rack: machine },
  });
  const lossAt = 700;
  const returnAt = lossAt + 200;
  while (steps.at < returnAt + 11) {
    const isLost = steps.at >= lossAt && steps.at < returnAt;
    steps.says({ ...(isLost ? lost : onMains), soc: 9 }, "A");
    if (steps.at <= returnAt + 10 - silentSec) steps.says({ ...onMains, soc: 80 }, "B");
    steps.pass(1);
  }
  return steps.commands.map(({ action }) => action);
}

const silentSupplyAges: Promised = {
  name: "a supply that is silent counts as healthy for ten minutes after it was seen up, and no longer",
  async holds(load) {
    const recent = await silentSupply(load, 590);
    expect(recent).toContain("abort");
    const old = await silentSupply(load, 610);
    expect(old).toContain("shutdown");
    expect(old).not.toContain("abort");
  },
  faults: {},
};

const lastOnBatteryStays: Promised = {
  name: "the last on_battery that a machine was sent survives a reboot of the server; null, and what does not reach it, change nothing",
  async holds(load) {
    const steps = await Steps.begin(load);
    const present = (online: boolean) =>
      steps.take({ kind: "presence", machine: "pc", status: { online, boot: "pc-1" }, live: true });
    const last = () => steps.machine()?.lastOnBattery;
    const say = (reading: Partial<StationReading>, count: number) => {
      for (let sample = 0; sample < count; sample++) {
        steps.says({ soc: 80, ...reading });
        steps.pass(5);
      }
    };
    say(onMains, 3);
    expect(last()).toBe(false);
    say(lost, 3);
    expect(last()).toBe(true);
    steps.take({ kind: "start", boot: "b2", sameBoot: false, awayMs: 60_000 });
    expect(last()).toBe(true);
    // Nothing was read since the reboot: on_battery is null.
    present(true);
    steps.pass(5);
    expect(last()).toBe(true);
    present(false);
    say(onMains, 5);
    expect(last()).toBe(true);
    present(true);
    expect(last()).toBe(false);
  },
  faults: {
    "a reboot forgets the last on_battery": {
      file: "core/policy/start.ts",
      find: "    lastOnBattery,\n",
      replace: "",
    },
    "null is stored as the last on_battery": {
      file: "core/policy/presence/wake-list.ts",
      find: "const lastOnBattery = sent ?? machine.lastOnBattery;",
      replace: "const lastOnBattery = isReached ? sent : machine.lastOnBattery;",
    },
    "what does not reach the agent is stored": {
      file: "core/policy/presence/wake-list.ts",
      find: "const isReached = presence.online === true &&",
      replace: "const isReached =",
    },
  },
};

export const supplyPromises: readonly Promised[] = [
  lastOnBatteryStays,
  peakOfADay,
  meanNotSpike,
  silenceIsCapped,
  deadmanFloor,
  silentSupplyAges,
];
