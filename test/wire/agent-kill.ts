/** kill -9 of each process in each phase of an outage: the same outcome, and SHUTDOWN_CMD exactly once or never (I23, S29). */
import { describe, it } from "vitest";
import { seconds } from "../agents/wait.ts";
import { House } from "./agent-house.ts";

/** Long enough to kill a process in it and start it again. */
const delaySec = 4;
const agent = { PRE_SHUTDOWN_CMD_1: "{recorder} pre; sleep 2", POST_ABORT_CMD_1: "{recorder} post" };

const victims: Readonly<Record<string, (house: House) => Promise<void>>> = {
  server: (house) => house.killServer(),
  broker: (house) => house.killBroker(),
  agent: (house) => house.killAgent(),
};

/** Kills everything but the machine itself, like a power cut. */
async function killAll(house: House): Promise<void> {
  await Promise.all([house.server.stop("SIGKILL"), house.broker.stop(), house.pc.crash()]);
  await house.broker.start();
  house.server.start();
  await house.pc.start();
}

/** Brings a site into a phase of the outage, and returns when it is there. */
const phases: Readonly<Record<string, (house: House) => Promise<unknown>>> = {
  "in the debounce": (house) => house.server.says("TIMER START"),
  "with the command": (house) => house.server.says("SHUTDOWN TRIGGERED"),
  "in the delay": (house) => house.pc.phase("delay"),
  "while pre-commands run": (house) => house.pc.entry("pre"),
  "after SHUTDOWN_CMD": (house) => house.pc.entry(),
};

/** Seconds between the last action and the verdict: the repeats of the first seconds, and the settling of a restart. */
const quietSec = 6;

export function kills(): void {
  describe.concurrent("kill -9", () => {
    for (const phase of ["in the delay", "while pre-commands run", "after SHUTDOWN_CMD"]) {
      it(`of all three ${phase}: down, once`, async ({ expect, onTestFinished }) => {
        const house = await House.open(onTestFinished, { agent, delaySec });
        house.grid(false);
        await phases[phase]?.(house);
        await killAll(house);
        await house.pc.entry();
        await house.planned("going_down");
        await seconds(quietSec);
        expect(house.shutdowns).toBe(1);
      });
    }

    for (const [victim, kill] of Object.entries(victims)) {
      for (const [phase, reached] of Object.entries(phases)) {
        it(`of the ${victim} ${phase}: down, once`, async ({ expect, onTestFinished }) => {
          const house = await House.open(onTestFinished, { agent, delaySec });
          house.grid(false);
          await reached(house);
          await kill(house);
          await house.pc.entry();
          await house.planned("going_down");
          await seconds(quietSec);
          expect(house.shutdowns).toBe(1);
          expect(house.plan("going_down")).toBe(true);
          // The restarted server was not taken for a foreign one, and no repeat for silence.
          expect(house.alarms).toEqual([]);
        });
      }

      it(`of the ${victim} in the delay, and the mains return: aborted, never down`, async ({
        expect,
        onTestFinished,
      }) => {
        const house = await House.open(onTestFinished, { agent, delaySec: 45 });
        house.grid(false);
        await house.pc.phase("delay");
        await kill(house);
        house.grid(true);
        await house.pc.logs("ABORT in delay");
        await house.planned("watching");
        await seconds(12);
        expect(house.pc.record).toEqual([]);
        expect(house.plan("watching")).toBe(true);
      });

      it(`of the ${victim} after an abort: stays up; a relapse commands at once`, async ({
        expect,
        onTestFinished,
      }) => {
        const house = await House.open(onTestFinished, { agent, delaySec: 15, debounceSec: 8 });
        house.grid(false);
        await house.pc.phase("delay");
        house.grid(true);
        await house.pc.phase("aborted");
        await kill(house);
        await house.planned("watching");
        await seconds(8);
        expect(house.shutdowns).toBe(0);
        expect(house.plan("watching")).toBe(true);
        await house.falls();
        const last = house.commands.findLast(({ action }) => action === "shutdown");
        expect(last?.reason).toContain("the debounce was spent before the abort");
        await seconds(3);
        expect(house.shutdowns).toBe(1);
      });
    }
  });
}
