/** Which leases of other servers count, for which machines, and what a server that stands aside says. */
import { describe, expect, it } from "vitest";
import type { Command, Plan, Power } from "../../src/contract/messages/machine.ts";
import type { OrchestratorStatus } from "../../src/contract/messages/server.ts";
import { leaseText } from "../../src/contract/signatures.ts";
import { sign } from "../../src/io/secrets.ts";
import { House, type HouseOptions, onBattery, onMains } from "../house.ts";

type Machines = NonNullable<HouseOptions["machines"]>;

const leases = (house: House) => house.of<OrchestratorStatus>("orchestrator");
const codes = (house: House) => house.standing().map(({ code }) => code);
const actions = (house: House, machine: string) => house.commands(machine).map(({ action }) => action);
const text = (house: House, code: string) => house.standing().find((alarm) => alarm.code === code)?.text;

/** Delivers leases and commands of one house to the other, as a broker does. */
function hears(to: House, from: House, isDeaf = () => false) {
  return from.listen(({ key, topic, payload }) => {
    const { bus, topics } = to.app;
    if (!to.isDead && !isDeaf() && (key === "orchestrator" || key === "command"))
      bus.inject(topics[key] as never, topic, payload as never, false);
  });
}

/** `first` has led for 20 s when `second` comes; each has its own machines, and a reading of its own each 2 s. */
async function pair(machines: { first: Machines; second: Machines }, more: HouseOptions["policy"] = {}) {
  const policy = { debounceSec: 0, ...more };
  const first = await House.open({ machines: machines.first, policy });
  const now = { first: onMains(80), second: onMains(80), isDeaf: false };
  first.each(2, () => first.says("Study", now.first));
  await first.pass(20);
  const second = await House.open({ machines: machines.second, policy, instance: "second00" });
  second.each(2, () => second.says("Study", now.second));
  hears(first, second);
  hears(second, first, () => now.isDeaf);
  const pass = async (seconds: number) => {
    for (let each = 0; each < seconds; each++) {
      await first.pass(1);
      await second.pass(1);
    }
  };
  await pass(60);
  return { first, second, now, pass };
}

describe("two servers for different machines on one broker", () => {
  it("both command, and neither bids, stands aside or says anything of the other", async () => {
    const { first, second, now, pass } = await pair({ first: { pc: {} }, second: { nas: {} } });
    now.first = onBattery(8);
    now.second = onBattery(8);
    await pass(60);
    expect(actions(first, "pc")).toContain("shutdown");
    expect(actions(second, "nas")).toContain("shutdown");
    for (const house of [first, second]) {
      expect(new Set(leases(house).map(({ epoch }) => epoch))).toEqual(new Set([1]));
      expect(house.alarms().map(({ code }) => code)).toEqual(["never-seen"]);
    }
  });

  it("that share one machine: one stands aside for it alone, and both command the rest", async () => {
    const { first, second, now, pass } = await pair({
      first: { pc: {}, nas: {} },
      second: { pc: {}, tv: {} },
    });
    expect(text(second, "stands-aside")).toContain("does not command pc:");
    expect(codes(first)).not.toContain("stands-aside");
    expect(Object.keys(leases(second).at(-1)?.machines ?? {})).toEqual(["tv"]);
    now.first = onBattery(8);
    now.second = onBattery(8);
    await pass(60);
    expect(actions(first, "pc")).toContain("shutdown");
    expect(actions(first, "nas")).toContain("shutdown");
    expect(actions(second, "tv")).toContain("shutdown");
    expect(actions(second, "pc")).toEqual([]);
    const epochs = leases(first)
      .slice(-8)
      .map(({ epoch }) => epoch);
    expect(new Set(epochs).size, "the contest is over").toBe(1);
    first.kill();
    await second.pass(20);
    expect(actions(second, "pc")).toContain("shutdown");
    expect(codes(second)).not.toContain("stands-aside");
  });

  it("an older one without a list of machines competes for all", async () => {
    const house = await House.open();
    for (let at = 0; at < 6; at++) {
      const epoch = (leases(house).at(-1)?.epoch ?? 0) + 1;
      house.orchestrator({ site: "x", instance: "old", epoch, at, online: true });
      await house.pass(5);
    }
    expect(text(house, "stands-aside")).toContain("does not command pc:");
  });
});

