/** What agents said long ago, and what was heard before this process was deaf, decides nothing now (E4, E5). */
import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Ack, Status } from "../../src/contract/messages/machine.ts";
import { ackText, statusText } from "../../src/contract/signatures.ts";
import { Agent } from "../agent.ts";
import { House, station } from "../house.ts";

const shutdowns = (house: House) => house.commands("pc").filter(({ action }) => action === "shutdown");

/** A house whose machine has a key, at 9 %, and an agent's messages with the right signature. */
async function signed() {
  const key = "a key of the house";
  const house = await House.open({ machines: { pc: { key } }, policy: { debounceSec: 10 } });
  const sign = (text: string) => createHmac("sha256", key).update(text).digest("hex");
  const study = station(house, "Study", 2);
  study.soc = 9;
  return {
    house,
    study,
    now: () => Math.floor(house.clock.wall() / 1000),
    saysStatus: (status: Status) => house.status("pc", { ...status, sig: sign(statusText("pc", status)) }),
    saysAck: (ack: Ack) => house.ack("pc", { ...ack, sig: sign(ackText("pc", ack)) }),
  };
}

describe("an acknowledgement of a command that is long over", () => {
  it("in a countdown, or before it, keeps no machine from its command", async () => {
    const house = await House.open({ policy: { debounceSec: 10 } });
    const study = station(house, "Study", 2);
    study.soc = 9;
    const pc = new Agent(house, "pc");
    await house.pass(60);
    const old = Math.floor(house.clock.wall() / 1000) - 7_200;
    house.each(3, () => house.ack("pc", { id: `pc-1-1-${old}`, phase: "shutting_down", at: old }));
    study.grid = false;
    await house.pass(30);
    expect(shutdowns(house)).not.toEqual([]);
    await house.pass(120);
    expect(pc.record.some((deed) => deed.startsWith("shutdown"))).toBe(true);
  });

  it("rightly signed, with a status of then: it is ignored as well", async () => {
    const { house, study, now, saysStatus, saysAck } = await signed();
    const says = (at: number, boot: string) => {
      const status: Status = { online: true, boot, state: "idle", command: null, at };
      saysStatus(status);
    };
    house.each(10, () => says(now(), "today"));
    await house.pass(60);
    const old = now() - 86_400;
    house.each(3, () => {
      saysAck({ id: `pc-1-1-${old}`, phase: "shutting_down", at: old });
      says(old, "yesterday");
    });
    study.grid = false;
    await house.pass(30);
    expect(shutdowns(house)).not.toEqual([]);
    expect(house.plans("pc").at(-1)?.state).toBe("commanded");
  });
});

describe("a signed Last Will, written when the agent connected", () => {
  it("is no old message: the machine that acknowledged and left is down", async () => {
    const { house, study, now, saysStatus, saysAck } = await signed();
    const connectedAt = now();
    house.each(10, () => {
      if (house.seconds < 640)
        saysStatus({ online: true, boot: "pc", state: "idle", command: null, at: now() });
    });
    await house.pass(610);
    study.grid = false;
    await house.pass(30);
    const { id } = shutdowns(house)[0] ?? { id: "" };
    saysAck({ id, phase: "delay", at: now() });
    await house.pass(5);
    saysStatus({ online: false, boot: "pc", at: connectedAt });
    await house.pass(60);
    expect(house.plans("pc").at(-1)?.state).toBe("down");
  });
});

describe("a status that is repeated three minutes later", () => {
  it("of a countdown that was called back: no second abort", async () => {
    const house = await House.open({ policy: { debounceSec: 10 } });
    const said: Status[] = [];
    const { status } = house;
    house.status = (machine, message) => {
      said.push(message);
      status.call(house, machine, message);
    };
    const study = station(house, "Study", 2);
    study.soc = 9;
    new Agent(house, "pc");
    await house.pass(60);
    study.grid = false;
    await house.pass(30);
    expect(said.at(-1)).toMatchObject({ state: "delay" });
    const countdown = said.at(-1) as Status;
    study.grid = true;
    await house.pass(180);
    const aborts = () => house.commands("pc").filter(({ action }) => action === "abort").length;
    expect(aborts()).toBe(1);
    for (let nth = 0; nth < 5; nth++) status.call(house, "pc", countdown);
    await house.pass(30);
    expect(aborts()).toBe(1);
  });
});

describe("a grid that was back for some seconds", () => {
  const commanded = async () => {
    const house = await House.open({ policy: { debounceSec: 10 } });
    const study = station(house, "Study", 2);
    study.soc = 9;
    new Agent(house, "pc");
    await house.pass(60);
    study.grid = false;
    await house.pass(20);
    study.grid = true;
    await house.pass(7);
    study.silent = true;
    expect(shutdowns(house)).not.toEqual([]);
    return house;
  };

  it("and then the process was killed: the time in which nobody heard confirms nothing", async () => {
    const house = await commanded();
    await house.restart({ awaySec: 9 });
    await house.pass(25);
    expect(house.commands("pc").filter(({ action }) => action === "abort")).toEqual([]);
  });
});
