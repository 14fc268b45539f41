/** Agents that are away or mute, readings that lie or come from the past, and houses with two stations. */
import { describe, expect, it } from "vitest";
import { Agent } from "../agent.ts";
import { House, onBattery, station } from "../house.ts";

const shutdowns = (house: House, machine?: string) =>
  house.commands(machine).filter(({ action }) => action === "shutdown");

describe("the alarms that stand in the server's status", () => {
  const standing = (house: House) =>
    house
      .of<{ alarms?: string[] }>("orchestrator")
      .at(-1)
      ?.alarms?.filter((code) => code.startsWith("blind"));

  it("are told by station: heard again, one of two leaves the other's alarm standing", async () => {
    const house = await House.open({
      stations: { Study: {}, Den: {} },
      machines: { pc: { stations: ["Study"], socPercent: 10 }, nas: { stations: ["Den"], socPercent: 10 } },
    });
    const study = station(house, "Study");
    const den = station(house, "Den");
    await house.pass(60);
    expect(standing(house)).toEqual([]);
    study.silent = true;
    den.silent = true;
    await house.pass(180);
    expect(standing(house)).toEqual(["blind-on-mains"]);
    study.silent = false;
    await house.pass(700);
    expect(house.events().some(({ type, station }) => type === "alarm-over" && station === "Study")).toBe(
      true,
    );
    expect(standing(house)).toEqual(["blind-on-mains"]);
    den.silent = false;
    await house.pass(700);
    expect(standing(house)).toEqual([]);
  });

  it("a silence that turns out to be one on battery takes the other's place", async () => {
    const house = await House.open();
    const study = station(house);
    await house.pass(60);
    study.silent = true;
    await house.pass(180);
    house.says("Study", onBattery(80));
    await house.pass(3);
    house.says("Study", onBattery(80));
    await house.pass(200);
    expect(standing(house)).toEqual(["blind-on-battery"]);
  });
});

