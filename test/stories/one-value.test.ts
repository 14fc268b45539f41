/** One value decides nothing (E2), our own pause is no silence of theirs (E5), and a charge has an age of its own (E7). */
import { describe, expect, it } from "vitest";
import { House, onBattery, onMains, station } from "../house.ts";

const reading = (soc: number, more: Record<string, unknown> = {}) => ({ ...onBattery(soc), ...more });

/** Hears `wrong` once, at once after the start or after a minute in the outage, and true readings before and after it. */
async function onceWrong(wrong: Record<string, unknown>, { first = false, every = 5 } = {}) {
  const house = await House.open({
    machines: { pc: { socPercent: 20, runtimeSec: 600 } },
    stations: { Study: { assumedLoadWatts: null } },
    policy: { debounceSec: 10 },
  });
  const truth = { runtime_sec: 9_000, out_watts: 60, capacity_wh: 286, discharge_limit_percent: 10 };
  const wrongAt = first ? 0 : 60;
  for (let second = 0; second < 300; second += every) {
    house.says("Study", reading(80, second === wrongAt ? { ...truth, ...wrong } : truth));
    await house.pass(every);
  }
  return house;
}

describe("a value that was heard once", () => {
  const wrongs: Record<string, unknown>[] = [
    { soc: 0 },
    { soc: 1 },
    { soc: 20 },
    { runtime_sec: 0 },
    { runtime_sec: 60 },
    { discharge_limit_percent: 99 },
    { discharge_limit_percent: 79 },
    { out_watts: 600 },
    { out_watts: 1_500 },
    { out_watts: 60_000 },
    { ac_out_watts: 5_000 },
    { capacity_wh: 1 },
    { capacity_wh: 20, out_watts: 600 },
    { charging: true, soc: 0 },
  ];
  it.each(wrongs)("%o in an outage shuts nothing down", async (wrong) => {
    for (const first of [true, false]) {
      const house = await onceWrong(wrong, { first });
      expect(house.commands(), first ? "as the first reading" : "in the outage").toEqual([]);
    }
  });

  it("as the first reading after kill -9 in an outage shuts nothing down", async () => {
    const house = await House.open({ machines: { pc: { socPercent: 20 } }, policy: { debounceSec: 10 } });
    const study = station(house, "Study", 5);
    await house.pass(60);
    study.grid = false;
    await house.pass(60);
    await house.restart({ awaySec: 3 });
    study.soc = 0;
    await house.pass(5);
    study.soc = 80;
    await house.pass(200);
    expect(house.commands()).toEqual([]);
  });

  it("is no obstacle: two charges of 0 % that agree shut down", async () => {
    const house = await House.open({ machines: { pc: { socPercent: 20 } }, policy: { debounceSec: 10 } });
    const study = station(house, "Study", 5);
    study.grid = false;
    study.soc = 0;
    await house.pass(40);
    expect(house.commands("pc")[0]).toMatchObject({ action: "shutdown" });
  });

  it("and was believed is dropped: what armed the trigger at the start is refuted", async () => {
    const house = await House.open({ machines: { pc: { socPercent: 20 } } });
    for (let count = 0; count < 3; count++) {
      house.says("Study", onBattery(0));
      await house.pass(3);
    }
    for (let count = 0; count < 60; count++) {
      house.says("Study", onBattery(87));
      await house.pass(5);
    }
    expect(house.commands()).toEqual([]);
  });
});

