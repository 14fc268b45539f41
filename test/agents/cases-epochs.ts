/** Epochs: what ends the commands of an earlier server, and which number is not believed (E24). */
import { expect } from "vitest";
import { mostRefusalEpoch, powerSeqsPerEpoch } from "../../src/core/command-order.ts";
import { type Cases, expectNoShutdown, expectShutdown } from "./cases.ts";
import { hmac, nowSec, signed } from "./cases-trust.ts";
import type { Machine } from "./machine.ts";

export const epochs: Cases = {
  "with a key, a signed ping of a higher epoch ends the commands of lower ones (E24)": async ({
    machine,
  }) => {
    const key = "k24";
    const pc = await machine({ AGENT_KEY: key });
    const send = (fields: Record<string, unknown>) =>
      pc.send("cmd", JSON.stringify(signed(pc, key, { delay_sec: 0, ...fields })));
    await send({ id: "p", action: "ping", epoch: 8, seq: 3 });
    await pc.phase("pong", "p");
    const sent = await send({ id: "low", action: "shutdown", epoch: 7, seq: 99 });
    expect((await pc.phase("refused", "low")).last).toEqual({ epoch: 8, seq: 0 });
    await pc.stop();
    await pc.start();
    await send({ id: "low-abort", action: "abort", epoch: 7, seq: 100 });
    await pc.phase("refused", "low-abort");
    await expectNoShutdown(pc, sent, 0);
    const high = await send({ id: "high", action: "shutdown", epoch: 8, seq: 4 });
    await expectShutdown(pc, high, 0);
  },

  "with a key, a signed live power of a higher epoch does so too, a retained one does not (E24)": async ({
    prepare,
  }) => {
    const key = "k24";
    const pc = prepare({ AGENT_KEY: key });
    const command = (fields: Record<string, unknown>) =>
      pc.send("cmd", JSON.stringify(signed(pc, key, { delay_sec: 0, ...fields })));
    await pc.send("power", signedPower(pc, key, 9), true);
    await pc.start();
    await pc.send("power", signedPower(pc, "another key", 9));
    await command({ id: "p", action: "ping", epoch: 7, seq: 1 });
    await pc.phase("pong", "p");
    const sent = await command({ id: "first", action: "shutdown", delay_sec: 600, epoch: 7, seq: 2 });
    await pc.phase("delay", "first");
    await pc.send("power", signedPower(pc, key, 8));
    await command({ id: "low", action: "abort", epoch: 7, seq: 3 });
    expect((await pc.phase("refused", "low")).last).toEqual({ epoch: 8, seq: 0 });
    await command({ id: "high", action: "abort", epoch: 8, seq: 3 });
    await pc.phase("aborted", "high");
    await expectNoShutdown(pc, sent, 0);
  },

  "with a key, the epoch of the last power survives a restart of the machine (E24)": async ({ machine }) => {
    const key = "k24";
    const pc = await machine({ AGENT_KEY: key });
    await pc.send("power", signedPower(pc, key, 8));
    const low = { action: "shutdown", delay_sec: 0, epoch: 7, seq: 99 };
    await pc.send("cmd", JSON.stringify(signed(pc, key, { id: "before", ...low })));
    await pc.phase("refused", "before");
    await pc.crash();
    pc.forgetBoot();
    await pc.start();
    const sent = await pc.send("cmd", JSON.stringify(signed(pc, key, { id: "after", ...low })));
    expect((await pc.phase("refused", "after")).last).toEqual({ epoch: 8, seq: 0 });
    await expectNoShutdown(pc, sent, 0);
  },

  "an unsigned ping raises no epoch, and an absurd epoch is refused and shuts nobody out (E24)": async ({
    machine,
  }) => {
    const pc = await machine();
    await pc.command({ action: "ping", id: "p", epoch: 8 });
    await pc.phase("pong", "p");
    // The server would not believe a refusal that names more, and could never get a command through again.
    await pc.shutdown({ id: "absurd", epoch: mostRefusalEpoch + 1, delay_sec: 0 });
    const { reason } = await pc.phase("refused", "absurd");
    expect(reason).toContain(`${mostRefusalEpoch + 1} > ${mostRefusalEpoch}`);
    await pc.power({ on_battery: true, seq: mostRefusalEpoch * powerSeqsPerEpoch + 1 });
    await pc.logs("on battery:");
    const sent = await pc.shutdown({ delay_sec: 1 });
    await pc.phase("delay");
    await expectShutdown(pc, sent, 1);
  },
};

/** Makes a signed `power` as a server of this epoch sends it. */
function signedPower(pc: Machine, key: string, epoch: number): string {
  const power = { on_battery: false, deadman_sec: 600, at: nowSec(), seq: epoch * powerSeqsPerEpoch + 1 };
  const text = `v1|${pc.id}|power|0|600|${power.at}|${power.seq}`;
  return JSON.stringify({ ...power, sig: hmac(key, text) });
}
