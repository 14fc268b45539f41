/** The alarms that stand: on disk before people see them, over restarts and kills, until what they say is over. */
import { describe, expect, it } from "vitest";
import { memoryStore } from "../../src/io/sqlite.ts";
import { Agent } from "../agent.ts";
import { House, type HouseOptions, onBattery, onMains } from "../house.ts";

function station(house: House, device = "Study") {
  const now = { soc: 80, grid: true, silent: false };
  house.each(10, () => {
    if (!now.silent) house.says(device, now.grid ? onMains(now.soc) : onBattery(now.soc));
  });
  return now;
}

/** The agent of pc reports, as it does every 30 s. */
const reports = (house: House) =>
  house.each(30, () => house.status("pc", { online: true, boot: "pc-1", state: "idle" }));

/** A house whose station fell silent on mains, and its alarm stands. */
async function silentHouse(options: HouseOptions = {}) {
  const house = await House.open(options);
  reports(house);
  const study = station(house);
  await house.pass(60);
  study.silent = true;
  await house.pass(180);
  return { house, study };
}

const codes = (house: House) => house.standing().map(({ code }) => code);
const stored = async (house: House) =>
  JSON.parse((await house.store.load("alarms")) ?? "[]") as { code: string }[];
const foreign = { id: "elsewhere-1", action: "shutdown", delay_sec: 0, reason: "", ttl_sec: 300 } as const;
const command = (house: House) =>
  house.app.bus.inject(house.app.topics.command, "power-manager/pc/cmd", foreign, false);

describe("an alarm", () => {
  it("stands with its begin, its subject and its sentence, until it is over", async () => {
    const { house, study } = await silentHouse();
    const [event] = house.alarms();
    expect(house.standing()).toEqual([
      {
        code: "blind-on-mains",
        level: "alarm",
        station: "Study",
        since: event?.at,
        count: 1,
        text: event?.text,
      },
    ]);
    study.silent = false;
    await house.pass(700);
    expect(house.standing()).toEqual([]);
    expect(house.of<{ alarms: string[] }>("orchestrator").at(-1)?.alarms).toEqual([]);
  });

  it("about one machine is not the one about another", async () => {
    const house = await House.open({ machines: { pc: {}, nas: {} } });
    const study = station(house);
    study.soc = 9;
    await house.pass(60);
    study.grid = false;
    await house.pass(230);
    expect(house.standing().map(({ code, machine }) => `${code} ${machine}`)).toEqual([
      "never-seen pc",
      "never-seen nas",
    ]);
    house.status("nas", { online: true, boot: "nas-1", state: "idle" });
    await house.pass(1);
    expect(house.standing().map(({ code, machine }) => `${code} ${machine}`)).toEqual(["never-seen pc"]);
  });

  it("that nobody ends is over after its time without repetition, counted from the last one", async () => {
    const house = await House.open();
    station(house);
    reports(house);
    await house.pass(10);
    command(house);
    await house.pass(3_000);
    command(house);
    await house.pass(3_000);
    const since = house.alarms()[0]?.at;
    expect(house.standing()).toMatchObject([{ code: "foreign-command", machine: "pc", since, count: 2 }]);
    await house.pass(610);
    expect(codes(house)).toEqual([]);
    expect(await stored(house)).toEqual([]);
  });

  it("about a missing acknowledgement is over when it comes", async () => {
    const house = await House.open();
    const study = station(house);
    const pc = new Agent(house, "pc");
    await house.pass(60);
    pc.deaf = true;
    study.grid = false;
    study.soc = 9;
    await house.pass(240);
    expect(codes(house)).toEqual(["no-acknowledgement"]);
    pc.comesBack();
    await house.pass(30);
    expect(codes(house)).toEqual([]);
  });
});

