/** An agent that never came, or that has another key, is an alarm before the outage, each by its name. */
import { describe, expect, it } from "vitest";
import type { Status } from "../../src/contract/messages/machine.ts";
import { statusText } from "../../src/contract/signatures.ts";
import { sign } from "../../src/io/secrets.ts";
import { House, station } from "../house.ts";

const key = "a key of this story only";
const standing = (house: House) => house.standing().map(({ code, machine }) => `${code} ${machine}`);
const report: Status = { online: true, boot: "pc-1", state: "idle", at: 1 };
const signedBy = (by: string, status: Status): Status => ({
  ...status,
  sig: sign(by, statusText("pc", status)),
});
const keyed = () => House.open({ machines: { pc: { key } } });

describe("an agent that never came", () => {
  it("is an alarm at the end of the boot grace, and no sooner; it ends when the agent is heard", async () => {
    const house = await House.open();
    station(house);
    await house.pass(595);
    expect(house.alarms()).toEqual([]);
    await house.pass(10);
    expect(standing(house)).toEqual(["agent-not-heard pc"]);
    expect(house.alarms()[0]?.text).toMatch(/^no agent of pc was heard since the start 60\d s ago/);
    await house.pass(3_000);
    expect(house.alarms()).toHaveLength(1);
    house.status("pc", report);
    await house.pass(1);
    expect(standing(house)).toEqual([]);
    expect(house.commands()).toEqual([]);
  });

  it("is named for each machine, and a machine that said goodbye is none", async () => {
    const house = await House.open({ machines: { pc: {}, nas: {}, off: {}, there: {} } });
    station(house);
    house.status("off", { online: false, reason: "user" }, true);
    house.status("there", report);
    await house.pass(610);
    expect(standing(house)).toEqual(["agent-not-heard pc", "agent-not-heard nas"]);
  });

  it("is none by an old retained message alone", async () => {
    const house = await House.open();
    station(house);
    house.status("pc", report, true);
    await house.pass(610);
    expect(standing(house)).toEqual(["agent-not-heard pc"]);
  });

  it("ends over restarts too: of the process, and of the machine", async () => {
    for (const otherBoot of [false, true]) {
      const house = await House.open();
      station(house);
      await house.pass(610);
      await house.restart({ otherBoot });
      await house.pass(30);
      expect(standing(house)).toEqual(["agent-not-heard pc"]);
      house.status("pc", report);
      await house.pass(1);
      expect(standing(house)).toEqual([]);
    }
  });
});

describe("an agent with another key", () => {
  it("is an alarm by that name, not one that was never heard; it ends with the right key", async () => {
    const house = await keyed();
    station(house);
    const stop = house.each(30, () => house.status("pc", signedBy("another key", report)));
    await house.pass(70);
    expect(standing(house)).toEqual(["wrong-key pc"]);
    expect(house.alarms()[0]?.text).toMatch(/^pc answers with another key/);
    await house.pass(700);
    expect(house.alarms()).toHaveLength(1);
    stop();
    house.status("pc", signedBy(key, report));
    await house.pass(1);
    expect(standing(house)).toEqual([]);
  });

  it("stays one in the outage: never-seen would send people to the wrong place", async () => {
    const house = await keyed();
    const study = station(house);
    house.each(30, () => house.status("pc", signedBy("another key", report)));
    await house.pass(70);
    study.grid = false;
    study.soc = 9;
    await house.pass(240);
    expect(house.alarms().map(({ code }) => code)).not.toContain("never-seen");
    expect(house.commands("pc").length).toBeGreaterThan(0);
  });

  it("without a signature, and that takes the place of the silence that was told before", async () => {
    const house = await keyed();
    station(house);
    await house.pass(610);
    expect(standing(house)).toEqual(["agent-not-heard pc"]);
    house.each(30, () => house.status("pc", report));
    await house.pass(70);
    expect(standing(house)).toEqual(["wrong-key pc"]);
    expect(house.alarms().at(-1)?.text).toMatch(/^pc answers without a signature/);
    // A Last Will of an agent without a key needs no signature, and shows none.
    house.status("pc", { online: false });
    await house.pass(1);
    expect(standing(house)).toEqual(["wrong-key pc"]);
  });

  it("is none where somebody else writes beside an agent with the right key", async () => {
    const house = await keyed();
    station(house);
    house.each(7, () => house.status("pc", signedBy("another key", report)));
    house.each(30, () => house.status("pc", signedBy(key, { ...report, at: 1 + house.seconds })));
    await house.pass(700);
    expect(house.alarms()).toEqual([]);
  });
});