describe("agents", () => {
  it("offline at the command and back a minute later: it gets the command at once", async () => {
    const house = await House.open();
    const study = station(house);
    const pc = new Agent(house, "pc");
    await house.pass(60);
    study.grid = false;
    study.soc = 9;
    await house.pass(170);
    pc.goesOffline();
    await house.pass(70);
    expect(shutdowns(house).length).toBeGreaterThan(0);
    expect(pc.phase).toBe("idle");
    pc.comesBack();
    await house.pass(2);
    expect(pc.phase).toBe("delay");
    await house.pass(120);
    expect(pc.phase).toBe("off");
  });

  it("that appear while the grid is back but not yet confirmed are not sent down", async () => {
    const house = await House.open();
    const study = station(house, "Study", 5);
    study.soc = 9;
    const pc = new Agent(house, "pc");
    await house.pass(60);
    study.grid = false;
    await house.pass(170);
    pc.goesOffline();
    await house.pass(60);
    expect(shutdowns(house).length).toBeGreaterThan(0);
    study.grid = true;
    await house.pass(6);
    const before = shutdowns(house).length;
    pc.comesBack();
    await house.pass(3);
    expect(shutdowns(house)).toHaveLength(before);
    study.grid = false;
    await house.pass(20);
    expect(shutdowns(house).length).toBeGreaterThan(before);
    expect(pc.phase).not.toBe("idle");
  });

  it("never seen (S30): a shutdown once, and again only after the cooldown", async () => {
    const house = await House.open({ policy: { cooldownSec: 300 } });
    const study = station(house);
    study.soc = 9;
    await house.pass(60);
    study.grid = false;
    await house.pass(200);
    expect(shutdowns(house)).toHaveLength(1);
    await house.pass(200);
    expect(shutdowns(house)).toHaveLength(1);
    expect(house.alarms().some(({ machine }) => machine === "pc")).toBe(true);
  });

  it("that do not answer are told again, and an alarm says so", async () => {
    const house = await House.open();
    const study = station(house);
    const pc = new Agent(house, "pc");
    await house.pass(60);
    pc.deaf = true;
    study.grid = false;
    study.soc = 9;
    await house.pass(240);
    const sent = shutdowns(house);
    expect(sent.length).toBeGreaterThan(4);
    expect(new Set(sent.map(({ id, seq }) => `${id} ${seq}`)).size).toBe(1);
    expect(new Set(sent.map(({ issued_at }) => issued_at)).size).toBe(sent.length);
    expect(house.alarms().some(({ code }) => code === "no-acknowledgement")).toBe(true);
  });

  it("with a key get signed commands and signed words", async () => {
    const house = await House.open({ machines: { pc: { key: "a key of the house" } } });
    station(house);
    await house.pass(20);
    expect(house.power("pc").at(-1)?.sig).toMatch(/^[0-9a-f]{64}$/);
    house.status("pc", { online: true, boot: "b", state: "idle" });
    await house.pass(2);
    // An unsigned status is nobody's: the machine counts as never seen.
    expect(house.plans("pc").at(-1)?.state).toBe("watching");
  });

  it("that the broker says were there are asked: a kept status is last known, a pong is presence (S28)", async () => {
    const house = await House.open({ machines: { pc: {}, nas: {} } });
    house.status("pc", { online: true, boot: "pc-1", state: "idle" }, true);
    house.status("nas", { online: false }, true);
    house.status("stranger", { online: true }, true);
    await house.pass(2);
    expect(house.commands("pc")).toMatchObject([{ action: "ping" }]);
    expect(house.commands("nas")).toEqual([]);
    expect(house.commands("stranger")).toEqual([]);
    house.status("nas", { online: true, boot: "nas-1", state: "idle" }, true);
    await house.pass(2);
    expect(house.commands().map(({ id }) => id.split("-")[1])).toEqual(["pc", "nas"]);
  });

  it("hear their power every 15 s, and every 5 s on battery", async () => {
    const house = await House.open();
    const study = station(house, "Study", 5);
    await house.pass(60);
    const calm = house.power("pc").filter(({ heardAt }) => heardAt > 20);
    expect(calm.length).toBeGreaterThanOrEqual(2);
    expect(calm.at(-1)?.on_battery).toBe(false);
    study.grid = false;
    await house.pass(60);
    const busy = house.power("pc").filter(({ heardAt }) => heardAt > 80);
    expect(busy.at(-1)?.on_battery).toBe(true);
    expect(busy.length).toBeGreaterThanOrEqual(7);
    const seqs = house.power("pc").map(({ seq }) => seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    // Agents with a key read the epoch back from it (E24).
    expect(new Set(seqs.map((seq) => Math.floor(seq / 10_000_000)))).toEqual(new Set([1]));
  });
});

describe("readings", () => {
  it("a first frame without SoC: the grid is known, the charge is not, and an alarm says so before anything goes", async () => {
    const house = await House.open();
    house.each(10, () => house.says("Study", { soc: null, grid_connected: false }));
    await house.pass(300);
    expect(house.reading("Study")?.soc).toBeNull();
    expect(house.reading("Study")?.grid).toBe("lost");
    expect(house.alarms().map(({ code }) => code)).toContain("charge-unknown");
    expect(house.commands()).toEqual([]);
  });

  it("two words of somebody else within a blink are one (S27), also where the battery is small and nearly empty", async () => {
    const house = await House.open({ stations: { Study: { capacityWh: 286, dischargeLimitPercent: 10 } } });
    const study = station(house, "Study", 5);
    study.soc = 14;
    new Agent(house, "pc");
    await house.pass(30);
    house.says("Study", onBattery(14));
    house.says("Study", onBattery(14));
    await house.pass(4);
    expect(house.events().filter(({ type }) => type === "timer-start")).toEqual([]);
    expect(house.reading("Study")?.carried_by).not.toBe("battery");
    await house.pass(600);
    expect(house.commands()).toEqual([]);
  });

  it("a single word of somebody else, and then silence, is no outage (S27)", async () => {
    const house = await House.open({ stations: { Study: { capacityWh: 286, dischargeLimitPercent: 10 } } });
    new Agent(house, "pc");
    house.says("Study", onBattery(5));
    await house.pass(1_200);
    expect(house.commands()).toEqual([]);
  });

  it("an old retained reading starts nothing (S28)", async () => {
    const house = await House.open();
    new Agent(house, "pc");
    house.says("Study", onBattery(3), true);
    await house.pass(1_200);
    expect(house.commands()).toEqual([]);
    expect(house.reading("Study")?.grid ?? "unknown").toBe("unknown");
  });

  it("one bad zero in an outage (S18): nobody goes at 80 %", async () => {
    const house = await House.open();
    const study = station(house);
    new Agent(house, "pc");
    await house.pass(60);
    study.grid = false;
    await house.pass(60);
    house.says("Study", onBattery(0));
    await house.pass(400);
    expect(house.commands()).toEqual([]);
    expect(house.reading("Study")?.soc).toBe(80);
  });

  it("a doubtful SoC holds back no grid: 255 % and a lost mains is a lost mains", async () => {
    const house = await House.open();
    house.each(5, () => house.says("Study", { soc: 255, grid_connected: false }));
    await house.pass(30);
    expect(house.reading("Study")?.grid).toBe("lost");
    expect(house.reading("Study")?.soc).toBeNull();
  });

  it("a foreign word about a station that hangs on nobody starts nothing", async () => {
    const house = await House.open();
    house.each(5, () => house.says("Garage", onBattery(1)));
    await house.pass(600);
    expect(house.commands()).toEqual([]);
    expect(house.reading("Garage")).toBeUndefined();
  });
});

describe("two stations", () => {
  it("of which one loses the mains: the other's machines hear nothing", async () => {
    const house = await House.open({
      stations: { A: {}, B: {} },
      machines: { pc: { stations: ["A"], minSupplies: 1 }, nas: { stations: ["B"], minSupplies: 1 } },
    });
    const a = station(house, "A");
    station(house, "B");
    new Agent(house, "pc");
    new Agent(house, "nas");
    await house.pass(60);
    a.grid = false;
    a.soc = 9;
    await house.pass(400);
    expect(shutdowns(house, "pc").length).toBeGreaterThan(0);
    expect(house.commands("nas")).toEqual([]);
  });

  it("of one machine, as an .env has it: either one puts it down, the other's return does not save it", async () => {
    const house = await House.open({
      stations: { A: {}, B: {} },
      machines: { rack: { stations: ["A", "B"], minSupplies: 2 } },
    });
    const a = station(house, "A");
    const b = station(house, "B");
    const rack = new Agent(house, "rack");
    await house.pass(60);
    a.grid = false;
    b.grid = false;
    a.soc = 9;
    await house.pass(210);
    expect(rack.phase).toBe("delay");
    b.grid = true;
    await house.pass(120);
    expect(rack.phase).toBe("off");
    expect(house.commands("rack").every(({ action }) => action === "shutdown")).toBe(true);
  });

  it("with minSupplies 1: one of two may be empty", async () => {
    const house = await House.open({
      stations: { A: {}, B: {} },
      machines: { rack: { stations: ["A", "B"], minSupplies: 1 } },
    });
    const a = station(house, "A");
    station(house, "B");
    new Agent(house, "rack");
    await house.pass(60);
    a.grid = false;
    a.soc = 5;
    await house.pass(900);
    expect(house.commands("rack")).toEqual([]);
  });
});