describe("a lease for machines with a key", () => {
  const keys = { pc: { key: "the key of pc" }, nas: { key: "the key of nas" } };
  type Forge = (lease: OrchestratorStatus) => OrchestratorStatus;
  const signedBy = (key: string, machine: string, lease: OrchestratorStatus) =>
    sign(key, leaseText(machine, lease));

  it.each<[string, Forge]>([
    ["without a list", (lease) => lease],
    ["with a list and no signature", (lease) => ({ ...lease, machines: { pc: null, nas: null } })],
    ["signed with another key", (lease) => ({ ...lease, machines: { pc: signedBy("x", "pc", lease) } })],
    [
      "signed for another machine",
      (lease) => ({ ...lease, machines: { pc: signedBy(keys.nas.key, "nas", lease) } }),
    ],
    [
      "signed for another epoch",
      (lease) => ({ ...lease, machines: { pc: signedBy(keys.pc.key, "pc", { ...lease, epoch: 1 }) } }),
    ],
  ])("that comes %s silences nobody and is an alarm", async (_, forge) => {
    const house = await House.open({ machines: keys, policy: { debounceSec: 0 } });
    house.each(2, () => house.says("Study", onBattery(8)));
    for (let at = 1; at <= 60; at++) {
      const epoch = (leases(house).at(-1)?.epoch ?? 0) + 2;
      house.orchestrator(forge({ site: "x", instance: "zz", epoch, at, online: true }));
      await house.pass(1);
    }
    expect(codes(house)).not.toContain("stands-aside");
    expect(text(house, "unproven-lease")).toMatch(/says that it commands pc/);
    expect(actions(house, "pc")).toContain("shutdown");
    expect(actions(house, "nas")).toContain("shutdown");
    expect(leases(house).at(-1)?.epoch, "a flood does not raise it for ever").toBeLessThan(40);
  });

  it("of 99 999 999 without a signature raises nothing", async () => {
    const house = await House.open({ machines: keys });
    house.orchestrator({ site: "x", instance: "zz", epoch: 99_999_999, at: 1, online: true });
    house.orchestrator({ site: "x", instance: "zz", epoch: 99_999_999, at: 1, online: true }, true);
    await house.pass(10);
    expect(leases(house).at(-1)?.epoch).toBe(1);
  });

  it("that is right is a rival as ever, and one for a machine without a key cannot silence for one that has", async () => {
    const machines = { pc: keys.pc, tv: {} };
    const { second } = await pair({ first: machines, second: machines });
    expect(text(second, "stands-aside")).toContain("does not command pc, tv:");
    const house = await House.open({ machines });
    for (let at = 1; at < 8; at++) {
      const epoch = (leases(house).at(-1)?.epoch ?? 0) + 1;
      house.orchestrator({ site: "x", instance: "zz", epoch, at, online: true, machines: { tv: null } });
      await house.pass(5);
    }
    expect(text(house, "stands-aside")).toContain("does not command tv:");
  });

  it("that is recorded and repeated does not keep the one aside from taking over", async () => {
    const { first, second, pass } = await pair({ first: keys, second: keys });
    expect(codes(second)).toContain("stands-aside");
    await pass(30);
    const recorded = leases(first).slice(-4);
    first.kill();
    second.each(3, () => {
      for (const { heardAt: _, ...lease } of recorded) second.orchestrator(lease);
    });
    await second.pass(25);
    expect(codes(second)).not.toContain("stands-aside");
    expect(leases(second).at(-1)?.epoch).toBeGreaterThan(recorded.at(-1)?.epoch ?? 0);
  });
});

