/** `ecoflow-power send` through the real script, beside a running server: exit codes, phases, and which command wins. */
import { describe, it } from "vitest";
import { seconds } from "../agents/wait.ts";
import { House, short } from "./agent-house.ts";

const agent = { PRE_SHUTDOWN_CMD_1: "{recorder} pre", POST_ABORT_CMD_1: "{recorder} post" };

export function byHand(): void {
  describe.concurrent("send", () => {
    it("ping: pong, exit code 0; 1 when nobody answers", async ({ expect, onTestFinished }) => {
      const house = await House.open(onTestFinished);
      const answered = await house.send("pc", "ping", "--wait", "60");
      expect(answered.said).toContain("pc: pong");
      expect(answered.code).toBe(0);
      await house.pc.stop();
      const silent = await house.send("pc", "ping", "--wait", "2");
      expect(silent.said).toContain("sent is not done");
      expect(silent.code).toBe(1);
    });

    it("shutdown --dry-run on good mains: every phase, nothing shut down, and the server is not fooled", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished, { agent });
      const { code, said } = await house.send("pc", "shutdown", "--dry-run");
      for (const phase of ["received", "delay", "pre_shutdown", "shutting_down"])
        expect(said).toContain(`pc: ${phase}`);
      expect(code).toBe(0);
      await house.pc.entry("post");
      await house.pc.status(({ state, command }) => state === "idle" && command === null);
      await seconds(short.delaySec + 2);
      expect(house.pc.recorded).toEqual(["pre", "post"]);
      expect(new Set(house.states)).toEqual(new Set(["watching"]));
      expect(house.events.map(({ type }) => type)).not.toContain("going-down");
    });

    it("shutdown on good mains is obeyed: what a person wants is not called back by the server", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished, { agent, delaySec: 5 });
      const { code, said } = await house.send("pc", "shutdown");
      expect(said).toContain("pc: shutting_down");
      expect(code).toBe(0);
      await house.planned("going_down");
      await seconds(3);
      expect(house.pc.recorded).toEqual(["pre", "shutdown"]);
      await house.event(({ type, text }) => type === "by-hand" && text.includes("shutdown was sent to pc"));
    });

    it("abort takes back a shutdown by hand", async ({ expect, onTestFinished }) => {
      const house = await House.open(onTestFinished, { agent });
      const shutdown = house.send("pc", "shutdown", "--delay", "20");
      await house.pc.phase("delay");
      const abort = await house.send("pc", "abort");
      expect(abort.said).toContain("pc: aborted");
      expect(abort.code).toBe(0);
      await house.planned("watching");
      const taken = await shutdown;
      expect(taken.said).toContain("pc: aborted by another command");
      expect(taken.code).toBe(1);
      await seconds(2);
      expect(house.pc.record).toEqual([]);
    });

    it("the server's next command gets through at once: it shares one order with those by hand (R7)", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished);
      expect((await house.send("pc", "shutdown", "--dry-run", "--delay", "0")).code).toBe(0);
      await house.pc.status(({ state }) => state === "idle");
      const mark = house.pc.acks.length;
      await house.falls();
      await house.planned("going_down");
      expect(house.pc.acks.slice(mark).map(({ phase }) => phase)).not.toContain("refused");
      await seconds(3);
      expect(house.shutdowns).toBe(1);
      expect(house.events.map(({ code }) => code)).not.toContain("foreign-command");
    });
  });

  describe.concurrent("an agent in dry run", () => {
    it("rehearses an outage once, and the server says that the machine is not protected", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished, { agent: { ...agent, DRY_RUN: "on" } });
      expect(house.lastPlan?.hold).toEqual({ kind: "dry_run", until: null });
      house.grid(false);
      await house.event(({ code, text }) => code === "command-failed" && text.includes("only rehearsed"));
      await house.pc.entry("post");
      await seconds(2 * short.delaySec + 6);
      expect(house.pc.recorded).toEqual(["pre", "post"]);
      expect(house.events.map(({ type }) => type)).not.toContain("going-down");
      expect(house.plan("commanded")).toBe(true);
      house.grid(true);
      await house.planned("watching");
    });
  });
}
