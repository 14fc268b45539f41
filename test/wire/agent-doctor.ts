/** The doctor of the real script beside the built server: "armed" is proven, and its ping disturbs nobody. */
import { describe, it } from "vitest";
import { Machine } from "../agents/machine.ts";
import { linux } from "../agents/platforms.ts";
import { until } from "../agents/wait.ts";
import { House } from "./agent-house.ts";

const key = "the-key-of-this-test-only";

/** Runs the doctor beside the house's agent, with these settings more. */
async function doctor(house: House, settings: Record<string, string>, id = "pc") {
  const probe = new Machine(house.broker, linux, settings, id);
  try {
    probe.spawn(["doctor"]);
    await until(
      () => `the doctor ended; it said: ${probe.log}`,
      () => probe.exitCode !== null,
      120_000,
    );
    return { code: probe.exitCode, told: probe.log };
  } finally {
    await probe.close();
  }
}

export function doctors(): void {
  describe.concurrent("the doctor beside the built server", () => {
    it("says armed when all is right, and its ping is no alarm", async ({ expect, onTestFinished }) => {
      const house = await House.open(onTestFinished, { key });
      const { code, told } = await doctor(house, { AGENT_KEY: key });
      expect(told).toMatch(/ok {4}the server's power message verifies[\s\S]*answers a ping[\s\S]*\narmed\n$/);
      expect(code).toBe(0);
      const [event] = house.events.filter(({ text }) => text.includes("ping"));
      expect(event).toMatchObject({ type: "by-hand", level: "warn" });
      expect(house.alarms).toEqual([]);
      expect(house.pc.record).toEqual([]);
    });

    it("with a wrong key, and with a name that the server does not know, is not armed", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished, { key });
      const [wrong, stranger] = await Promise.all([
        doctor(house, { AGENT_KEY: "another key of this test" }),
        doctor(house, { AGENT_KEY: key }, "pcc"),
      ]);
      expect(wrong.code).toBe(1);
      expect(wrong.told).toContain("the server's power message does not verify");
      expect(wrong.told).toContain("pc answers with another key");
      expect(stranger.code).toBe(1);
      expect(stranger.told).toContain("the server does not know this AGENT_ID; it knows pc");
    });
  });
}
