/** Promises about a machine of which is not known whether it is up: said to be offline, said to go down, cut off. */
import { expect } from "vitest";
import { Agent } from "../agent.ts";
import { type House, station } from "../house.ts";
import type { Load } from "../planted.ts";
import { houseOf, type Promised } from "./promise.ts";

const shutdowns = (house: House, machine?: string) =>
  house.commands(machine).filter(({ action }) => action === "shutdown");

const guards = "core/policy/machine/guards.ts";

const doubtedOnce: Promised = {
  name: "an agent of which one message said offline, 320 s before the outage, is commanded and goes down",
  async holds(load) {
    const house = await houseOf(load);
    const study = station(house);
    study.soc = 9;
    const pc = new Agent(house, "pc");
    await house.pass(60);
    house.status("pc", { online: false });
    await house.pass(320);
    study.grid = false;
    await house.pass(300);
    expect(pc.record.some((deed) => deed.startsWith("shutdown"))).toBe(true);
    expect(house.alarms()).toEqual([]);
  },
  faults: {
    "who is said to be offline is not commanded": {
      file: guards,
      find: "wantsDown(c) && !isGivenUp(c)",
      replace: "wantsDown(c) && c.tx.machine(c.id).presence.online !== false",
    },
  },
};

const offAllWeek: Promised = {
  name: "a machine that was off before the outage is asked, without an alarm, and is left alone when it boots on good mains",
  async holds(load) {
    const house = await houseOf(load);
    const study = station(house);
    study.soc = 9;
    const pc = new Agent(house, "pc", { stopSec: 5 });
    await house.pass(60);
    pc.goesOffline();
    pc.deaf = true;
    await house.pass(400);
    study.grid = false;
    await house.pass(1_500);
    expect(shutdowns(house).length).toBeGreaterThan(0);
    expect(new Set(shutdowns(house).map(({ id }) => id)).size, "asked once, and given up").toBe(1);
    study.grid = true;
    await house.pass(20);
    pc.comesBack();
    await house.pass(900);
    expect(pc.record).toEqual([]);
    expect(house.alarms()).toEqual([]);
  },
  faults: {
    "that nobody answers is an alarm": {
      file: "core/policy/machine/transitions.ts",
      find: "guards.isTimeUpAsExpected",
      replace: "() => false",
    },
    "it is asked again and again": {
      file: guards,
      find: "wantsDown(c) && !isGivenUp(c)",
      replace: "wantsDown(c)",
    },
  },
};

/** pc says that it goes down, and stays up: its agent reports the shutdown and stays connected. */
async function staysUp(load: Load) {
  const house = await houseOf(load);
  const study = station(house);
  study.soc = 9;
  house.status("pc", { online: true, boot: "pc-1", state: "idle" });
  await house.pass(60);
  const say = () => {
    const id = house.commands("pc").at(-1)?.id ?? "";
    house.ack("pc", { id, phase: "shutting_down" });
    house.status("pc", { online: true, boot: "pc-1", state: "shutting_down", command: id });
  };
  house.listen(({ key, payload }) => {
    if (key === "command" && (payload as { action: string }).action === "shutdown") say();
  });
  study.grid = false;
  await house.pass(210);
  return { house, study };
}

const seqs = (house: House) => new Set(shutdowns(house).map(({ seq }) => seq)).size;

const exitCodeIsNoFact: Promised = {
  name: "a machine that said it goes down and stays up gets a new command 1.5 x stopSec later, and after the outage it is watched",
  async holds(load) {
    const { house, study } = await staysUp(load);
    expect(seqs(house)).toBe(1);
    study.grid = true;
    await house.pass(30);
    study.grid = false;
    await house.pass(170);
    expect(seqs(house), "stopSec is 120 s").toBe(2);
    expect(house.alarms().map(({ code }) => code)).toEqual(["late"]);
    study.grid = true;
    await house.pass(500);
    expect(house.plans("pc").at(-1)?.state).toBe("watching");
    expect(house.standing()).toEqual([]);
    study.grid = false;
    await house.pass(200);
    expect(seqs(house), "the next outage").toBe(3);
  },
  faults: {
    "who said that it goes down is not commanded again": {
      file: guards,
      find: 'export const hasToGoStill = (c: Look<"late">): boolean => wantsDown(c) && isOnline(c);',
      replace: 'export const hasToGoStill = (_: Look<"late">): boolean => false;',
    },
    "late stays late": {
      file: guards,
      find: "isOnline(c) && !inOutage(c.tx, c.rules);",
      replace: "isOnline(c) && inOutage(c.tx, c.rules) && !inOutage(c.tx, c.rules);",
    },
  },
};

const anotherOutage: Promised = {
  name: "another outage is a new one for a machine that reports its shutdown of the outage before: it is commanded after the debounce",
  async holds(load) {
    const house = await houseOf(load, { machines: { pc: { stopSec: 600 } } });
    const study = station(house);
    study.soc = 9;
    house.status("pc", { online: true, boot: "pc-1", state: "idle" });
    await house.pass(60);
    study.grid = false;
    await house.pass(210);
    house.ack("pc", { id: house.commands("pc").at(-1)?.id ?? "", phase: "shutting_down" });
    await house.pass(200);
    study.grid = true;
    await house.pass(330);
    expect(seqs(house)).toBe(1);
    study.grid = false;
    await house.pass(200);
    expect(seqs(house)).toBe(2);
  },
  faults: {
    "a shutdown of any outage counts as one of this outage": {
      file: guards,
      find: "return inOutage(tx, rules) && rules.stations",
      replace: "return !inOutage(tx, rules) && rules.stations",
    },
    "each second is another outage": {
      file: guards,
      find: "tx.station(id).outage !== outage)",
      replace: "tx.station(id).outage === outage)",
    },
  },
};

const deadmanAssumed: Promised = {
  name: "a machine that was cut off on battery is taken for down when its dead-man and its own time are over, whatever the grid is then",
  async holds(load) {
    const house = await houseOf(load);
    const study = station(house);
    const pc = new Agent(house, "pc");
    await house.pass(60);
    study.grid = false;
    await house.pass(60);
    const { deadman_sec: deadmanSec, on_battery: onBatteryThen } = house.power("pc").at(-1) ?? {};
    expect({ deadmanSec, onBatteryThen }).toEqual({ deadmanSec: 300, onBatteryThen: true });
    pc.goesOffline();
    study.grid = true;
    await house.pass(300 + 180 - 20);
    expect(house.plans("pc").at(-1)?.state).toBe("watching");
    await house.pass(40);
    expect(house.plans("pc").at(-1)).toMatchObject({
      state: "unknown",
      reason: expect.stringContaining("dead-man"),
    });
    expect(house.alarms()).toEqual([]);
    pc.comesBack();
    await house.pass(10);
    expect(house.plans("pc").at(-1)?.state).toBe("watching");
  },
  faults: {
    "nothing is assumed": {
      file: "core/policy/presence/deadman.ts",
      find: "return since !== null && tx.at - since >=",
      replace: "return since === null && tx.at >=",
    },
    "its own time does not count": {
      file: "core/policy/presence/deadman.ts",
      find: "(lastDeadmanSec + ownSec(rules)) * 1000",
      replace: "(lastDeadmanSec + 0 * ownSec(rules)) * 1000",
    },
    "on good mains nobody looks": {
      file: guards,
      find: "if (isCutOffOnBattery(machine)) return false;",
      replace: "",
    },
  },
};

export const doubtPromises: readonly Promised[] = [
  doubtedOnce,
  offAllWeek,
  exitCodeIsNoFact,
  anotherOutage,
  deadmanAssumed,
];
