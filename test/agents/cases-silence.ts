/** The dead-man: on battery without a message of the server; and what is not silence. */
import { expect } from "vitest";
import { type Cases, expectNoShutdown } from "./cases.ts";
import { hmac } from "./cases-trust.ts";
import type { Machine } from "./machine.ts";
import { seconds, stamp } from "./wait.ts";

const nowSec = () => Math.floor(Date.now() / 1000);

/** Expects that it went alone, not before `afterSec` of silence and at most 15 s after, on a busy machine. */
async function expectAlone(pc: Machine, heard: number, afterSec: number): Promise<void> {
  const { at } = await pc.entry();
  expect((at - heard) / 1000).toBeGreaterThanOrEqual(afterSec - 0.02);
  expect((at - heard) / 1000).toBeLessThanOrEqual(afterSec + 15);
  expect((await pc.phase("shutting_down")).id).toMatch(/^deadman-/);
}

export const silence: Cases = {
  "goes down alone when the last message was on battery": async ({ machine }) => {
    const pc = await machine({ PRE_SHUTDOWN_CMD_1: "{recorder} pre1" });
    await pc.power({ deadman_sec: 3 });
    await expectAlone(pc, stamp(), 3);
    expect(pc.recorded).toEqual(["pre1", "shutdown"]);
    expect((await pc.phase("received")).reason).toContain("no message from the server");
    await pc.logs("trying the broker once more");
  },

  "also when the broker is gone": async ({ prepare, ownBroker }) => {
    const broker = await ownBroker();
    const pc = prepare({}, broker);
    await pc.start();
    await pc.power({ deadman_sec: 4 });
    const heard = stamp();
    await broker.stop();
    const { at } = await pc.entry();
    expect((at - heard) / 1000).toBeGreaterThanOrEqual(3.98);
    expect((at - heard) / 1000).toBeLessThanOrEqual(19);
  },

  "every message restarts the count; null changes nothing; the mains end it": async ({ machine }) => {
    const pc = await machine();
    const begin = stamp();
    for (const on_battery of [true, null, true, null]) {
      await pc.power({ on_battery, deadman_sec: 4 });
      await seconds(2);
    }
    await pc.power({ on_battery: false, deadman_sec: 4 });
    await expectNoShutdown(pc, begin, 8 + 4);
  },

  "null keeps it armed": async ({ machine }) => {
    const pc = await machine();
    await pc.power({ deadman_sec: 9 });
    await pc.power({ on_battery: null, deadman_sec: 3 });
    await expectAlone(pc, stamp(), 3);
  },

  "keeps running when the last message was on mains, or none ever came": async ({ prepare, ownBroker }) => {
    const broker = await ownBroker();
    const heard = prepare({}, broker);
    const never = prepare({}, broker);
    await Promise.all([heard.start(), never.start()]);
    await heard.power({ on_battery: false, deadman_sec: 1 });
    const sent = stamp();
    await broker.stop();
    await expectNoShutdown(heard, sent, 3);
    await expectNoShutdown(never, sent, 3);
  },

  "a retained power message of last night arms nothing": async ({ prepare }) => {
    const pc = prepare();
    const body = {
      on_battery: true,
      soc: 5,
      runtime_sec: 60,
      deadman_sec: 1,
      at: nowSec() - 30_000,
      seq: 99,
    };
    await pc.send("power", JSON.stringify(body), true);
    await pc.start();
    const sent = stamp();
    await expectNoShutdown(pc, sent, 2);
    const fresh = await pc.shutdown({ delay_sec: 30 });
    expect(fresh).toBeGreaterThan(0);
    expect(await pc.phase("received")).toMatchObject({ clock: "unknown" });
    await pc.send("power", "", true);
  },

  "with a key only a signed message arms or disarms, and no replay": async ({ machine }) => {
    const key = "k6";
    const pc = await machine({ AGENT_KEY: key });
    const say = (on_battery: boolean, deadman_sec: number, at: number, seq: number, by = key) => {
      const sig = hmac(by, `v1|${pc.id}|power|${on_battery ? 1 : 0}|${deadman_sec}|${at}|${seq}`);
      return pc.send(
        "power",
        JSON.stringify({ on_battery, soc: null, runtime_sec: null, deadman_sec, at, seq, sig }),
      );
    };
    const at = nowSec();
    await say(true, 1, at, 1, "wrong");
    await pc.power({ deadman_sec: 1 });
    await expectNoShutdown(pc, stamp(), -2);
    await say(false, 5, at, 2);
    await say(true, 5, at + 1, 3);
    const heard = stamp();
    await say(false, 5, at, 2);
    await expectAlone(pc, heard, 5);
  },

  "obeys dry run": async ({ machine }) => {
    const pc = await machine({ DRY_RUN: "on" });
    await pc.power({ deadman_sec: 1 });
    expect(await pc.phase("shutting_down")).toMatchObject({ dry_run: true });
    await expectNoShutdown(pc, stamp(), -3);
  },

  "can be switched off": async ({ machine }) => {
    const pc = await machine({ DEADMAN: "off" });
    await pc.power({ deadman_sec: 1 });
    await expectNoShutdown(pc, stamp(), 1);
  },

  "a restart of the agent continues it": async ({ machine }) => {
    const pc = await machine();
    await pc.power({ deadman_sec: 6 });
    const heard = stamp();
    await seconds(2);
    await pc.crash();
    await pc.start();
    await expectAlone(pc, heard, 6);
  },

  "the last power message survives a restart of the agent: a replay disarms nothing, null keeps it armed":
    async ({ machine }) => {
      const pc = await machine();
      const calm = { on_battery: false, deadman_sec: 6, at: nowSec(), seq: 1 };
      await pc.power(calm);
      await pc.power({ deadman_sec: 600, seq: 2 });
      await pc.logs("on battery");
      await pc.crash();
      await pc.start();
      await pc.power(calm);
      await pc.power({ on_battery: null, deadman_sec: 6, seq: 3 });
      await expectAlone(pc, stamp(), 6);
    },

  "a restart of the machine forgets it": async ({ machine }) => {
    const pc = await machine();
    await pc.power({ deadman_sec: 2 });
    await pc.logs("on battery");
    await pc.crash();
    pc.forgetBoot();
    await pc.start();
    await expectNoShutdown(pc, stamp(), 2);
  },

  "the mains back end a shutdown that the dead-man began": async ({ machine }) => {
    const pc = await machine({
      PRE_SHUTDOWN_CMD_1: "{recorder} pre1; sleep 30",
      POST_ABORT_CMD_1: "{recorder} post1",
    });
    await pc.power({ deadman_sec: 1 });
    await pc.entry("pre1");
    await pc.power({ on_battery: false });
    await pc.phase("aborted");
    await pc.entry("post1");
    await expectNoShutdown(pc, stamp(), -2);
  },

  "stopped past a deadline: hears what waits before it acts": async ({ machine }) => {
    const pc = await machine();
    await pc.power({ deadman_sec: 4 });
    const sent = await pc.shutdown({ delay_sec: 3 });
    await pc.phase("delay");
    pc.process?.kill("SIGSTOP");
    await seconds(7.5);
    await pc.abort();
    await pc.power({ on_battery: false });
    pc.process?.kill("SIGCONT");
    await pc.phase("aborted");
    await expectNoShutdown(pc, sent, 10);
  },

  "time asleep is no silence: uptime 600 s ahead fires nothing": async ({ prepare }) => {
    const pc = prepare();
    const clock = pc.ownUptime();
    await pc.start();
    await pc.power({ deadman_sec: 60 });
    await pc.shutdown({ delay_sec: 60 });
    await pc.phase("delay");
    pc.process?.kill("SIGSTOP");
    clock.sleep(600);
    await seconds(7.5);
    pc.process?.kill("SIGCONT");
    await pc.logs("the machine slept");
    await expectNoShutdown(pc, stamp(), 3);
    await pc.abort();
    await pc.phase("aborted");
  },

  "suspend as SHUTDOWN_CMD: awake again, it watches again": async ({ prepare }) => {
    const pc = prepare();
    const clock = pc.ownUptime();
    await pc.start();
    await pc.shutdown({ delay_sec: 0 });
    await pc.entry();
    await pc.logs("SHUTDOWN_CMD ended with 0");
    pc.process?.kill("SIGSTOP");
    clock.sleep(3000);
    await seconds(7.5);
    pc.forget();
    pc.process?.kill("SIGCONT");
    await pc.status(({ state }) => state === "idle");
    await pc.shutdownUntilReceived({ id: "c1", seq: 1, delay_sec: 0 });
    await seconds(3);
    expect(pc.recorded).toEqual(["shutdown"]);
    expect(new Set(pc.phases)).toEqual(new Set(["shutting_down"]));
    const again = await pc.shutdownUntilReceived({ delay_sec: 0, outage: "s-2" });
    const { at } = await pc.entry("shutdown", 2);
    expect(at).toBeGreaterThan(again - 20);
  },
};
