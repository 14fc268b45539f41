/** Two servers command the same machines on one broker: one of them stands aside, and takes over when the other is gone. */
import { describe, expect, it } from "vitest";
import type { Command, Power } from "../../src/contract/messages/machine.ts";
import type { OrchestratorStatus } from "../../src/contract/messages/server.ts";
import { House, onBattery, onMains } from "../house.ts";

/** What a broker carries between the two, and both read. */
const shared = ["orchestrator", "command"] as const;

/** Delivers what one house publishes to the other. */
function hears(to: House, from: House, isCut: () => boolean) {
  return from.listen(({ key, topic, payload }) => {
    if (isCut() || to.isDead || !(shared as readonly string[]).includes(key)) return;
    const { bus, topics } = to.app;
    bus.inject(topics[key as (typeof shared)[number]] as never, topic, payload as never, false);
  });
}

const leases = (house: House) => house.of<OrchestratorStatus>("orchestrator");
const newest = (house: House) => leases(house).at(-1);
const since = (house: House, second: number) => ({
  commands: house.of<Command>("command").filter(({ heardAt }) => heardAt > second).length,
  power: house.of<Power>("power").filter(({ heardAt }) => heardAt > second).length,
  leases: leases(house).filter(({ heardAt }) => heardAt > second).length,
});
const codes = (house: House) => house.standing().map(({ code }) => code);

/** `first` has led for a minute when `second` comes, which finds its retained lease. */
async function twoServers() {
  const first = await House.open();
  const now = { first: onMains(80), second: onMains(80), isDeaf: () => false };
  first.each(10, () => first.says("Study", now.first));
  await first.pass(60);
  const second = await House.open({ instance: "second00" });
  second.each(10, () => second.says("Study", now.second));
  const { bus, topics } = second.app;
  bus.inject(topics.orchestrator, "power-manager/orchestrator/status", newest(first) as never, true);
  hears(first, second, () => false);
  hears(second, first, () => now.isDeaf());
  const pass = async (seconds: number) => {
    for (let each = 0; each < seconds; each++) {
      await first.pass(1);
      await second.pass(1);
    }
  };
  await pass(20);
  return { first, second, now, pass };
}

