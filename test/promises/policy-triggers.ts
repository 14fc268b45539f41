/** Promises of the triggers: what arms them, what disarms them, and what an urgent command needs. */
import { expect } from "vitest";
import { Agent } from "../agent.ts";
import { onBattery, station } from "../house.ts";
import { machineRules } from "../properties/policy-samples.ts";
import { houseOf, type Promised } from "./promise.ts";
import { Steps } from "./steps.ts";

const stretchesSum: Promised = {
  name: "time on battery sums over all stretches of one outage: three of 130 s meet a limit of 300 s",
  async holds(load) {
    const house = await houseOf(load, {
      machines: { pc: { onBatterySec: 300 } },
      policy: { debounceSec: 10 },
    });
    const study = station(house, "Study", 2);
    new Agent(house, "pc");
    await house.pass(60);
    for (let stretch = 0; stretch < 3; stretch++) {
      study.grid = false;
      await house.pass(130);
      expect(house.commands().length > 0).toBe(stretch === 2);
      study.grid = true;
      await house.pass(60);
    }
    // The third stretch begins at 440 s, and the limit is met 40 s later.
    const first = house.events().find(({ type }) => type === "timer-start")?.heardAt ?? Number.NaN;
    expect(Math.abs(first - 480)).toBeLessThanOrEqual(8);
  },
  faults: {},
};

const newOutageBeginsAtZero: Promised = {
  name: "time on battery is counted in one outage: after its end the next one begins at zero",
  async holds(load) {
    const house = await houseOf(load, {
      machines: { pc: { onBatterySec: 300 } },
      policy: { debounceSec: 10 },
    });
    const study = station(house, "Study", 5);
    for (let outage = 0; outage < 2; outage++) {
      await house.pass(330);
      study.grid = false;
      await house.pass(200);
      study.grid = true;
    }
    await house.pass(60);
    expect(house.events().filter(({ type }) => type === "outage-began")).toHaveLength(2);
    expect(house.events().filter(({ type }) => type === "timer-start")).toEqual([]);
  },
  faults: {},
};

const storedArmsNothing: Promised = {
  name: "a charge from before a start arms nothing: the first sample after it decides",
  async holds(load) {
    const house = await houseOf(load);
    const study = station(house);
    new Agent(house, "pc");
    await house.pass(60);
    study.grid = false;
    study.soc = 19;
    await house.pass(120);
    study.silent = true;
    // The threshold is raised, and the charge too, while the server does not run.
    Object.assign(house.plan.rules.machines["pc"] ?? {}, { socPercent: 20 });
    await house.restart({ awaySec: 5 });
    study.soc = 22;
    await house.pass(8);
    study.silent = false;
    await house.pass(400);
    expect(house.reading("Study")).toMatchObject({ soc: 22, grid: "lost" });
    expect(house.commands()).toEqual([]);
  },
  faults: {},
};

const shortGainArms: Promised = {
  name: "a station that has gained charge for less than five minutes arms its SoC trigger all the same",
  async holds(load) {
    const steps = await Steps.begin(load);
    steps.onMains({ soc: 9 });
    for (let second = 0; second < 230; second += 10) {
      steps.pass(10);
      steps.onBattery({ soc: 9, charging: true });
    }
    expect(steps.commands.map(({ action }) => action)).toContain("shutdown");
  },
  faults: {},
};

const longGainArmsNothing: Promised = {
  name: "a station that has gained charge for five minutes arms no SoC trigger; when it gains no more, it does",
  async holds(load) {
    const steps = await Steps.begin(load);
    for (let second = 0; second < 320; second += 10) {
      steps.pass(10);
      steps.onMains({ soc: 9, charging: true });
    }
    for (let second = 0; second < 600; second += 10) {
      steps.pass(10);
      steps.onBattery({ soc: 9, charging: true });
    }
    expect(steps.commands).toEqual([]);
    for (let second = 0; second < 200; second += 10) {
      steps.pass(10);
      steps.onBattery({ soc: 9, charging: false });
    }
    expect(steps.commands.map(({ action }) => action)).toContain("shutdown");
  },
  faults: {},
};

const urgentNeedsAgreement: Promised = {
  name: "an urgent command needs two charges that agree: a first charge after samples without one is a single one",
  async holds(load) {
    const house = await houseOf(load, {
      stations: { Study: { capacityWh: 286, dischargeLimitPercent: 10 } },
    });
    new Agent(house, "pc");
    for (let sample = 0; sample < 4; sample++) {
      house.says("Study", { ...onBattery(0), soc: null });
      await house.pass(4);
    }
    house.says("Study", { ...onBattery(12), out_watts: 120 });
    await house.pass(4);
    expect(house.commands()).toEqual([]);
    house.says("Study", { ...onBattery(12), out_watts: 121 });
    await house.pass(2);
    expect(house.commands("pc")[0]).toMatchObject({ action: "shutdown" });
  },
  faults: {},
};

const clearCountIsUnbroken: Promised = {
  name: "a countdown without a cause ends after 60 s without one: a cause in between begins the 60 s again",
  async holds(load) {
    const steps = await Steps.begin(load);
    steps.onMains();
    // Two charges of 9 % agree and arm the trigger; 80 % right after them shows that they were wrong.
    const charges: Record<number, number> = { 10: 9, 20: 9, 60: 9, 70: 9 };
    for (let second = 0; second < 150; second += 10) {
      steps.onBattery({ soc: charges[second] ?? 80 });
      steps.pass(10);
    }
    expect(steps.commands).toEqual([]);
    expect(steps.events("timer-start").map(({ second }) => second)).toEqual([20]);
    const [cancelled] = steps.events("timer-cancelled");
    expect(cancelled?.second).toBe(140);
  },
  faults: {},
};

const runtimeClearIsUnbroken: Promised = {
  name: "a runtime disarms after 60 s above its margin: a lower one in between begins the 60 s again",
  async holds(load) {
    const steps = await Steps.begin(load, { machines: { pc: { ...machineRules, runtimeSec: 600 } } });
    steps.onMains({ runtime_sec: null });
    steps.pass(30);
    for (const runtime of [500, 500, 1_000, 700, 1_000, 700, 700]) {
      steps.onBattery({ runtime_sec: runtime, out_watts: 20 });
      steps.pass(30);
    }
    steps.pass(5);
    expect(steps.events("timer-cancelled")).toEqual([]);
    expect(steps.commands.map(({ action }) => action)).toContain("shutdown");
  },
  faults: {},
};

export const triggerPromises: readonly Promised[] = [
  stretchesSum,
  newOutageBeginsAtZero,
  storedArmsNothing,
  shortGainArms,
  longGainArmsNothing,
  urgentNeedsAgreement,
  clearCountIsUnbroken,
  runtimeClearIsUnbroken,
];
