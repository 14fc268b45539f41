/** The log for people: good news once, why a value is doubted, an outage that goes on, and nothing at rest. */
import { describe, expect, it } from "vitest";
import { makeLog } from "../../src/io/log.ts";
import { House, onBattery, onMains, station } from "../house.ts";

/** A house whose log is as on a terminal; `lines` without their times. */
async function spoken() {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line.slice(10).trimEnd());
  const log = makeLog({ level: "info", pretty: true, secrets: [], wall: () => 0, write });
  const house = await House.open({ log });
  return { house, lines, told: (text: RegExp) => lines.filter((line) => text.test(line)) };
}

const agent = {
  online: true,
  armed: true,
  boot: "b",
  state: "idle",
  platform: "linux",
  version: "1",
} as const;

describe("the log", () => {
  it("says once that a station is heard and an agent is online, and nothing at rest", async () => {
    const { house, lines, told } = await spoken();
    station(house);
    house.each(30, () => house.status("pc", agent));
    await house.pass(120);
    expect(told(/is heard/)).toEqual(["Study is heard: 80 %, mains present"]);
    expect(told(/online/)).toEqual(["the agent of pc is online, armed, linux, version 1"]);
    const before = lines.length;
    await house.pass(3_600);
    expect(lines.slice(before)).toEqual([]);
  });

  it("says once that an agent has left and why, and once that it is back", async () => {
    const { house, told } = await spoken();
    station(house);
    house.status("pc", agent);
    await house.pass(10);
    house.status("pc", { online: false, reason: "user" });
    await house.pass(10);
    expect(told(/offline/)).toEqual(["the agent of pc is offline: it was stopped"]);
    for (let times = 0; times < 20; times++) {
      house.status("pc", agent);
      await house.pass(3);
      house.status("pc", { online: false });
      await house.pass(3);
    }
    expect(told(/offline/)).toHaveLength(1);
    expect(told(/is online/)).toHaveLength(2);
  });

  it("says that a command which was refused first was then accepted", async () => {
    const { house, told } = await spoken();
    station(house);
    house.status("pc", agent);
    await house.pass(10);
    for (const phase of ["refused", "received", "delay"] as const) house.ack("pc", { id: "x-1", phase });
    await house.pass(1);
    expect(told(/acknowledges/)).toEqual([
      "pc acknowledges command x-1: refused",
      "pc acknowledges command x-1: received",
    ]);
  });

  it("says why a charge is not believed, once for a meter that jumps", async () => {
    const { house, told } = await spoken();
    house.says("Study", onMains(62));
    await house.pass(5);
    for (let times = 0; times < 20; times++) {
      house.says("Study", onMains(40));
      await house.pass(1);
      house.says("Study", onMains(62));
      await house.pass(4);
    }
    expect(told(/believed/)).toEqual(["Study: 40 % not believed yet: was 62 % 5 s ago"]);
  });

  it("says that an outage and a countdown go on after a restart", async () => {
    const { house, told } = await spoken();
    const study = station(house);
    await house.pass(60);
    study.grid = false;
    study.soc = 5;
    await house.pass(60);
    await house.restart();
    expect(told(/goes on after the restart/)).toHaveLength(1);
    expect(told(/goes on after the restart/)[0]).toMatch(
      /^the outage of Study goes on .*, since .*; last charge 5 %$/,
    );
    expect(told(/^pc was/)).toEqual(["pc was pending before the restart, and still is"]);
  });

  it("carries no JSON tail: what an event holds for programs is not on a terminal", async () => {
    const { house, lines } = await spoken();
    house.says("Study", onMains(80));
    await house.pass(5);
    for (let times = 0; times < 5; times++) {
      house.says("Study", onBattery(80));
      await house.pass(3);
    }
    expect(lines.some((line) => line.includes("Study has no grid"))).toBe(true);
    expect(lines.join("\n")).not.toMatch(/[{}]/);
  });
});
