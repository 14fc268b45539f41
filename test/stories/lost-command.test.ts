/** Machines that acknowledge and do not go, that go while nobody listens, and that nobody ever saw. */
import { describe, expect, it } from "vitest";
import type { Command, Status } from "../../src/contract/messages/machine.ts";
import { House, station } from "../house.ts";

const of = (house: House, code: string) => house.events().filter((event) => event.code === code);
const shutdowns = (house: House) => house.commands("pc").filter(({ action }) => action === "shutdown");
const wallSec = (house: House) => Math.floor(house.clock.wall() / 1000);

/** pc is online in an outage at 8 %, without debounce unless given. */
async function outage(debounceSec = 0) {
  const house = await House.open({ policy: { debounceSec } });
  const study = station(house, "Study", 2);
  house.status("pc", { online: true, boot: "pc-1", state: "idle" });
  await house.pass(30);
  study.grid = false;
  study.soc = 8;
  return { house, study };
}

describe("an agent that acknowledges, crashes and has forgotten its command", () => {
  /** It acknowledges each command, is gone a second later, and idle again after two more. */
  async function crashing(debounceSec: number, boot: (round: number) => string, hasWill = true) {
    const { house, study } = await outage(debounceSec);
    let rounds = 0;
    let at = Number.POSITIVE_INFINITY;
    house.listen(({ key, payload }) => {
      if (key !== "command" || at < house.seconds + 5) return;
      const { id, action } = payload as Command;
      if (action === "abort") return house.ack("pc", { id, phase: "aborted" });
      at = house.seconds;
      house.ack("pc", { id, phase: "received" });
    });
    house.each(1, () => {
      if (hasWill && house.seconds === at + 1) house.status("pc", { online: false });
      if (house.seconds !== at + 3) return;
      at = Number.POSITIVE_INFINITY;
      rounds += 1;
      house.status("pc", { online: true, boot: boot(rounds), state: "idle" });
    });
    return { house, study, rounds: () => rounds };
  }

  it.each([0, 180])(
    "is one alarm from the third time on, and commanded on: debounce %d s",
    async (debounce) => {
      const { house, study, rounds } = await crashing(debounce, () => "pc-1");
      await house.pass(debounce + 40);
      expect(rounds()).toBeGreaterThan(5);
      expect(of(house, "no-shutdown")).toHaveLength(1);
      expect(of(house, "no-shutdown")[0]?.text).toContain("acknowledged its shutdown 3 times");
      const before = shutdowns(house).length;
      await house.pass(60);
      expect(shutdowns(house).length).toBeGreaterThan(before + 5);
      expect(house.standing().map(({ code }) => code)).toContain("no-shutdown");
      study.grid = true;
      await house.pass(400);
      expect(house.standing().map(({ code }) => code)).not.toContain("no-shutdown");
    },
  );

  it("without a Last Will in between is the same alarm, and none about a missing acknowledgement", async () => {
    const { house } = await crashing(0, () => "pc-1", false);
    await house.pass(90);
    expect(house.alarms().map(({ code }) => code)).toEqual(["no-shutdown"]);
  });

  it("counts too where the shutdown boots the machine each time", async () => {
    const { house } = await crashing(0, (round) => `pc-${round + 1}`);
    await house.pass(60);
    expect(of(house, "no-shutdown")).toHaveLength(1);
  });

  it("twice is no alarm, and no return on good mains is", async () => {
    const { house, study } = await crashing(0, () => "pc-1");
    house.listen(() => {
      if (shutdowns(house).length >= 3) study.grid = true;
    });
    await house.pass(400);
    expect(of(house, "no-shutdown")).toEqual([]);
  });
});

describe("a machine that reported its shutdown and is idle again in the same boot", () => {
  it("has undone it: it gets a new command, with its debounce", async () => {
    const { house } = await outage(60);
    while (shutdowns(house).length === 0) await house.pass(1);
    const { id } = shutdowns(house)[0] as Command;
    house.ack("pc", { id, phase: "shutting_down" });
    await house.pass(5);
    house.status("pc", { online: false });
    await house.pass(5);
    house.status("pc", { online: true, boot: "pc-1", state: "idle" });
    await house.pass(50);
    expect(shutdowns(house)).toHaveLength(1);
    await house.pass(20);
    expect(new Set(shutdowns(house).map(({ seq }) => seq)).size).toBe(2);
  });
});