describe("a restart", () => {
  it("keeps what stands, says it at once, and lets it end", async () => {
    const { house, study } = await silentHouse();
    const before = house.standing();
    await house.restart({ awaySec: 20 });
    expect(house.of("alarms").at(-1)?.heardAt).toBe(house.seconds);
    expect(house.standing()).toEqual(before);
    await house.pass(10);
    expect(house.of<{ alarms: string[] }>("orchestrator").at(-1)?.alarms).toEqual(["blind-on-mains"]);
    study.silent = false;
    await house.pass(700);
    expect(codes(house)).toEqual([]);
  });

  it("of the whole machine: what the policy no longer knows ends all the same", async () => {
    const { house, study } = await silentHouse();
    await house.restart({ awaySec: 60, otherBoot: true });
    await house.pass(60);
    expect(codes(house)).toEqual(["blind-on-mains"]);
    study.silent = false;
    await house.pass(700);
    expect(codes(house)).toEqual([]);
  });

  it("of the whole machine in the alarm of the start: it is over when the station is heard", async () => {
    const house = await House.open();
    reports(house);
    await house.pass(700);
    expect(codes(house)).toEqual(["no-reading-since-start"]);
    await house.restart({ otherBoot: true });
    const study = station(house);
    study.silent = false;
    await house.pass(30);
    expect(codes(house)).toEqual([]);
  });

  it("of the same boot in the alarm of the start: it is over when the station is heard", async () => {
    const house = await House.open();
    reports(house);
    await house.pass(700);
    await house.restart();
    station(house);
    await house.pass(30);
    expect(codes(house)).toEqual([]);
  });

  it("of the whole machine while one was not heard: its outage is history, and so is the alarm", async () => {
    const house = await House.open();
    const study = station(house);
    study.soc = 9;
    await house.pass(60);
    study.grid = false;
    await house.pass(230);
    expect(codes(house)).toEqual(["never-seen"]);
    study.silent = true;
    await house.restart({ otherBoot: true });
    await house.pass(2);
    expect(codes(house)).toEqual([]);
  });

  it("does not give an alarm its whole time again", async () => {
    const house = await House.open();
    station(house);
    reports(house);
    await house.pass(10);
    command(house);
    await house.pass(3_000);
    await house.restart({ otherBoot: true });
    await house.pass(500);
    expect(codes(house)).toEqual(["foreign-command"]);
    await house.pass(110);
    expect(codes(house)).toEqual([]);
  });

  it("with a machine less: the alarm about it is gone", async () => {
    const { house } = await silentHouse();
    await house.store.save(
      "alarms",
      JSON.stringify([
        ...(await stored(house)),
        { code: "late", level: "alarm", machine: "sold", since: 1, last: 1, count: 1, text: "sold is late" },
        { code: "of-a-later-version" },
      ]),
    );
    await house.restart();
    expect(codes(house)).toEqual(["blind-on-mains"]);
  });
});

describe("kill -9", () => {
  it("between the disk and the publication: the restart publishes what is on disk", async () => {
    const store = memoryStore();
    let dies = false;
    const { house, study } = await silentHouse({
      store: {
        ...store,
        async save(key, text) {
          await store.save(key, text);
          if (dies && key === "alarms") house.kill();
        },
      },
    });
    study.silent = false;
    dies = true;
    await house.pass(700);
    expect(house.isDead).toBe(true);
    expect(codes(house)).toEqual(["blind-on-mains"]);
    expect(await stored(house)).toEqual([]);
    dies = false;
    await house.restart();
    expect(codes(house)).toEqual([]);
  });

  it("is survived by every alarm that was published", async () => {
    for (let n = 1; n <= 12; n++) {
      const { house, study } = await silentHouse();
      const seen = () => house.of("alarms").length;
      study.silent = false;
      house.dieAtPublish(n);
      await house.pass(30);
      const [before, published] = [house.standing(), seen()];
      await house.restart();
      expect(seen()).toBe(published + 1);
      expect(house.standing()).toEqual(before);
    }
  });

  it("repeats no id: they rise over restarts, boots and a lost disk", async () => {
    const { house } = await silentHouse();
    for (const how of [{}, { otherBoot: true }, { loseStore: true }, {}]) {
      command(house);
      await house.pass(1);
      await house.restart(how);
    }
    command(house);
    await house.pass(1);
    const ids = house.events().map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(5);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  });
});

it("what a restart of the whole machine ends, and a second one interrupts, is told by the third", async () => {
  const { house } = await silentHouse();
  const before = JSON.parse((await house.store.load("policy")) ?? "{}");
  const end = { kind: "event", code: "blind-on-mains", params: { station: "Study", times: 1 }, over: true };
  await house.restart({ otherBoot: true });
  house.kill();
  await house.store.save("policy", JSON.stringify({ ...before, outbox: [end] }));
  await house.restart({ otherBoot: true });
  await house.pass(1);
  expect(codes(house)).toEqual([]);
});

it.each([30, 90, 300])(
  "after %d s without a server a station that is heard again is no silence, and one that is not is one alarm, once",
  async (awaySec) => {
    const house = await House.open({
      stations: { Study: {}, Den: {} },
      machines: { pc: { stations: ["Study"] }, nas: { stations: ["Den"] } },
    });
    const silences = () =>
      house
        .alarms()
        .filter(({ code }) => code?.startsWith("blind") || code === "no-reading-since-start")
        .map(({ code, station: of }) => `${code} ${of}`);
    let den = true;
    house.each(3, () => house.says("Study", onBattery(60)));
    house.each(3, () => {
      if (den) house.says("Den", onBattery(60));
    });
    await house.pass(120);
    den = false;
    await house.restart({ awaySec });
    await house.pass(30);
    expect(silences()).toEqual([]);
    await house.pass(600);
    // What the outage is worth is known: no alarm says that the grid is not.
    expect(silences()).toEqual(["blind-on-battery Den"]);
  },
);
