/** Outages, with the built server and the real Linux script. */
import { describe, it } from "vitest";
import { seconds } from "../agents/wait.ts";
import { House, short } from "./agent-house.ts";

/** Seconds after the last message in which nothing may happen: delay, a repeat, and two to spare. */
const quietSec = short.delaySec + 3;
const touching = { PRE_SHUTDOWN_CMD_1: "{recorder} pre", POST_ABORT_CMD_1: "{recorder} post" };

export function outages(): void {
  describe.concurrent("an outage", () => {
    it("command, acknowledgements, and SHUTDOWN_CMD exactly once", async ({ expect, onTestFinished }) => {
      const house = await House.open(onTestFinished, { agent: { PRE_SHUTDOWN_CMD_1: "{recorder} pre" } });
      await house.falls();
      await house.planned("going_down");
      await seconds(quietSec);
      expect(house.pc.recorded).toEqual(["pre", "shutdown"]);
      const [command] = house.commands;
      expect(command).toMatchObject({ action: "shutdown", delay_sec: short.delaySec, station: "Study" });
      expect(command?.reason).toMatch(/soc 8 % <= 20 %, on battery \d+ s/);
      // A repeated command, which a slow machine gets, is answered with the phase of that moment.
      const phases = house.answers.map(({ phase }) => phase);
      expect([...new Set(phases)]).toEqual(["received", "delay", "pre_shutdown", "shutting_down"]);
      expect(phases.filter((phase) => phase === "pre_shutdown").length).toBeGreaterThanOrEqual(2);
      expect(house.answers.every(({ id }) => id === command?.id)).toBe(true);
      expect(house.commands.every(({ id }) => id === command?.id)).toBe(true);
    });

    it("that ends within the debounce sends nothing to the machine", async ({ expect, onTestFinished }) => {
      const house = await House.open(onTestFinished, { debounceSec: 6 });
      house.grid(false);
      await house.planned("pending");
      house.grid(true);
      await house.planned("watching");
      await seconds(quietSec);
      expect(house.commands).toEqual([]);
      expect(house.pc.record).toEqual([]);
    });

    it("that ends in the delay is aborted: nothing touched, idle, watching", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished, { agent: touching, delaySec: 15 });
      house.grid(false);
      await house.pc.phase("delay");
      house.grid(true);
      await house.pc.phase("aborted");
      await house.planned("watching");
      await house.pc.status(({ state, command }) => state === "idle" && command === null);
      await seconds(15);
      expect(house.pc.record).toEqual([]);
      expect(house.commands.map(({ action }) => action)).toContain("abort");
    });

    it("that ends while pre-commands run is aborted: what they stopped is started again", async ({
      expect,
      onTestFinished,
    }) => {
      const agent = { ...touching, PRE_SHUTDOWN_CMD_2: "sleep 30", PRE_SHUTDOWN_CMD_3: "{recorder} never" };
      const house = await House.open(onTestFinished, { agent });
      house.grid(false);
      await house.pc.entry("pre");
      house.grid(true);
      await house.pc.phase("aborted");
      await house.pc.entry("post");
      await house.planned("watching");
      await seconds(quietSec);
      expect(house.pc.recorded).toEqual(["pre", "post"]);
    });

    it("that ends after the point of no return: it completes, once, and is not aborted", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished);
      await house.falls();
      // An abort by hand is possible; the agent answers truthfully. Before the mains return: after them it watches again.
      const { code, said } = await house.send("pc", "abort");
      expect(said).toContain("pc: too_late");
      expect(code).toBe(1);
      house.grid(true);
      await house.planned("going_down");
      await seconds(quietSec);
      expect(house.shutdowns).toBe(1);
      const aborts = house.commands.filter(({ action }) => action === "abort");
      expect(aborts.filter(({ id }) => !id.startsWith("hand-"))).toEqual([]);
    });

    it("that falls again after an abort commands at once, with no second debounce", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished, { debounceSec: 8, delaySec: 15 });
      house.grid(false);
      await house.pc.phase("delay");
      house.grid(true);
      await house.pc.phase("aborted");
      await house.planned("watching");
      const [first] = house.commands;
      await house.falls();
      const second = house.commands.findLast(({ action }) => action === "shutdown");
      expect(second?.id).not.toBe(first?.id);
      expect(second?.outage).toBe(first?.outage);
      expect(second?.reason).toContain("the debounce was spent before the abort");
      await seconds(3);
      expect(house.shutdowns).toBe(1);
    });

    it("is completed after two aborts: the third command is not called back", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished, { delaySec: 15 });
      for (const nth of [1, 2]) {
        house.grid(false);
        await house.until(`command ${nth}`, () => house.distinct("delay") === nth);
        house.grid(true);
        await house.until(`abort ${nth}`, () => house.distinct("aborted") === nth);
        await house.planned("watching");
      }
      house.grid(false);
      await house.until(`command 3`, () => house.distinct("delay") === 3);
      house.grid(true);
      await house.pc.entry();
      await house.planned("going_down");
      expect(house.distinct("aborted")).toBe(2);
    });

    it("reaches an agent that is started after the command, with the delay that is left", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished, { absent: true });
      house.grid(false);
      await house.planned("commanded");
      // Its first message shows that it can answer; until then it counts as one of the original (S30).
      await house.pc.start();
      await house.pc.entry();
      await house.planned("going_down");
      await seconds(quietSec);
      expect(house.shutdowns).toBe(1);
    });

    it("a machine that never acknowledges is an alarm, then unknown, never down", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished, { stopSec: 13 });
      // It hangs: its connection lives, but it does nothing.
      house.pc.process?.kill("SIGSTOP");
      house.grid(false);
      await house.event(({ code, text }) => code === "no-acknowledgement" && text.includes("pc has not"));
      expect(house.plan("commanded")).toBe(true);
      await house.pc.killListener();
      await house.planned("unknown");
      await house.event(({ code, level }) => code === "machine-unknown" && level === "alarm");
      await seconds(quietSec);
      expect(house.states).not.toContain("down");
      expect(house.pc.record).toEqual([]);
      // When it is awake again it gets what it missed: the outage goes on.
      house.pc.process?.kill("SIGCONT");
      await house.pc.entry();
      await house.planned("going_down");
    });
  });
}
