/** The dead-man: what the real script does when server and broker die (S21). */
import { describe, it } from "vitest";
import { seconds, stamp } from "../agents/wait.ts";
import { House } from "./agent-house.ts";

/** Above every threshold, so the server commands nothing. Longer than the 5 s between two `power` messages on battery. */
const options = { soc: 80, deadmanSec: 14 };

/** The station is on battery, and the agent knows it. */
async function onBattery(house: House, deadmanSec = options.deadmanSec): Promise<void> {
  house.grid(false);
  await house.pc.logs(`on battery: without a message for ${deadmanSec} s`);
}

/** The latest moment at which the agent may have heard the server. */
const lastWord = (house: House): number =>
  house.broker.heard.findLast(({ topic, retain }) => topic === "power-manager/pc/power" && !retain)?.at ?? 0;

async function killBoth(house: House): Promise<void> {
  await house.server.stop("SIGKILL");
  await house.broker.stop();
}

export function deadMan(): void {
  describe.concurrent("the dead-man", () => {
    it("server and broker die on battery: the agent goes down alone, in time, once", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished, options);
      await onBattery(house);
      await killBoth(house);
      const { at } = await house.pc.entry();
      expect((at - lastWord(house)) / 1000).toBeGreaterThanOrEqual(options.deadmanSec - 0.1);
      expect((at - lastWord(house)) / 1000).toBeLessThanOrEqual(options.deadmanSec + 20);
      await seconds(3);
      expect(house.shutdowns).toBe(1);
      expect(house.commands).toEqual([]);
      // After its return the server learns from the agent what happened.
      await house.broker.start();
      house.server.start();
      await house.planned("going_down");
    });

    it("the server alone dies on battery: the same", async ({ expect, onTestFinished }) => {
      const house = await House.open(onTestFinished, options);
      await onBattery(house);
      await house.server.stop("SIGKILL");
      await house.pc.entry();
      await house.pc.phase("shutting_down");
      expect(house.answers[0]?.reason).toMatch(/no message from the server for \d+ s >= 14 s/);
      await seconds(3);
      expect(house.shutdowns).toBe(1);
    });

    it("both die on mains: it keeps running", async ({ expect, onTestFinished }) => {
      const house = await House.open(onTestFinished, options);
      const before = stamp();
      await house.until("a word on mains", () => lastWord(house) > 0);
      await killBoth(house);
      await seconds(2 * options.deadmanSec);
      expect(stamp() - before).toBeGreaterThanOrEqual(2 * options.deadmanSec * 1000);
      expect(house.pc.record).toEqual([]);
      expect(house.pc.exitCode).toBeNull();
    });

    it("both die on battery and are back in time: it keeps running", async ({ expect, onTestFinished }) => {
      // A busy machine needs its time to start a server.
      const deadmanSec = 45;
      const house = await House.open(onTestFinished, { ...options, deadmanSec });
      await onBattery(house, deadmanSec);
      await killBoth(house);
      await seconds(2);
      await house.broker.start();
      house.server.start();
      await seconds(deadmanSec + 5);
      expect(house.pc.record).toEqual([]);
      expect(house.plan("watching")).toBe(true);
    });

    it("the mains return and are heard, then both die: it keeps running", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished, options);
      await onBattery(house);
      house.grid(true);
      await house.pc.logs("the dead-man is disarmed");
      await killBoth(house);
      await seconds(2 * options.deadmanSec);
      expect(house.pc.record).toEqual([]);
    });

    it("an orderly stop of the server on battery sends a last power: the count begins there", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished, options);
      await onBattery(house);
      const stopped = stamp();
      expect(await house.server.stop("SIGTERM")).toBe(0);
      expect(lastWord(house)).toBeGreaterThanOrEqual(stopped);
      const { at } = await house.pc.entry();
      expect((at - stopped) / 1000).toBeGreaterThanOrEqual(options.deadmanSec);
    });
  });
}
