/** Outages as the owner of a home lab meets them. Readings come in the original's JSON, agents obey. */
import { describe, expect, it } from "vitest";
import { Agent } from "../agent.ts";
import { House, onBattery, onMains, station } from "../house.ts";

const shutdowns = (house: House, machine?: string) =>
  house.commands(machine).filter(({ action }) => action === "shutdown");
const aborts = (house: House, machine?: string) =>
  house.commands(machine).filter(({ action }) => action === "abort");

describe("an outage", () => {
  it("a long outage: the machine goes down once, after the debounce, and is proven absent", async () => {
    const house = await House.open();
    const study = station(house);
    const pc = new Agent(house, "pc");
    await house.pass(60);
    study.grid = false;
    await house.pass(600);
    expect(house.commands()).toEqual([]);
    // A minute for each percent: no leap that a filter would doubt.
    const fall = house.each(60, () => {
      study.soc = Math.max(10, study.soc - 7);
    });
    await house.pass(600);
    fall();
    const armed = house.events().find(({ type }) => type === "timer-start")?.heardAt ?? Number.NaN;
    await house.pass(armed + 165 - house.seconds);
    expect(house.commands()).toEqual([]);
    await house.pass(10);
    expect(new Set(shutdowns(house).map(({ id }) => id)).size).toBe(1);
    await house.pass(200);
    expect(pc.phase).toBe("off");
    expect(pc.record.filter((line) => line.startsWith("shutdown"))).toHaveLength(1);
    expect(house.plans("pc").at(-1)?.state).toBe("down");
    const reason = shutdowns(house)[0]?.reason ?? "";
    expect(reason).toMatch(/soc 10 % <= 1\d %.*on battery \d+ s/);
  });

  it("a blip shorter than the debounce: nothing goes out on the wire", async () => {
    const house = await House.open();
    const study = station(house);
    new Agent(house, "pc");
    study.soc = 9;
    await house.pass(60);
    study.grid = false;
    await house.pass(120);
    study.grid = true;
    await house.pass(900);
    expect(house.commands()).toEqual([]);
    expect(house.plans("pc").at(-1)?.state).toBe("watching");
  });

  it("telemetry every 61 s: the shutdown comes all the same", async () => {
    const house = await House.open();
    const study = station(house, "Study", 61);
    const pc = new Agent(house, "pc");
    await house.pass(300);
    study.grid = false;
    study.soc = 5;
    await house.pass(600);
    expect(pc.phase).toBe("off");
    expect(house.alarms().filter(({ code }) => code?.startsWith("blind"))).toEqual([]);
  });

  it("silence on battery (the router dies with the grid): projected, and acted on in time", async () => {
    const house = await House.open({
      stations: { Study: { capacityWh: 286, dischargeLimitPercent: 10, assumedLoadWatts: 120 } },
    });
    const study = station(house);
    new Agent(house, "pc");
    await house.pass(60);
    study.grid = false;
    study.soc = 60;
    await house.pass(60);
    study.silent = true;
    // 286 Wh × (60 − 10 − 3) % × 0.9 at the assumed 120 W is an hour; half of it, and no later (S6).
    await house.pass(2_400);
    expect(shutdowns(house).length).toBeGreaterThan(0);
    const { heardAt } = shutdowns(house)[0] as { heardAt: number };
    expect(heardAt).toBeGreaterThan(120 + 1_500);
    expect(heardAt).toBeLessThan(120 + 1_820);
  });

  it("silence on mains: an alarm, and no shutdown, however long it lasts", async () => {
    const house = await House.open();
    const study = station(house);
    new Agent(house, "pc");
    await house.pass(60);
    study.silent = true;
    await house.pass(6 * 3_600);
    expect(house.commands()).toEqual([]);
    expect(house.alarms().filter(({ code }) => code === "blind-on-mains")).toHaveLength(1);
  });

  it("10 and 11 % alternating on battery: the debounce runs on", async () => {
    const house = await House.open();
    const study = station(house);
    const pc = new Agent(house, "pc");
    await house.pass(60);
    study.grid = false;
    house.each(20, () => {
      study.soc = study.soc === 10 ? 11 : 10;
    });
    await house.pass(500);
    expect(pc.phase).toBe("off");
  });
});

describe("the grid comes back", () => {
  async function outageAt9(policy = {}) {
    const house = await House.open({ policy });
    const study = station(house);
    study.soc = 9;
    const pc = new Agent(house, "pc");
    await house.pass(60);
    study.grid = false;
    return { house, study, pc };
  }

  it("before the command: nothing was sent, nothing is undone", async () => {
    const { house, study } = await outageAt9();
    await house.pass(175);
    study.grid = true;
    await house.pass(600);
    expect(house.commands()).toEqual([]);
  });

  it("after the command, in its delay: the abort is delivered and acknowledged, the machine stays", async () => {
    const { house, study, pc } = await outageAt9();
    await house.pass(200);
    expect(shutdowns(house).length).toBeGreaterThan(0);
    study.grid = true;
    await house.pass(40);
    expect(aborts(house).length).toBeGreaterThan(0);
    expect(pc.phase).toBe("idle");
    await house.pass(600);
    expect(house.plans("pc").at(-1)?.state).toBe("watching");
    expect(pc.record.filter((line) => line.startsWith("shutdown"))).toEqual([]);
  });

  it("one sample of power is no return (S10): a recloser's three seconds abort nothing", async () => {
    const { house, study, pc } = await outageAt9();
    await house.pass(200);
    house.says("Study", onMains(9));
    await house.pass(3);
    study.grid = false;
    house.says("Study", onBattery(9));
    await house.pass(120);
    expect(aborts(house)).toEqual([]);
    expect(pc.phase).not.toBe("idle");
  });

  it("after the point of no return: the machine completes", async () => {
    const { house, study, pc } = await outageAt9();
    await house.pass(262);
    expect(pc.phase).toBe("shutting_down");
    study.grid = true;
    await house.pass(60);
    expect(pc.phase).toBe("off");
    expect(house.plans("pc").at(-1)?.state).toBe("down");
  });

  it("falls again after an abort (S11): commanded at once, no second debounce", async () => {
    const { house, study } = await outageAt9();
    await house.pass(200);
    study.grid = true;
    await house.pass(40);
    expect(aborts(house).length).toBeGreaterThan(0);
    study.grid = false;
    const before = house.seconds;
    await house.pass(30);
    const again = shutdowns(house).filter(({ heardAt }) => heardAt > before);
    expect(again.length).toBeGreaterThan(0);
  });
});