describe("a pause of this process on battery at 90 %", () => {
  it.each([6, 13, 60, 300, 3_600])("of %d s shuts nothing down, and is reported", async (seconds) => {
    const house = await House.open({
      machines: { pc: { socPercent: 20 } },
      stations: { Study: { capacityWh: 1_024, dischargeLimitPercent: 10, assumedLoadWatts: 200 } },
      policy: { debounceSec: 10, blindMaxSec: 300 },
    });
    const study = station(house, "Study", 2);
    study.soc = 90;
    await house.pass(60);
    study.grid = false;
    await house.pass(60);
    // The clock moves and nothing runs: SIGSTOP, a suspended laptop, a stalled machine.
    house.clock.move(seconds * 1_000);
    await house.pass(200);
    expect(house.commands()).toEqual([]);
    expect(house.events().filter(({ type }) => type === "process-paused")).toHaveLength(1);
  });

  it("excuses no silence after it: a station that is not heard any more is blind as ever", async () => {
    const house = await House.open({ machines: { pc: { socPercent: 20 } } });
    const study = station(house, "Study", 2);
    await house.pass(60);
    study.grid = false;
    await house.pass(60);
    house.clock.move(100_000);
    study.silent = true;
    await house.pass(295);
    expect(house.commands()).toEqual([]);
    await house.pass(30);
    expect(house.commands("pc")[0]).toMatchObject({ action: "shutdown" });
  });
});

describe("a charge that is not known on battery", () => {
  const alarms = (house: House) =>
    house.standing().flatMap(({ code }) => (code === "charge-unknown" ? [code] : []));

  it("because it never moves: an alarm after 30 min, a shutdown 5 min later, and the reason says so", async () => {
    const house = await House.open();
    const study = station(house);
    await house.pass(60);
    study.grid = false;
    await house.pass(1_790);
    expect(alarms(house)).toEqual([]);
    await house.pass(30);
    expect(alarms(house)).toContain("charge-unknown");
    expect(house.commands()).toEqual([]);
    await house.pass(300);
    expect(house.commands("pc")[0]?.reason).toMatch(/soc 80 % unmoved for 2\d\d\d s on battery/);
  });

  it("because it was never told: an alarm after a minute, a shutdown after 5 min", async () => {
    const house = await House.open();
    house.each(10, () => house.says("Study", { grid_connected: false }));
    await house.pass(75);
    expect(alarms(house)).toContain("charge-unknown");
    expect(house.commands()).toEqual([]);
    await house.pass(240);
    expect(house.commands("pc")[0]?.reason).toContain("no soc reported for 3");
  });

  it("because it was told once: it ages like one that does not move", async () => {
    const house = await House.open();
    house.says("Study", onMains(80));
    await house.pass(10);
    house.each(10, () => house.says("Study", { grid_connected: false }));
    await house.pass(2_200);
    expect(house.commands("pc")[0]).toMatchObject({ action: "shutdown" });
  });

  it("sooner where capacity and load tell how fast it has to fall", async () => {
    const house = await House.open({
      stations: { Study: { capacityWh: 286, dischargeLimitPercent: 10, assumedLoadWatts: 100 } },
    });
    const study = station(house);
    await house.pass(60);
    study.grid = false;
    // Three points of 286 Wh at 100 W are 309 s.
    await house.pass(330);
    expect(alarms(house)).toContain("charge-unknown");
  });
});

describe("the mains, as other publishers write it", () => {
  it.each([
    [0, 1],
    ["0", "1"],
    ["off", "on"],
    ["OFF", "ON"],
    ["false", "true"],
    ["no", "yes"],
  ])("%o and %o are read, and numbers as text", async (lost, present) => {
    const house = await House.open({ policy: { debounceSec: 10 } });
    house.says("Study", { soc: "80", grid_connected: present });
    await house.pass(5);
    house.says("Study", { soc: "80", grid_connected: present });
    await house.pass(5);
    expect(house.reading("Study")).toMatchObject({ grid: "present", soc: 80 });
    house.each(5, () => house.says("Study", { soc: "9", grid_connected: lost }));
    await house.pass(60);
    expect(house.commands("pc")[0]).toMatchObject({ action: "shutdown" });
  });

  it("never readable is an alarm after bootGraceSec, which ends when it is reported", async () => {
    const house = await House.open();
    let connected: unknown = "sometimes";
    house.each(10, () => house.says("Study", { soc: 80, grid_connected: connected }));
    await house.pass(610);
    expect(house.standing().map(({ code }) => code)).toContain("grid-not-reported");
    connected = true;
    await house.pass(30);
    expect(house.standing().map(({ code }) => code)).not.toContain("grid-not-reported");
  });
});