describe("two servers on one broker (E24)", () => {
  it("bid three rounds and no more: the second stands aside and says so", async () => {
    const { first, second, pass } = await twoServers();
    expect(codes(second)).toContain("stands-aside");
    expect(codes(first)).toContain("rival-orchestrator");
    expect(codes(first)).not.toContain("stands-aside");
    const [epoch, spent] = [newest(first)?.epoch ?? 0, leases(second).length];
    expect(epoch).toBeLessThan(20);
    await pass(600);
    expect(newest(first)?.epoch).toBe(epoch);
    expect(leases(second)).toHaveLength(spent);
  });

  it("with sources that disagree: commands and aborts come from one only, and so does power", async () => {
    const { first, second, now, pass } = await twoServers();
    const from = { first: first.seconds, second: second.seconds };
    now.first = onBattery(8);
    await pass(300);
    expect(since(first, from.first).commands).toBeGreaterThan(0);
    expect(since(second, from.second)).toEqual({ commands: 0, power: 0, leases: 0 });
    // The other way round: the one that stands aside sees an outage, the one that leads does not.
    now.first = onMains(80);
    await pass(60);
    now.second = onBattery(8);
    await pass(300);
    now.second = onMains(80);
    await pass(60);
    expect(since(second, from.second)).toEqual({ commands: 0, power: 0, leases: 0 });
  });

  it("the one aside takes over 15 s after the other fell silent, above its epoch, and commands", async () => {
    const { first, second, now, pass } = await twoServers();
    now.second = onBattery(8);
    await pass(200);
    const [epoch, from] = [newest(first)?.epoch ?? 0, second.seconds];
    first.kill();
    await second.pass(9);
    expect(since(second, from)).toEqual({ commands: 0, power: 0, leases: 0 });
    await second.pass(12);
    expect(newest(second)?.epoch).toBe(epoch + 1);
    const commands = second.commands("pc").filter(({ heardAt }) => heardAt > from);
    expect(commands.map(({ epoch: of }) => of)).toContain(epoch + 1);
    expect(since(second, from).power).toBeGreaterThan(0);
    expect(codes(second)).not.toContain("stands-aside");
  });

  it("a claim that the other one outbids is given up before anything was commanded", async () => {
    const { first, second, now, pass } = await twoServers();
    now.second = onBattery(8);
    await pass(200);
    const from = second.seconds;
    // The second hears nothing until it has published its claim.
    const spent = leases(second).length;
    now.isDeaf = () => leases(second).length <= spent;
    await pass(120);
    expect(leases(second).length).toBeGreaterThan(spent);
    const commands = second.commands().filter(({ heardAt }) => heardAt > from);
    expect(commands).toEqual([]);
    expect(codes(second)).toContain("stands-aside");
    expect(newest(first)?.epoch).toBeGreaterThan(leases(second).at(-1)?.epoch ?? 0);
  });

  it("a frozen process does not take the pause for the other's silence", async () => {
    const { second } = await twoServers();
    const from = second.seconds;
    second.clock.move(60_000);
    await second.pass(10);
    expect(since(second, from)).toEqual({ commands: 0, power: 0, leases: 0 });
  });

  it.each([99_999_999, 100_000_001, 800_000_000, 2 ** 53 - 1])(
    "a forged lease of epoch %d, repeated: what we send stays valid, and nobody stands aside for what is absurd",
    async (epoch) => {
      const house = await House.open();
      house.each(10, () => house.says("Study", onBattery(8)));
      const { bus, topics } = house.app;
      const forged = { site: "x", instance: "zz", epoch, at: 1, online: true };
      for (let round = 0; round < 10; round++) {
        bus.inject(topics.orchestrator, "power-manager/orchestrator/status", forged, false);
        await house.pass(5);
      }
      await house.pass(250);
      expect(house.commands("pc").length).toBeGreaterThan(0);
      for (const command of house.commands("pc"))
        expect(topics.command.schema.safeParse(command).success).toBe(true);
      for (const { seq } of house.power("pc")) expect(Number.isSafeInteger(seq)).toBe(true);
      expect(codes(house).includes("absurd-epoch")).toBe(epoch > 100_000_000);
      expect(codes(house)).not.toContain("stands-aside");
    },
  );

  it.each([900_000_000, 2 ** 53 - 1])(
    "a refusal that names epoch %d raises nothing and is an alarm",
    async (epoch) => {
      const house = await House.open();
      house.each(10, () => house.says("Study", onBattery(8)));
      await house.pass(5);
      house.status("pc", { online: true, boot: "b", state: "idle" });
      await house.pass(230);
      const [command] = house.commands("pc");
      house.ack("pc", { id: command?.id ?? "", phase: "refused", last: { epoch, seq: 1 } });
      await house.pass(120);
      expect(codes(house)).toContain("absurd-epoch");
      const later = house.commands("pc").at(-1);
      expect(later?.epoch).toBe(command?.epoch);
      expect(house.app.topics.command.schema.safeParse(later).success).toBe(true);
    },
  );
});

describe("one AGENT_ID, two machines (E13)", () => {
  const says = (house: House, boot: string) => house.status("pc", { online: true, boot, state: "idle" });
  const alarm = (house: House) => house.standing().find(({ code }) => code === "two-agents");

  it.each([["ABA"], ["ABAB"], ["AABBA"], ["ABCA"], ["ABCBC"]])(
    "%s within minutes is an alarm that names both",
    async (order) => {
      const house = await House.open();
      for (const boot of order) {
        says(house, `boot-${boot}`);
        house.status("pc", { online: false });
        await house.pass(60);
      }
      expect(alarm(house)?.text).toMatch(/boot-[ABC] and boot-[ABC]/);
      expect(alarm(house)?.machine).toBe("pc");
    },
  );

  it.each([["A"], ["AAA"], ["AB"], ["AABB"], ["ABCDE"]])("%s is one machine that reboots", async (order) => {
    const house = await House.open();
    for (const boot of order) {
      says(house, `boot-${boot}`);
      await house.pass(60);
    }
    expect(alarm(house)).toBeUndefined();
  });

  it("an id that returns after more than ten minutes is no alarm, and a retained one proves nothing", async () => {
    const house = await House.open();
    says(house, "A");
    await house.pass(601);
    says(house, "B");
    house.status("pc", { online: true, boot: "A" }, true);
    await house.pass(10);
    says(house, "A");
    await house.pass(5);
    expect(alarm(house)).toBeUndefined();
  });
});
