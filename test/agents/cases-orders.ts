/** Orders: acknowledge, wait, pre-commands, SHUTDOWN_CMD; and the ways back. */
import { expect } from "vitest";
import { type Cases, expectNoShutdown, expectShutdown } from "./cases.ts";
import { seconds } from "./wait.ts";

export const orders: Cases = {
  "is present with a live, retained status that says what it is": async ({ machine }) => {
    const pc = await machine({ PRE_SHUTDOWN_CMD_1: "true", PRE_SHUTDOWN_TOTAL: 40 });
    expect(pc.statuses.at(-1)).toMatchObject({
      online: true,
      armed: true,
      state: "idle",
      command: null,
      pre_shutdown_sec: 40,
    });
    expect(pc.statuses.at(-1)?.boot).toMatch(/./);
    await pc.stop();
    await pc.status(({ online, reason }) => !online && reason === "user");
  },

  "says offline by its Last Will when it dies": async ({ machine }) => {
    const pc = await machine();
    await pc.killListener();
    await pc.status(({ online }) => !online);
  },

  "acknowledges each phase of a shutdown and obeys the delay": async ({ machine }) => {
    const pc = await machine({ PRE_SHUTDOWN_CMD_1: "{recorder} pre1" });
    const sent = await pc.shutdown({ delay_sec: 2 });
    await expectShutdown(pc, sent, 2, 1);
    await pc.phase("shutting_down");
    expect(pc.recorded).toEqual(["pre1", "shutdown"]);
    expect(pc.phases).toEqual(["received", "delay", "pre_shutdown", "pre_shutdown", "shutting_down"]);
    expect(pc.acks.find(({ exit }) => exit)?.exit).toEqual({ cmd: "PRE_SHUTDOWN_CMD_1", code: 0 });
    await pc.status(({ state, command }) => state === "shutting_down" && command === "c1");
  },

  "touches nothing during the delay": async ({ machine }) => {
    const pc = await machine({ PRE_SHUTDOWN_CMD_1: "{recorder} pre1" });
    await pc.shutdown({ delay_sec: 3 });
    await pc.phase("delay");
    await seconds(2);
    expect(pc.record).toEqual([]);
    await pc.entry();
  },

  "honours an abort during the delay": async ({ machine }) => {
    const pc = await machine({ PRE_SHUTDOWN_CMD_1: "{recorder} pre1", POST_ABORT_CMD_1: "{recorder} post1" });
    const sent = await pc.shutdown({ delay_sec: 2 });
    await pc.phase("delay");
    await pc.abort();
    await pc.phase("aborted", "c2");
    await expectNoShutdown(pc, sent, 2);
    expect(pc.record).toEqual([]);
    await pc.status(({ state }) => state === "idle");
  },
};
