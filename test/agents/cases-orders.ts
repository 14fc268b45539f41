/** Commands: acknowledgement, delay, pre-commands, SHUTDOWN_CMD; and the ways back. */
import { expect } from "vitest";
import { type Cases, expectNoShutdown, expectShutdown } from "./cases.ts";
import { seconds, until } from "./wait.ts";

const touching = { PRE_SHUTDOWN_CMD_1: "{recorder} pre1", POST_ABORT_CMD_1: "{recorder} post1" };

export const orders: Cases = {
  "is present with a live, retained status that says what it is": async ({ machine }) => {
    const pc = await machine({ PRE_SHUTDOWN_CMD_1: "true", PRE_SHUTDOWN_TOTAL: 40 });
    const status = { online: true, armed: true, state: "idle", command: null, pre_shutdown_sec: 40 };
    expect(pc.statuses.at(-1)).toMatchObject(status);
    expect(pc.statuses.at(-1)?.boot).toMatch(/./);
    await pc.stop();
    await pc.status(({ online, reason }) => !online && reason === "user");
  },

  "says offline by its Last Will when it dies, and online when it is back": async ({ machine }) => {
    const pc = await machine();
    pc.killListener();
    await pc.status(({ online }) => !online);
    pc.forget();
    await pc.status(({ online }) => online);
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
    await pc.stop();
    await pc.status(({ online, reason }) => !online && reason === "command");
  },

  "goes at once when there is no delay and no pre-command": async ({ machine }) => {
    const pc = await machine();
    const sent = await pc.shutdown({ delay_sec: 0 });
    await expectShutdown(pc, sent, 0);
    await pc.phase("shutting_down");
    expect(pc.phases).toEqual(["received", "shutting_down"]);
  },

  "touches nothing during the delay": async ({ machine }) => {
    const pc = await machine({ PRE_SHUTDOWN_CMD_1: "{recorder} pre1" });
    await pc.shutdown({ delay_sec: 3 });
    await pc.phase("delay");
    await seconds(2);
    expect(pc.record).toEqual([]);
    await pc.entry();
  },

  "runs pre-commands in order and reports their true exit codes, then shuts down": async ({ machine }) => {
    const pc = await machine({
      PRE_SHUTDOWN_CMD_1: "{recorder} pre1; exit 7",
      PRE_SHUTDOWN_CMD_3: "no-such-command",
      PRE_SHUTDOWN_CMD_9: 'sleep 1; "{recorder}" pre9 | cat',
    });
    await pc.logs("PRE_SHUTDOWN_CMD_3 cannot be run: there is no no-such-command in PATH");
    const sent = await pc.shutdown({ delay_sec: 1 });
    await expectShutdown(pc, sent, 1, 2);
    expect(pc.recorded).toEqual(["pre1", "pre9", "shutdown"]);
    const exits = pc.acks.flatMap(({ exit }) => (exit ? [[exit.cmd, exit.code]] : []));
    expect(exits).toEqual([
      ["PRE_SHUTDOWN_CMD_1", 7],
      ["PRE_SHUTDOWN_CMD_3", 127],
      ["PRE_SHUTDOWN_CMD_9", 0],
    ]);
  },

  "ends a hung pre-command with all its children at its own limit, and goes on": async ({ machine }) => {
    const pc = await machine({
      PRE_SHUTDOWN_CMD_1: '(trap "" TERM; sleep 8; {recorder} child) & sleep 60',
      PRE_SHUTDOWN_TIMEOUT_1: 2,
      PRE_SHUTDOWN_CMD_2: "{recorder} pre2",
    });
    const sent = await pc.shutdown({ delay_sec: 1 });
    await expectShutdown(pc, sent, 1, 2);
    expect(pc.recorded).toEqual(["pre2", "shutdown"]);
    expect(pc.acks.find(({ exit }) => exit)?.exit).toEqual({ cmd: "PRE_SHUTDOWN_CMD_1", code: 124 });
    await seconds(8);
    expect(pc.recorded).not.toContain("child");
  },

  "bounds all pre-commands together": async ({ machine }) => {
    const slow = "{recorder} pre; sleep 30";
    const pc = await machine({
      PRE_SHUTDOWN_CMD_1: slow,
      PRE_SHUTDOWN_CMD_2: slow,
      PRE_SHUTDOWN_CMD_3: slow,
      PRE_SHUTDOWN_TIMEOUT_1: 2,
      PRE_SHUTDOWN_TOTAL: 3,
    });
    const sent = await pc.shutdown({ delay_sec: 0 });
    await expectShutdown(pc, sent, 0, 3);
    expect(pc.recorded).toEqual(["pre", "pre", "shutdown"]);
  },

  "gives pre-commands nothing to read, so none swallows an abort": async ({ machine }) => {
    const pc = await machine({
      PRE_SHUTDOWN_CMD_1: "cat; {recorder} read; sleep 20",
      PRE_SHUTDOWN_TIMEOUT: 30,
    });
    const sent = await pc.shutdown({ delay_sec: 0 });
    await pc.entry("read");
    await pc.abort();
    await pc.phase("aborted");
    await expectNoShutdown(pc, sent, 1);
  },

  "does not wait for what a pre-command leaves in the background; output goes to the log": async ({
    machine,
  }) => {
    const pc = await machine({ PRE_SHUTDOWN_CMD_1: "sleep 30 & echo into-the-log; echo and-this >&2" });
    const sent = await pc.shutdown({ delay_sec: 0 });
    await expectShutdown(pc, sent, 0, 1);
    await pc.logs("into-the-log");
    await pc.logs("and-this");
  },

  "honours an abort during the delay": async ({ machine }) => {
    const pc = await machine(touching);
    const sent = await pc.shutdown({ delay_sec: 2 });
    await pc.phase("delay");
    await pc.abort();
    await pc.phase("aborted", "c2");
    await expectNoShutdown(pc, sent, 2);
    expect(pc.record).toEqual([]);
    await pc.status(({ state }) => state === "idle");
  },

  "honours an abort while pre-commands run, and starts again what they stopped": async ({ machine }) => {
    const pc = await machine({
      ...touching,
      PRE_SHUTDOWN_CMD_2: "sleep 30",
      PRE_SHUTDOWN_CMD_3: "{recorder} pre3",
    });
    const sent = await pc.shutdown({ delay_sec: 0 });
    await pc.entry("pre1");
    await pc.abort();
    await pc.phase("aborted", "c2");
    await pc.entry("post1");
    await expectNoShutdown(pc, sent, 1);
    expect(pc.recorded).toEqual(["pre1", "post1"]);
  },

  "answers too_late once SHUTDOWN_CMD was started": async ({ machine }) => {
    const pc = await machine(touching);
    await pc.shutdown({ delay_sec: 0 });
    await pc.entry();
    await pc.abort();
    await pc.phase("too_late", "c2");
    expect(pc.recorded).toEqual(["pre1", "shutdown"]);
  },

  "an ABORT_CMD that ends with 0 makes it aborted even then": async ({ machine }) => {
    const pc = await machine({ ...touching, ABORT_CMD: "{recorder} abort" });
    await pc.shutdown({ delay_sec: 0 });
    await pc.entry();
    await pc.abort();
    await pc.phase("aborted", "c2");
    await pc.entry("post1");
    expect(pc.recorded).toEqual(["pre1", "shutdown", "abort", "post1"]);
  },

  "an ABORT_CMD that fails leaves it too late": async ({ machine }) => {
    const pc = await machine({ ABORT_CMD: "{recorder} abort 3" });
    await pc.shutdown({ delay_sec: 0 });
    await pc.entry();
    await pc.abort();
    expect((await pc.phase("too_late", "c2")).exit).toEqual({ cmd: "ABORT_CMD", code: 3 });
  },

  "reports a failing SHUTDOWN_CMD, tries again in 30 s, and can be aborted in between": async ({
    machine,
  }) => {
    const pc = await machine({ SHUTDOWN_CMD: "{recorder} shutdown 5" });
    await pc.shutdown({ delay_sec: 0 });
    expect((await pc.phase("failed")).exit).toEqual({ cmd: "SHUTDOWN_CMD", code: 5 });
    const [first, second] = [await pc.entry(), await pc.entry("shutdown", 2)];
    expect((second.at - first.at) / 1000).toBeGreaterThanOrEqual(29.9);
    expect((second.at - first.at) / 1000).toBeLessThanOrEqual(45);
    await until("the second failure", () => pc.phases.filter((phase) => phase === "failed").length === 2);
    await pc.abort();
    await pc.phase("aborted");
  },

  "an abort that was too late for a SHUTDOWN_CMD that then fails is not too late for the next": async ({
    machine,
  }) => {
    const pc = await machine({ SHUTDOWN_CMD: "{recorder} shutdown 5 2" });
    await pc.shutdown({ delay_sec: 0 });
    await pc.entry();
    await pc.abort();
    await pc.phase("too_late", "c2");
    await pc.phase("failed", "c1");
    await pc.phase("aborted", "c2");
    await pc.status(({ state }) => state === "idle");
    expect(pc.recorded).toEqual(["shutdown"]);
  },

  "an abort with nothing pending is acknowledged and runs nothing": async ({ machine }) => {
    const pc = await machine({ ...touching, ABORT_CMD: "{recorder} abort" });
    await pc.abort();
    await pc.phase("aborted");
    await seconds(1);
    expect(pc.record).toEqual([]);
  },

  "answers a ping": async ({ machine }) => {
    const pc = await machine();
    await pc.command({ action: "ping" });
    await pc.phase("pong");
  },

  "sheds and restores without going down": async ({ machine }) => {
    const pc = await machine({
      SHED_CMD_1: "{recorder} shed1",
      RESTORE_CMD_1: "{recorder} restore1; exit 4",
    });
    await pc.command({ action: "shed" });
    await pc.phase("shed", "c1");
    await pc.command({ action: "restore" });
    expect((await pc.phase("restored", "c2")).exit).toEqual({ cmd: "RESTORE_CMD_1", code: 4 });
    expect(pc.recorded).toEqual(["shed1", "restore1"]);
    const bare = await machine();
    await bare.command({ action: "shed" });
    expect((await bare.phase("refused")).reason).toContain("no commands are set for shed");
  },

  "a shutdown does not wait for a shed that hangs": async ({ machine }) => {
    const pc = await machine({ SHED_CMD_1: "{recorder} shed1; sleep 60" });
    await pc.command({ action: "shed" });
    await pc.entry("shed1");
    const sent = await pc.shutdown({ delay_sec: 1 });
    await expectShutdown(pc, sent, 1);
  },

  "dry run by command: everything but SHUTDOWN_CMD, and pre-commands are undone": async ({ machine }) => {
    const pc = await machine(touching);
    const sent = await pc.shutdown({ delay_sec: 1, dry_run: true });
    expect(await pc.phase("shutting_down")).toMatchObject({ dry_run: true });
    await pc.entry("post1");
    await pc.status(({ state, command }) => state === "idle" && command === null);
    await expectNoShutdown(pc, sent, 1);
    expect(pc.recorded).toEqual(["pre1", "post1"]);
  },

  "dry run by setting: says that it is not armed and never shuts down": async ({ machine }) => {
    const pc = await machine({ DRY_RUN: 1 });
    expect(pc.statuses.at(-1)).toMatchObject({ armed: false });
    const sent = await pc.shutdown({ delay_sec: 0 });
    await pc.phase("shutting_down");
    await expectNoShutdown(pc, sent, 0);
  },

  "a real command takes the place of a rehearsal, never the other way": async ({ machine }) => {
    const pc = await machine();
    await pc.shutdown({ delay_sec: 20, dry_run: true });
    await pc.phase("delay", "c1");
    const sent = await pc.shutdown({ delay_sec: 3 });
    await pc.phase("delay", "c2");
    await pc.shutdown({ delay_sec: 0, dry_run: true });
    await pc.phase("refused", "c3");
    const { at } = await pc.entry();
    expect((at - sent) / 1000).toBeGreaterThanOrEqual(2.98);
    expect(pc.recorded).toEqual(["shutdown"]);
  },

  "COMEBACK=rtc sets the clock before the power goes off, and an abort takes it back": async ({
    platform,
    prepare,
  }) => {
    const pc = prepare({ COMEBACK: "rtc", COMEBACK_SEC: 1800, ABORT_CMD: "true" });
    pc.recordTool(platform.name === "linux" ? "rtcwake" : "pmset");
    await pc.start();
    await pc.shutdown({ delay_sec: 1 });
    await pc.entry();
    const [first, second] = pc.recorded;
    expect(first).toMatch(
      /^rtcwake -m no -s 1800$|^pmset schedule wakeorpoweron \d\d\/\d\d\/\d\d \d\d:\d\d:\d\d$/,
    );
    expect(second).toBe("shutdown");
    await pc.abort();
    await pc.phase("aborted");
    await pc.recordMatches(/^rtcwake -m disable$|^pmset schedule cancel wakeorpoweron /);
  },

  "a clock that hangs does not hold up the shutdown": async ({ platform, prepare }) => {
    const pc = prepare({ COMEBACK: "rtc" });
    pc.recordTool(platform.name === "linux" ? "rtcwake" : "pmset", "sleep 60");
    await pc.start();
    const sent = await pc.shutdown({ delay_sec: 0 });
    await expectShutdown(pc, sent, 0, 10);
  },
};
