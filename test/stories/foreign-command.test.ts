/** Whatever arrives on a machine's `cmd` topic and is not ours is an alarm: also what is no command, and what is retained. */
import { describe, expect, it } from "vitest";
import type { Command } from "../../src/contract/messages/machine.ts";
import { commandText } from "../../src/contract/signatures.ts";
import { sign } from "../../src/io/secrets.ts";
import { House } from "../house.ts";

const command = (more: Partial<Command> = {}): Command => ({
  id: "x-1",
  action: "shutdown",
  delay_sec: 0,
  reason: "R",
  ttl_sec: 300,
  ...more,
});

function arrives(house: House, payload: Command, { retained = false, machine = "pc" } = {}) {
  const { bus, topics } = house.app;
  bus.inject(topics.command, `power-manager/${machine}/cmd`, payload, retained);
}

function unreadable(house: House, problem: string) {
  const { bus, topics } = house.app;
  bus.publish("mirror", topics.refused, {}, { topic: "power-manager/pc/cmd", machine: "pc", problem });
}

const said = (house: House) => house.events().map(({ type, code, text }) => [code ?? type, text]);

describe("a foreign command", () => {
  it("that is live names its action and id", async () => {
    const house = await House.open();
    arrives(house, command());
    expect(said(house)).toEqual([
      ["foreign-command", expect.stringContaining("(shutdown, id x-1) was sent by another")],
    ]);
  });

  it("that is retained is an alarm, and moves no epoch", async () => {
    const house = await House.open();
    arrives(house, command({ id: "hand-pc-1", epoch: 7 }), { retained: true });
    await house.pass(10);
    expect(said(house)).toEqual([
      ["foreign-command", expect.stringContaining("a retained command is never right")],
    ]);
    expect(house.of<{ epoch: number }>("orchestrator").at(-1)?.epoch).toBe(1);
  });

  it("that cannot be read says why", async () => {
    const house = await House.open();
    unreadable(house, "reason: Invalid input");
    expect(said(house)).toEqual([
      ["foreign-command", expect.stringContaining("is no command (reason: Invalid input)")],
    ]);
  });

  it("that calls itself one by hand and is not signed with the machine's key is foreign", async () => {
    const key = "the key of pc";
    const house = await House.open({ machines: { pc: { key }, nas: {} } });
    const byHand = command({ id: "hand-pc-1" });
    arrives(house, byHand);
    arrives(house, { ...byHand, sig: sign(key, commandText("pc", byHand)) });
    arrives(house, command({ id: "hand-nas-1" }), { machine: "nas" });
    expect(said(house).map(([code]) => code)).toEqual(["foreign-command", "by-hand", "by-hand"]);
  });

  it("in a flood is a handful of events a minute for each machine, and for all strangers together", async () => {
    const house = await House.open();
    for (let each = 0; each < 500; each++) {
      arrives(house, command({ id: `x-${each}` }));
      arrives(house, command({ id: `y-${each}` }), { machine: `stranger-${each}` });
      unreadable(house, "not JSON");
    }
    expect(house.events()).toHaveLength(12);
    await house.pass(61);
    arrives(house, command());
    expect(house.events()).toHaveLength(13);
  });

  it("of a server that leads in our place is none, and one of another epoch is", async () => {
    const house = await House.open();
    const rival = { site: "x", instance: "zz", online: true, machines: { pc: null } };
    for (let at = 1; at < 8; at++) {
      house.orchestrator({ ...rival, epoch: 2 * at, at });
      await house.pass(4);
    }
    const before = house.events().length;
    arrives(house, command({ epoch: 14 }));
    expect(house.events()).toHaveLength(before);
    arrives(house, command({ epoch: 13 }));
    arrives(house, command());
    expect(house.events()).toHaveLength(before + 2);
    await house.pass(20);
    const led = house.events().length;
    arrives(house, command({ epoch: 14 }));
    expect(house.events()).toHaveLength(led + 1);
  });
});
