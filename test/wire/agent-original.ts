/** Half of each: the original's server before our agent, and our server before the original's agent (S30; their sides are emulated). */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "vitest";
import { Machine } from "../agents/machine.ts";
import { linux, macos, type Platform } from "../agents/platforms.ts";
import { seconds } from "../agents/wait.ts";
import { House, short } from "./agent-house.ts";
import { KillableBroker } from "./killable-broker.ts";
import { originalServerSays, startOriginalAgent } from "./original-peers.ts";

const order = (action: "shutdown" | "abort", delay_sec = 0) => ({
  id: "8f14e45f-ceea-467f-a0e6-b2a3c0f3c1a2",
  action,
  delay_sec,
  reason: "SoC Critical: 9.5% (limit: 10%)",
  ttl_sec: 180,
});

/** Our agent, and a broker on which no server of ours ever published. */
async function ourAgent(finished: TestContext["onTestFinished"], settings = {}, platform: Platform = linux) {
  const broker = new KillableBroker();
  await broker.start();
  const pc = new Machine(broker, platform, settings, "pc");
  finished(async () => {
    await pc.close();
    await broker.close();
  });
  await pc.start();
  return {
    broker,
    pc,
    says: (what: ReturnType<typeof order>) => originalServerSays(broker.port, "pc", what),
  };
}

export function original(): void {
  describe.concurrent("the original's server, our agent", () => {
    it("a shutdown is obeyed on arrival, once", async ({ expect, onTestFinished }) => {
      const { pc, says } = await ourAgent(onTestFinished, { PRE_SHUTDOWN_CMD_1: "{recorder} pre" });
      await says(order("shutdown", 2));
      await pc.entry();
      await says(order("shutdown", 2));
      await seconds(3);
      expect(pc.recorded).toEqual(["pre", "shutdown"]);
      expect(pc.acks[0]).toMatchObject({ phase: "received", clock: "unknown" });
    });

    it("on a Mac too, whose original never obeyed one line of JSON", async ({ expect, onTestFinished }) => {
      const { pc, says } = await ourAgent(onTestFinished, {}, macos());
      await says(order("shutdown", 1));
      await pc.entry();
      await seconds(2);
      expect(pc.recorded).toEqual(["shutdown"]);
    });

    it("its abort is obeyed, though it has the fields of a command and no order", async ({
      expect,
      onTestFinished,
    }) => {
      const { pc, says } = await ourAgent(onTestFinished);
      await says(order("shutdown", 10));
      await pc.phase("delay");
      await says({
        ...order("abort"),
        id: "45c48cce-2e2d-4fbd-aa1a-fc51c7c6ad26",
        reason: "Power Restored / Battery Safe",
      });
      await pc.phase("aborted");
      await seconds(12);
      expect(pc.record).toEqual([]);
    });

    it("with a key it is refused, because it is unsigned", async ({ expect, onTestFinished }) => {
      const { pc, says } = await ourAgent(onTestFinished, { AGENT_KEY: "some key" });
      await says(order("shutdown"));
      await pc.phase("refused");
      await seconds(3);
      expect(pc.record).toEqual([]);
    });

    it("beside a server of ours it is refused: a migration with both running (S26)", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished);
      await house.until("a word of ours", () =>
        house.broker.heard.some(({ topic, retain }) => topic === "power-manager/pc/power" && !retain),
      );
      await originalServerSays(house.broker.port, "pc", order("shutdown"));
      expect((await house.pc.phase("refused")).reason).toContain("issued_at");
      await house.event(({ code }) => code === "foreign-command");
      await seconds(3);
      expect(house.pc.record).toEqual([]);
    });
  });

  describe.concurrent("our server, the original's agent", () => {
    it("understands our shutdown, sent once, and our abort", async ({ expect, onTestFinished }) => {
      const house = await House.open(onTestFinished, { absent: true, delaySec: 30 });
      const folder = mkdtempSync(join(tmpdir(), "original-agent-"));
      const agent = startOriginalAgent(house.broker.port, "pc", folder);
      onTestFinished(() => {
        agent.end();
        rmSync(folder, { recursive: true, force: true });
      });
      house.grid(false);
      await house.until("the shutdown, understood", () => agent.understood().length > 0);
      // It would run its pre-commands again with each repeat, and postpone its shutdown for ever (S30).
      await seconds(short.delaySec + 15);
      const [first, ...more] = agent.understood();
      expect(first?.action).toBe("shutdown");
      expect(first?.reason).toMatch(/^Study: soc 8 % <= 20 %, on battery \d+ s; for \d+ s >= 2 s$/);
      expect(more).toEqual([]);
      await house.event(({ code }) => code === "never-seen");
      house.grid(true);
      await house.until("the abort, understood", () => agent.understood().at(-1)?.action === "abort");
      expect(agent.understood().map(({ action }) => action)).toEqual(["shutdown", "abort"]);
    });
  });
}
