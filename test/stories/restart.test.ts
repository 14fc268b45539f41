/** The process, the machine it runs on, its disk and its memory fail: the outcome must not. */
import { describe, expect, it } from "vitest";
import { memoryStore, type StateStore } from "../../src/io/sqlite.ts";
import { Agent } from "../agent.ts";
import { type Heard, House, station } from "../house.ts";

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
  /** A disk whose writes do not end until the test releases them. */
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
  /** A disk that kills its process at the n-th write, before or after it is done. */
  function deadly(dieAt: number, when: "before" | "after", die: () => void) {
    const disk = memoryStore();
    let writes = 0;
    const store: StateStore = {
      ...disk,
      async save(key, text) {
        writes += 1;
        if (writes === dieAt && when === "before") {
          die();
          return new Promise(() => {});
        }
        await disk.save(key, text);
        if (writes !== dieAt) return;
        die();
        await new Promise(() => {});
      },
    };
    return { store, writes: () => writes };
  }

  type Death = { write: number; when: "before" | "after" } | { publish: number } | null;

  /** Outage at 60 s, return at 275 s, in the delay of the command; the process is started again 2 s after it died. */
  async function story(death: Death) {
    let house: House | null = null;
    const [write, when] =
      death && "write" in death ? [death.write, death.when] : [Number.NaN, "after" as const];
    let condemned = false;
    const disk = deadly(write, when, () => {
      condemned = true;
      house?.kill();
    });
    house = await House.open({ store: disk.store });
    if (condemned) house.kill();
    const publicOnes = (all: Heard[]) =>
      all.filter(({ key }) => !["reading", "intent", "notice", "lease"].includes(key)).length;
    const atOpening = publicOnes(house.heard);
    const study = station(house, "Study", 5);
    study.soc = 9;
    const pc = new Agent(house, "pc");
    if (death && "publish" in death) house.dieAtPublish(death.publish);
    let died = false;
    for (let second = 0; second < 400; second++) {
      study.grid = house.seconds < 60 || house.seconds >= 275;
      if (house.isDead) {
        died = true;
        await house.restart({ awaySec: 2 });
        pc.comesBack();
      }
      await house.pass(1);
    }
    return { house, pc, died, writes: disk.writes(), published: publicOnes(house.heard) - atOpening };
  }

  function sameOutcome({ house, pc, died }: Awaited<ReturnType<typeof story>>, said: string) {
    expect(died, said).toBe(true);
    expect(
      pc.record.filter((line) => line.startsWith("shutdown")),
      said,
    ).toEqual([]);
    expect(
      pc.record.filter((line) => line.startsWith("aborted")),
      said,
    ).toHaveLength(1);
    // A status that comes while the rooms start is asked for with a ping, which orders nothing.
    const orders = house.commands().filter(({ action }) => action !== "ping");
    const distinct = new Set(orders.map(({ action, id }) => `${action} ${id}`));
    expect(distinct.size, said).toBe(2);
  }

  it("before and after each write: one shutdown in its delay, one abort", async () => {
    const { writes } = await story(null);
    expect(writes).toBeGreaterThan(4);
    for (let write = 1; write <= writes; write++) {
      for (const when of ["before", "after"] as const) {
        sameOutcome(await story({ write, when }), `death ${when} write ${write} of ${writes}`);
      }
    }
  });

  it("in place of each publication: one shutdown in its delay, one abort", async () => {
    const { published } = await story(null);
    expect(published).toBeGreaterThan(30);
    for (let publish = 1; publish <= published; publish++) {
      sameOutcome(await story({ publish }), `death at publication ${publish} of ${published}`);
    }
  });
});
