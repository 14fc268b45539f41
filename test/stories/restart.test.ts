/** The process, the machine it runs on, its disk and its memory fail: the outcome must not. */
import { describe, expect, it } from "vitest";
import { memoryStore, type StateStore } from "../../src/io/sqlite.ts";
import { Agent } from "../agent.ts";
import { House, onBattery, onMains } from "../house.ts";

function station(house: House, device = "Study", every = 10) {
  const now = { soc: 80, grid: true, silent: false };
  house.each(every, () => {
    if (!now.silent) house.says(device, now.grid ? onMains(now.soc) : onBattery(now.soc));
  });
  return now;
}

const kinds = (house: House, machine?: string) => house.commands(machine).map(({ action }) => action);

describe("a restart", () => {
  it("in the debounce: the time that has passed counts", async () => {
    const house = await House.open();
    const study = station(house);
    study.soc = 9;
    new Agent(house, "pc");
    await house.pass(60);
    study.grid = false;
    await house.pass(150);
    expect(house.commands()).toEqual([]);
    await house.restart({ awaySec: 5 });
    await house.pass(60);
    expect(kinds(house)).toContain("shutdown");
  });

  it("killed between command and return: the abort still comes", async () => {
    const house = await House.open();
    const study = station(house);
    study.soc = 9;
    const pc = new Agent(house, "pc");
    await house.pass(60);
    study.grid = false;
    await house.pass(205);
    expect(kinds(house)).toContain("shutdown");
    await house.restart({ awaySec: 3 });
    study.grid = true;
    await house.pass(40);
    expect(kinds(house)).toContain("abort");
    expect(pc.phase).toBe("idle");
  });

  it("the boot latch (S1): the mains is back when the server boots, and nothing is commanded", async () => {
    const house = await House.open();
    const study = station(house);
    study.soc = 9;
    new Agent(house, "pc");
    await house.pass(60);
    study.grid = false;
    await house.pass(205);
    const before = house.commands().length;
    expect(before).toBeGreaterThan(0);
    study.silent = true;
    await house.restart({ awaySec: 36_000, otherBoot: true });
    await house.pass(3_600);
    expect(house.commands()).toHaveLength(before);
    expect(house.alarms().some(({ code }) => code === "no-reading-since-start")).toBe(true);
    study.silent = false;
    study.grid = true;
    await house.pass(600);
    expect(house.commands()).toHaveLength(before);
  });

  it("a stop of eleven minutes in the same boot is history too (S1)", async () => {
    const house = await House.open();
    const study = station(house);
    study.soc = 9;
    await house.pass(60);
    study.grid = false;
    await house.pass(100);
    study.silent = true;
    await house.restart({ awaySec: 660 });
    await house.pass(900);
    expect(house.commands()).toEqual([]);
  });

  it("a lost database (R7): the agent's refusal tells the epoch, and the shutdown comes at once", async () => {
    const house = await House.open();
    const study = station(house);
    study.soc = 9;
    const pc = new Agent(house, "pc");
    await house.pass(60);
    study.grid = false;
    await house.pass(205);
    study.grid = true;
    await house.pass(40);
    expect(pc.phase).toBe("idle");
    await house.pass(600);
    for (let start = 0; start < 2; start++) await house.restart({ awaySec: 1 });
    await house.restart({ awaySec: 1, loseStore: true });
    study.grid = false;
    await house.pass(320);
    expect(pc.phase).toBe("off");
  });
});

describe("the disk", () => {
  /** A disk whose writes never end, until it is told to go on. */
  function hangingStore() {
    const inner = memoryStore();
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let hangs = false;
    const store: StateStore = {
      ...inner,
      async save(key, text) {
        if (hangs) await gate;
        await inner.save(key, text);
      },
    };
    return { store, hang: () => (hangs = true), release };
  }

  it("hangs (R5): the effect waits half a second for it and no longer, and the alarm stands", async () => {
    const { store, hang, release } = hangingStore();
    const house = await House.open({ store });
    const study = station(house);
    study.soc = 9;
    new Agent(house, "pc");
    await house.pass(60);
    study.grid = false;
    await house.pass(100);
    hang();
    await house.pass(130);
    expect(kinds(house)).toContain("shutdown");
    expect(house.alarms().some(({ code }) => code === "state-not-durable")).toBe(true);
    release();
    await house.pass(5);
    expect(
      house.events().some(({ type, code }) => type === "alarm-over" && code === "state-not-durable"),
    ).toBe(true);
  });
});

describe("kill -9 at every write and every publish", () => {
  /** A store that dies with the process at the n-th write, before or after it reached the disk. */
  function mortal(dieAt: number, when: "before" | "after") {
    let writes = 0;
    let dead = false;
    const disk = memoryStore();
    const store: StateStore = {
      ...disk,
      async save(key, text) {
        if (dead) return new Promise(() => {});
        writes += 1;
        if (writes === dieAt && when === "before") {
          dead = true;
          return new Promise(() => {});
        }
        await disk.save(key, text);
        if (writes === dieAt) {
          dead = true;
          return new Promise(() => {});
        }
        return undefined;
      },
    };
    return { store, disk, isDead: () => dead, writes: () => writes };
  }

  /** Outage at 60 s, return at 230 s, in the delay of the command; the process is started again 2 s after it died. */
  async function story(dieAt: number, when: "before" | "after") {
    const mortality = mortal(dieAt, when);
    const house = await House.open({ store: mortality.store });
    const study = station(house, "Study", 5);
    study.soc = 9;
    const pc = new Agent(house, "pc");
    let revived = false;
    for (let second = 0; second < 500; second++) {
      if (house.seconds >= 60) {
        study.grid = house.seconds >= 275;
      }
      if (mortality.isDead() && !revived) {
        revived = true;
        house.store = mortality.disk;
        await house.restart({ awaySec: 2 });
      }
      await house.pass(1);
    }
    return { house, pc, died: revived, writes: mortality.writes() };
  }

  it("the same outcome from each: one outage, one shutdown in its delay, one abort", async () => {
    const { writes } = await story(Number.POSITIVE_INFINITY, "before");
    expect(writes).toBeGreaterThan(4);
    for (let dieAt = 1; dieAt <= writes; dieAt++) {
      for (const when of ["before", "after"] as const) {
        const { house, pc, died } = await story(dieAt, when);
        const said = `death ${when} write ${dieAt} of ${writes}`;
        expect(died, said).toBe(true);
        expect(
          pc.record.filter((line) => line.startsWith("shutdown")),
          said,
        ).toEqual([]);
        expect(
          pc.record.filter((line) => line.startsWith("aborted")),
          said,
        ).toHaveLength(1);
        const wanted = new Set(house.commands().map(({ action, id }) => `${action} ${id}`));
        expect(wanted.size, said).toBe(2);
      }
    }
  });
});
