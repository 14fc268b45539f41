/** Promises about what is not known: a supply that is silent, an agent that was said to be offline, a shutdown that did not happen. */
import { expect } from "vitest";
import { Agent } from "../agent.ts";
import { type House, station } from "../house.ts";
import type { Load } from "../planted.ts";
import { houseOf, type Promised } from "./promise.ts";

const supplies = "core/policy/machine/supplies.ts";

const shutdowns = (house: House, machine?: string) =>
  house.commands(machine).filter(({ action }) => action === "shutdown");

/** A rack on Study and Den; both publish their readings, until the story says otherwise. */
async function twoSupplies(load: Load, minSupplies: number) {
  const house = await houseOf(load, {
    stations: { Study: {}, Den: {} },
    machines: { rack: { stations: ["Study", "Den"], minSupplies } },
  });
  const [study, den] = [station(house, "Study"), station(house, "Den")];
  study.soc = 9;
  const rack = new Agent(house, "rack");
  await house.pass(60);
  return { house, study, den, rack };
}

const unknownSupply: Promised = {
  name: "a supply that fell silent on mains counts for ten minutes; after them the other one's outage shuts the machine down",
  async holds(load) {
    const { house, study, den, rack } = await twoSupplies(load, 1);
    await house.pass(700);
    den.silent = true;
    study.grid = false;
    await house.pass(590);
    expect(shutdowns(house), "Den was seen on mains a moment ago").toEqual([]);
    await house.pass(200);
    expect(shutdowns(house).length).toBeGreaterThan(0);
    await house.pass(100);
    expect(rack.record.some((deed) => deed.startsWith("shutdown"))).toBe(true);
    expect(shutdowns(house)[0]?.reason).toContain("Den: grid unknown");
  },
  faults: {
    "an unknown supply is always healthy": {
      file: supplies,
      find: "return tx.at >= since ? since : null;",
      replace: "return null;",
    },
    "a silent supply is unhealthy at once": {
      file: supplies,
      find: "const recentMs = 600_000;",
      replace: "const recentMs = 60_000;",
    },
  },
};

const unheardSupply: Promised = {
  name: "a supply that was never heard counts for bootGraceSec; beside one that is only on battery it shuts nothing down",
  async holds(load) {
    const { house, study, den } = await twoSupplies(load, 1);
    den.silent = true;
    await house.restart({ otherBoot: true });
    await house.pass(300);
    study.grid = false;
    await house.pass(290);
    expect(shutdowns(house)).toEqual([]);
    await house.pass(200);
    expect(shutdowns(house).length).toBeGreaterThan(0);

    const calm = await twoSupplies(load, 2);
    calm.study.soc = 80;
    calm.den.silent = true;
    await calm.house.restart({ otherBoot: true });
    await calm.house.pass(60);
    calm.study.grid = false;
    await calm.house.pass(1_500);
    expect(calm.house.commands()).toEqual([]);
  },
  faults: {
    "what was never heard is healthy": {
      file: supplies,
      find: "upAt === null ? Number.NEGATIVE_INFINITY : upAt + recentMs",
      replace: "upAt === null ? Number.POSITIVE_INFINITY : upAt + recentMs",
    },
    "an unknown supply is a ground of its own": {
      file: "core/policy/machine/causes.ts",
      find: "if (known.length === 0) return [];",
      replace: "",
    },
    "no station gets time to report after a start": {
      file: supplies,
      find: "tx.state.startedAt + graceSec * 1000",
      replace: "0",
    },
  },
};

const silentForAbort: Promised = {
  name: "a supply that fell silent on mains minutes ago lets an abort go out when the other one's grid is back",
  async holds(load) {
    const { house, study, den, rack } = await twoSupplies(load, 2);
    study.grid = false;
    den.silent = true;
    await house.pass(205);
    expect(shutdowns(house).length).toBeGreaterThan(0);
    study.grid = true;
    await house.pass(40);
    expect(rack.record.some((deed) => deed.startsWith("aborted"))).toBe(true);
  },
  faults: {
    "a silent supply whose verdict is unknown was not up": {
      file: supplies,
      find: "return !up && !notUp && outage === null",
      replace: 'return tx.station(id).verdict === "present" && !up && !notUp && outage === null',
    },
  },
};

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

export const doubtPromises: readonly Promised[] = [
  unknownSupply,
  unheardSupply,
  silentForAbort,
  doubtedOnce,
  offAllWeek,
  exitCodeIsNoFact,
  anotherOutage,
];
