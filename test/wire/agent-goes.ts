/** A machine that goes down: proven absent, its stop time measured and stored; and its return with another boot (S29). */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "vitest";
import { seconds } from "../agents/wait.ts";
import { House } from "./agent-house.ts";

/** The operating system ends the agent and the machine. */
const powerOff = (house: House) => house.pc.stop();

/** It boots: its run folder is empty, and the boot id is another. */
async function boots(house: House, nth: number): Promise<void> {
  const proc = join(house.pc.folder, `proc-${nth}`);
  mkdirSync(join(proc, "sys/kernel/random"), { recursive: true });
  writeFileSync(join(proc, "sys/kernel/random/boot_id"), `boot-${nth}\n`);
  house.pc.env["ECOFLOW_POWER_PROC"] = proc;
  house.pc.env["RUNTIME_DIRECTORY"] = join(house.pc.folder, `run-${nth}`);
  // The only clock it needs is this one, which keeps running.
  symlinkSync("/proc/uptime", join(proc, "uptime"));
  await house.pc.start();
}

export function goes(): void {
  describe.concurrent("a machine that goes", () => {
    it("is down when it was absent for 20 s; its stop time is measured, reported, and survives a kill -9", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished, { agent: { PRE_SHUTDOWN_CMD_1: "sleep 2" } });
      await house.falls();
      await seconds(1);
      await powerOff(house);
      await house.planned("down");
      const down = await house.event(({ type }) => type === "down");
      expect(down).toMatchObject({ level: "info", machine: "pc" });
      const measured = house.lastPlan?.stop_measured_sec ?? 0;
      // Two seconds of pre-command, one of shutting down, and what a slow computer adds.
      expect(measured).toBeGreaterThanOrEqual(3);
      expect(down.text).toContain(`gone ${measured} s after its delay (stopSec 20 s`);
      const told = house.states.length;
      await house.killServer();
      await house.until("the plan after the restart", () => house.states.length > told);
      expect(house.lastPlan).toMatchObject({ state: "down", stop_measured_sec: measured });
    });

    it("took longer than stopSec: a warning that says what to write", async ({ expect, onTestFinished }) => {
      const agent = { PRE_SHUTDOWN_CMD_1: "sleep 4" };
      const house = await House.open(onTestFinished, { agent, stopSec: 3 });
      await house.falls();
      await powerOff(house);
      const down = await house.event(({ type }) => type === "down");
      expect(down.level).toBe("warn");
      expect(down.text).toMatch(/longer than planned; set stopSec to \d+ s or more/);
    });

    it("booted by a person in the outage: commanded again, with the full debounce", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished, { debounceSec: 4 });
      await house.falls();
      await powerOff(house);
      await house.planned("down");
      const [first] = house.commands;
      await boots(house, 2);
      await house.event(({ type }) => type === "machine-back");
      await house.pc.entry("shutdown", 2);
      const second = house.commands.at(-1);
      expect(second?.outage).toBe(first?.outage);
      expect(second?.seq).toBeGreaterThan(first?.seq ?? 0);
      expect(second?.reason).toMatch(/for \d+ s >= 4 s$/);
      await seconds(3);
      expect(house.shutdowns).toBe(2);
    });

    it("booted after the mains returned: it stays up, whatever is retained of last night", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished);
      await house.falls();
      await powerOff(house);
      await house.planned("down");
      house.grid(true);
      const last = house.commands.length;
      await boots(house, 2);
      await house.planned("watching");
      await seconds(8);
      expect(house.shutdowns).toBe(1);
      expect(house.commands.slice(last).map(({ action }) => action)).not.toContain("shutdown");
    });
  });
}
