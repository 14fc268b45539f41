/** An abort at every moment of delay and pre-commands: either nothing happened, or it was too late and the agent says so. */
import { expect } from "vitest";
import type { Cases } from "./cases.ts";
import type { Machine } from "./machine.ts";
import { stamp, until } from "./wait.ts";

const stepSec = process.env["NIGHTLY"] ? 0.25 : 1;

async function abortAt(pc: Machine, afterSec: number): Promise<void> {
  const sent = await pc.shutdown({ delay_sec: 2 });
  await until("the moment of the abort", () => stamp() - sent >= afterSec * 1000);
  await pc.abort();
  const answers = () => pc.acks.filter(({ id }) => id === "c2");
  const answer = await until(
    () => `an answer; log: ${pc.log}`,
    () => answers()[0],
  );
  await until("the end of it", () => stamp() - sent > 8000);
  const shutdowns = pc.recorded.filter((what) => what === "shutdown").length;
  expect({ afterSec, phase: answer?.phase, shutdowns }).toEqual({
    afterSec,
    phase: shutdowns === 0 ? "aborted" : "too_late",
    shutdowns: Math.min(shutdowns, 1),
  });
  expect(answers()).toHaveLength(1);
}

/** Delay 2 s, pre-commands 2 s: the shutdown is due about 4 s after the command. */
export const sweep: Cases = {};
for (let afterSec = 0; afterSec <= 5; afterSec += stepSec) {
  sweep[`aborted ${afterSec} s after the command`] = async ({ machine }) => {
    const pc = await machine({ PRE_SHUTDOWN_CMD_1: "sleep 1", PRE_SHUTDOWN_CMD_2: "sleep 1" });
    await abortAt(pc, afterSec);
  };
}
for (const millis of process.env["NIGHTLY"]
  ? [1900, 1950, 2000, 2020, 2040, 2060, 2080, 2100, 2150, 2250]
  : [2000, 2040, 2100]) {
  sweep[`aborted ${millis} ms after a command with 2 s of delay and no pre-commands`] = async ({
    machine,
  }) => {
    await abortAt(await machine(), millis / 1000);
  };
}
