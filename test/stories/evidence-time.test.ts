/** Stories of the time of evidence: a sender's own time, our own old messages, and messages that waited in a queue. */
import { describe, expect, it } from "vitest";
import { House, onBattery, onMains } from "../house.ts";

const shutdowns = (house: House) => house.commands().filter(({ action }) => action === "shutdown");

describe("a sender that tells its time (E4)", () => {
  const day = 86_400_000;
  const open = () =>
    House.open({ machines: { pc: { socPercent: 30, delaySec: 600 } }, policy: { debounceSec: 5 } });
  const now = (house: House) => house.clock.wall();

  it.each([1, 5, 60])("repeats yesterday's reading each %d s: nothing is believed of it", async (every) => {
    const house = await open();
    const sampled_at = now(house) - day;
    house.each(every, () => house.says("Study", { ...onBattery(3), sampled_at }));
    await house.pass(3_600);
    expect(house.reading("Study")?.grid ?? "unknown").toBe("unknown");
    expect(shutdowns(house)).toEqual([]);
    // The station is not heard, and that is not silent.
    expect(house.alarms().map(({ code }) => code)).toContain("no-reading-since-start");
  });

  it("repeats yesterday's reading beside the live one: the live one counts", async () => {
    const house = await open();
    const sampled_at = now(house) - day;
    house.each(5, () => house.says("Study", { ...onMains(80), sampled_at: now(house) }));
    house.each(3, () => house.says("Study", { ...onBattery(3), sampled_at }));
    await house.pass(600);
    expect(house.reading("Study")).toMatchObject({ grid: "present", soc: 80, grid_suspected: false });
    expect(shutdowns(house)).toEqual([]);
  });

  it.each([
    ["beside the live one", true, "one"],
    ["after the live one fell silent", false, "one"],
    ["as a stream that is two minutes late", false, "stream"],
  ])("repeats a present of two minutes ago in an outage, %s: no abort", async (_, lives, kind) => {
    const house = await open();
    const state = { mains: true, live: true };
    house.each(5, () => {
      if (state.live)
        house.says("Study", { ...(state.mains ? onMains(25) : onBattery(25)), sampled_at: now(house) });
    });
    await house.pass(120);
    state.mains = false;
    await house.pass(120);
    expect(shutdowns(house)).not.toEqual([]);
    const sampled_at = now(house) - 120_000;
    Object.assign(state, { live: lives });
    house.each(2, () =>
      house.says("Study", { ...onMains(25), sampled_at: kind === "one" ? sampled_at : now(house) - 120_000 }),
    );
    await house.pass(400);
    expect(house.commands().filter(({ action }) => action === "abort")).toEqual([]);
  });

  it.each([-day, -3_600_000, -120_000, 120_000, day])(
    "with a clock that differs by %d ms is believed as any other",
    async (differs) => {
      const house = await open();
      const state = { mains: true };
      house.each(5, () =>
        house.says("Study", {
          ...(state.mains ? onMains(25) : onBattery(25)),
          sampled_at: now(house) + differs,
        }),
      );
      await house.pass(900);
      expect(house.reading("Study")).toMatchObject({ grid: "present", soc: 25 });
      state.mains = false;
      await house.pass(30);
      expect(shutdowns(house)).not.toEqual([]);
      state.mains = true;
      await house.pass(30);
      expect(house.commands().filter(({ action }) => action === "abort")).not.toEqual([]);
    },
  );

  it.each([3_600_000, 120_000, 10 * day, -3_600_000, -7_200_000, -5.5 * 3_600_000])(
    "with a clock that is set by %d ms when the mains returns: the abort comes within half a minute",
    async (differs) => {
      const house = await open();
      const state = { mains: true, differs: 0 };
      house.each(2, () =>
        house.says("Study", {
          ...(state.mains ? onMains(25) : onBattery(25)),
          sampled_at: now(house) + state.differs,
        }),
      );
      await house.pass(60);
      state.mains = false;
      await house.pass(30);
      expect(shutdowns(house)).not.toEqual([]);
      Object.assign(state, { mains: true, differs });
      await house.pass(32);
      expect(house.commands().map(({ action }) => action)).toContain("abort");
    },
  );

  it("with a clock that differs, in an outage at the start: the shutdown is 10 s later, no more", async () => {
    const house = await open();
    house.each(5, () => house.says("Study", { ...onBattery(25), sampled_at: now(house) - day }));
    await house.pass(25);
    expect(shutdowns(house)).not.toEqual([]);
  });

  it.each([
    ["seconds", 0.001],
    ["uptime", 0],
  ])("in %s is believed", async (_, unit) => {
    const house = await open();
    house.each(5, () =>
      house.says("Study", {
        ...onBattery(25),
        sampled_at: unit === 0 ? house.seconds * 1_000 : Math.floor(now(house) * unit),
      }),
    );
    await house.pass(25);
    expect(shutdowns(house)).not.toEqual([]);
  });

  it("our own present, repeated live after a restart in an outage, is no evidence", async () => {
    const house = await open();
    house.each(5, () => {
      if (house.seconds < 200) house.says("Study", house.seconds < 60 ? onMains(25) : onBattery(25));
    });
    await house.pass(50);
    const own = house.reading("Study") as object;
    await house.pass(100);
    expect(shutdowns(house)).not.toEqual([]);
    house.kill();
    await house.restart();
    house.each(2, () => house.says("Study", { ...own, sampled_at: now(house) }));
    await house.pass(300);
    expect(house.commands().filter(({ action }) => action === "abort")).toEqual([]);
    expect(house.alarms().map(({ code }) => code)).toContain("two-telemetries");
  });
});

describe("old presents that come late after a gap (E21)", () => {
  it.each([
    [10, 2],
    [10, 0],
    [30, 2],
    [60, 5],
  ])(
    "one each %d s before, and one each %d s after it: no abort until one comes at its own pace",
    async (usual, late) => {
      const house = await House.open({
        machines: { pc: { socPercent: 90, delaySec: 600 } },
        policy: { debounceSec: 5 },
      });
      const state = { reading: onMains(60), silent: false };
      house.each(usual, () => {
        if (!state.silent) house.says("Study", state.reading);
      });
      await house.pass(300);
      state.reading = onBattery(60);
      await house.pass(300);
      expect(shutdowns(house)).not.toEqual([]);
      state.silent = true;
      await house.pass(240);
      const held = Math.floor(240 / usual);
      for (let frame = 0; frame < held; frame++) {
        house.says("Study", onMains(60));
        await house.pass(late);
      }
      state.silent = false;
      await house.pass(60);
      expect(house.commands().filter(({ action }) => action === "abort")).toEqual([]);
      state.reading = onMains(60);
      await house.pass(4 * usual + 15);
      expect(house.commands().filter(({ action }) => action === "abort")).not.toEqual([]);
    },
  );

  it("a station that reports more often after the gap is believed once a queue could be empty", async () => {
    const house = await House.open({
      machines: { pc: { socPercent: 90, delaySec: 600 } },
      policy: { debounceSec: 5 },
    });
    const stop = house.each(60, () => house.says("Study", onBattery(60)));
    await house.pass(300);
    stop();
    await house.pass(240);
    house.each(2, () => house.says("Study", onMains(60)));
    await house.pass(30);
    expect(house.commands().filter(({ action }) => action === "abort")).not.toEqual([]);
  });
});