describe("a machine that goes down while the server is killed", () => {
  /** pc has reported its shutdown; the server dies and starts again 30 s later, with this status kept at the broker. */
  async function killedMeanwhile(kept: (house: House) => Status) {
    const { house } = await outage();
    while (shutdowns(house).length === 0) await house.pass(1);
    const { id } = shutdowns(house)[0] as Command;
    house.ack("pc", { id, phase: "received" });
    await house.pass(60);
    house.ack("pc", { id, phase: "shutting_down" });
    house.status("pc", { online: true, boot: "pc-1", state: "shutting_down", command: id });
    await house.pass(8);
    house.kill();
    const status = kept(house);
    await house.restart({ awaySec: 30 });
    house.status("pc", status, true);
    const from = house.seconds;
    await house.pass(600);
    return { house, late: shutdowns(house).filter(({ heardAt }) => heardAt > from) };
  }

  const goodbye = (at: number): Status => ({ online: false, boot: "pc-1", state: "shutting_down", at });

  it.each<[string, (house: House) => Status]>([
    ["goodbye", (house) => ({ ...goodbye(wallSec(house) + 5), reason: "command" })],
    ["goodbye as by its user", (house) => ({ ...goodbye(wallSec(house) + 5), reason: "user" })],
    ["Last Will", () => ({ online: false })],
    [
      "Last Will with the time of the connection",
      (house) => ({ online: false, boot: "pc-1", at: wallSec(house) - 9_000 }),
    ],
  ])("is down by the %s that the broker kept: no alarm, no second command", async (_, kept) => {
    const { house, late } = await killedMeanwhile(kept);
    expect(of(house, "late")).toEqual([]);
    expect(late).toEqual([]);
    expect(house.plans("pc").at(-1)?.state).toBe("down");
    expect(house.events().filter(({ type }) => type === "down")).toHaveLength(1);
    expect(house.plans("pc").at(-1), "nobody saw when it left").not.toHaveProperty("stop_measured_sec");
  });

  /** pc has acknowledged its delay; while the server is away the machine goes, and the mains may return. */
  async function goneInDelay(isBack: boolean) {
    const { house, study } = await outage();
    while (shutdowns(house).length === 0) await house.pass(1);
    const { id } = shutdowns(house)[0] as Command;
    for (const phase of ["received", "delay"] as const) house.ack("pc", { id, phase });
    await house.pass(8);
    house.kill();
    study.grid = isBack;
    await house.restart({ awaySec: 60 });
    house.status("pc", { online: false }, true);
    const from = house.seconds;
    await house.pass(1_500);
    const later = house.commands("pc").filter(({ heardAt }) => heardAt > from + 120);
    return { house, later };
  }

  it("after it acknowledged its delay: down, no alarm, and no further command", async () => {
    const { house, later } = await goneInDelay(false);
    expect(house.plans("pc").at(-1)?.state).toBe("down");
    expect(of(house, "no-acknowledgement")).toEqual([]);
    expect(later).toEqual([]);
  });

  it("after it acknowledged its delay, with the mains back: it is not called back for ever", async () => {
    const { house, later } = await goneInDelay(true);
    expect(house.plans("pc").at(-1)?.state).not.toBe("commanded");
    expect(later).toEqual([]);
  });

  it("is called back and stays deaf: the aborts end with the outage", async () => {
    const { house, study } = await outage();
    while (shutdowns(house).length === 0) await house.pass(1);
    const { id } = shutdowns(house)[0] as Command;
    house.ack("pc", { id, phase: "received" });
    study.grid = true;
    await house.pass(1_000);
    const from = house.seconds;
    await house.pass(600);
    expect(house.commands("pc").some(({ action }) => action === "abort")).toBe(true);
    expect(house.commands("pc").filter(({ heardAt }) => heardAt > from)).toEqual([]);
    expect(house.plans("pc").at(-1)?.state).toBe("watching");
  });

  it("is not down by a goodbye of an earlier day", async () => {
    const { house } = await killedMeanwhile((world) => goodbye(wallSec(world) - 86_400));
    expect(of(house, "late")).toHaveLength(1);
  });
});

describe("a machine that was never seen", () => {
  it("is one alarm, however often it is commanded, until it is seen", async () => {
    const house = await House.open({ policy: { debounceSec: 0, cooldownSec: 60 } });
    const study = station(house);
    study.grid = false;
    study.soc = 8;
    await house.pass(3_000);
    expect(new Set(shutdowns(house).map(({ seq }) => seq)).size).toBeGreaterThan(2);
    expect(of(house, "machine-unknown").map(({ type }) => type)).toEqual(["alarm"]);
    house.status("pc", { online: true, boot: "pc-1", state: "idle" });
    await house.pass(2);
    expect(of(house, "machine-unknown").map(({ type }) => type)).toEqual(["alarm", "alarm-over"]);
  });
});