describe("a server that stands aside", () => {
  const quiet = [
    "timer-start",
    "shutdown-triggered",
    "no-acknowledgement",
    "abort",
    "never-seen",
    "machine-unknown",
  ];

  it("says once that it does, and nothing as if it acted", async () => {
    const { first, second, now, pass } = await pair({ first: { pc: {} }, second: { pc: {} } });
    const from = second.seconds;
    for (const house of [first, second]) house.status("pc", { online: true, boot: "b", state: "idle" });
    now.first = onBattery(8);
    now.second = onBattery(8);
    await pass(300);
    now.second = onMains(80);
    await pass(60);
    const said = second.events().filter(({ heardAt }) => heardAt > from);
    expect(said.filter(({ type, code }) => quiet.includes(code ?? type))).toEqual([]);
    expect(
      said.filter(({ code }) => code === "foreign-command"),
      "the leader's commands",
    ).toEqual([]);
    expect(second.of<Plan>("plan").filter(({ heardAt }) => heardAt > from)).toEqual([]);
    expect(second.of<Power>("power").filter(({ heardAt }) => heardAt > from)).toEqual([]);
    expect(second.alarms().filter(({ code }) => code === "stands-aside")).toHaveLength(1);
    expect(first.alarms().map(({ code }) => code)).toContain("no-acknowledgement");
  });

  it("takes its alarms about the machine back, and raises them again when it leads", async () => {
    const house = await House.open({ policy: { debounceSec: 0, wakeAfterSec: 3_000 } });
    const seen = () => codes(house).filter((code) => code === "no-acknowledgement");
    house.each(2, () => house.says("Study", onBattery(8)));
    house.status("pc", { online: true, boot: "b", state: "idle" });
    await house.pass(40);
    expect(seen()).toHaveLength(1);
    const rival = async (seconds: number) => {
      for (let at = 0; at < seconds; at++) {
        const epoch = (leases(house).at(-1)?.epoch ?? 0) + 1;
        house.orchestrator({ site: "x", instance: "zz", epoch, at: house.seconds, online: true });
        await house.pass(1);
      }
    };
    await rival(60);
    expect(codes(house)).toContain("stands-aside");
    expect(seen()).toEqual([]);
    const before = house.seconds;
    await house.pass(50);
    const later = house.commands("pc").filter(({ heardAt }) => heardAt > before);
    expect(later.length).toBeGreaterThan(0);
    expect(house.plans("pc").at(-1)?.heardAt).toBeGreaterThan(before);
    expect(seen()).toHaveLength(1);
  });

  it("sends no power when it ends, and keeps its alarms for when it leads", async () => {
    const house = await House.open();
    house.each(2, () => house.says("Study", onMains(80)));
    await house.pass(20);
    for (let at = 1; at < 8; at++) {
      const epoch = (leases(house).at(-1)?.epoch ?? 0) + 1;
      house.orchestrator({ site: "x", instance: "zz", epoch, at, online: true });
      await house.pass(2);
    }
    expect(house.power("pc").length).toBeGreaterThan(0);
    const sent = house.power("pc").length;
    await house.close();
    expect(house.power("pc")).toHaveLength(sent);

    const machines = { first: { pc: {} }, second: { pc: {} } };
    const { first, second, now, pass } = await pair(machines, { bootGraceSec: 100 });
    await pass(100);
    expect(codes(second)).toEqual(expect.not.arrayContaining(["agent-not-heard"]));
    now.first = onBattery(8);
    now.second = onBattery(8);
    await pass(30);
    expect(codes(second)).toEqual(expect.not.arrayContaining(["never-seen"]));
    first.kill();
    await second.pass(30);
    expect(codes(second)).toEqual(expect.arrayContaining(["agent-not-heard", "never-seen"]));
  });

  it("finds the lease of one that led while it was away: it claims, listens, and sends nothing meanwhile", async () => {
    const house = await House.open({ policy: { debounceSec: 0 } });
    const { bus, topics } = house.app;
    house.each(2, () => house.says("Study", onBattery(8)));
    house.status("pc", { online: true, boot: "b", state: "idle" });
    await house.pass(10);
    bus.publish("mirror", topics.broker, {}, { connected: false });
    await house.pass(20);
    const sent = house.commands("pc").length;
    const rival = { site: "x", instance: "zz", online: true };
    house.orchestrator({ ...rival, epoch: 9, at: 1 }, true);
    bus.publish("mirror", topics.broker, {}, { connected: true });
    // It answers a higher epoch within moments.
    house.orchestrator({ ...rival, epoch: 11, at: 2 });
    await house.pass(10);
    expect(house.commands("pc")).toHaveLength(sent);
    expect(codes(house)).toContain("stands-aside");
    await house.pass(10);
    expect(house.commands("pc").length).toBeGreaterThan(sent);
    expect(codes(house)).not.toContain("stands-aside");
  });

  it("finds the lease of one that is gone: it leads a second later, and says nothing of it", async () => {
    const house = await House.open({ policy: { debounceSec: 0 } });
    house.orchestrator({ site: "x", instance: "gone", epoch: 5, at: 1, online: true }, true);
    house.each(2, () => house.says("Study", onBattery(8)));
    await house.pass(8);
    expect(house.commands("pc")[0]?.epoch).toBe(6);
    const said = house.events().map(({ code, type }) => code ?? type);
    expect(said).not.toContain("stands-aside");
  });

  it("does not take over because it was away from the broker itself", async () => {
    const { second, now, pass } = await pair({ first: { pc: {} }, second: { pc: {} } });
    const { bus, topics } = second.app;
    const before = leases(second).length;
    now.isDeaf = true;
    bus.publish("mirror", topics.broker, {}, { connected: false });
    await pass(60);
    bus.publish("mirror", topics.broker, {}, { connected: true });
    await pass(4);
    now.isDeaf = false;
    await pass(30);
    expect(leases(second)).toHaveLength(before);
  });

  it("gives its command up: whoever led meanwhile decided", async () => {
    const { first, second, now, pass } = await pair({ first: { pc: {} }, second: { pc: {} } });
    now.second = onBattery(8);
    await pass(60);
    now.second = onMains(80);
    await pass(400);
    first.kill();
    await second.pass(60);
    expect(second.commands("pc").filter(({ action }: Command) => action !== "ping")).toEqual([]);
  });
});
