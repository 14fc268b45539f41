/** Commands by hand (`ecoflow-power send`) and those of the server are in one order: neither makes the other old. */
import { describe, expect, it } from "vitest";
import type { Command } from "../../src/contract/messages/machine.ts";
import type { OrchestratorStatus } from "../../src/contract/messages/server.ts";
import { commandText } from "../../src/contract/signatures.ts";
import { sign } from "../../src/io/secrets.ts";
import { House, station } from "../house.ts";

const epochOf = (house: House) => house.of<OrchestratorStatus>("orchestrator").at(-1)?.epoch ?? 0;

/** A command as `send` makes it: in the server's epoch, with the time for its sequence number. */
function byHand(house: House, more: Partial<Command> = {}): Command {
  const now = house.clock.wall();
  const id = `hand-pc-${now}`;
  return {
    id,
    action: "shutdown",
    delay_sec: 0,
    reason: "by hand",
    ttl_sec: 300,
    issued_at: Math.floor(now / 1000),
    epoch: epochOf(house),
    seq: now,
    dry_run: true,
    ...more,
  };
}

function sends(house: House, command: Command) {
  const { bus, topics } = house.app;
  bus.inject(topics.command, "power-manager/pc/cmd", command, false);
}

describe("a command by hand", () => {
  it("is older than the server's next one, so that the agent takes both", async () => {
    const house = await House.open();
    const study = station(house);
    await house.pass(60);
    const hand = byHand(house);
    sends(house, hand);
    await house.pass(5);
    study.grid = false;
    study.soc = 5;
    await house.pass(300);
    const [first] = house.commands("pc");
    expect(first?.action).toBe("shutdown");
    expect(first?.epoch).toBeGreaterThan(hand.epoch ?? 0);
  });

  it("that is a ping, absurd, or of an earlier epoch raises nothing", async () => {
    const house = await House.open();
    station(house);
    await house.pass(60);
    const epoch = epochOf(house);
    sends(house, byHand(house, { action: "ping" }));
    sends(house, byHand(house, { epoch: 900_000_000 }));
    sends(house, byHand(house, { epoch: epoch - 1 }));
    sends(house, { ...byHand(house), id: "pc-9-1-1" });
    await house.pass(10);
    expect(epochOf(house)).toBe(epoch);
  });

  it("without the machine's key raises nothing, with it the epoch", async () => {
    const key = "a key of this test only";
    const house = await House.open({ machines: { pc: { key } } });
    station(house);
    await house.pass(60);
    const epoch = epochOf(house);
    const command = byHand(house);
    sends(house, command);
    await house.pass(10);
    expect(epochOf(house)).toBe(epoch);
    sends(house, { ...command, sig: sign(key, commandText("pc", command)) });
    await house.pass(10);
    expect(epochOf(house)).toBe(epoch + 1);
  });
});
