/** Trust: commands that are old, forged, repeated, retained or not commands at all. */
import { createHmac } from "node:crypto";
import { expect } from "vitest";
import { type Cases, expectNoShutdown, expectShutdown } from "./cases.ts";
import type { Machine } from "./machine.ts";
import { seconds, until } from "./wait.ts";

export const nowSec = () => Math.floor(Date.now() / 1000);

/** Returns the command with its `sig`, made here independently of the server's code (docs/topics.md, signatures). */
export function signed(
  machine: Machine,
  key: string,
  fields: Record<string, unknown>,
): Record<string, unknown> {
  const body: Record<string, unknown> = {
    delay_sec: 1,
    ttl_sec: 300,
    outage: "s-1",
    issued_at: nowSec(),
    ...fields,
  };
  const names = ["id", "action", "delay_sec", "issued_at", "ttl_sec", "outage", "epoch", "seq"];
  const dry = body["dry_run"] === true ? 1 : 0;
  const text = ["v1", machine.id, ...names.map((name) => body[name] ?? ""), dry].join("|");
  return { ...body, sig: hmac(key, text) };
}

export const hmac = (key: string, text: string): string =>
  createHmac("sha256", key).update(text).digest("hex");

const hostile: Record<string, string> = {
  quotes: `he said "no" and 'yes' \\" \\`,
  "an action": '"action":"abort"} {"action":"abort"',
  newlines: 'a\n{"action":"abort"}\r\n\u0000\u0007b',
  "shell syntax": "$(touch evil) `touch evil`; touch evil | touch evil && $IFS",
  "64 KiB": "x".repeat(65_536),
  "other scripts": "Büro 電源 🔋 \u2028",
};

export const trust: Cases = {
  ...Object.fromEntries(
    Object.entries(hostile).map(([name, reason]) => [
      `obeys, and nothing more, with ${name} in the reason`,
      async ({ machine }: Parameters<Cases[string]>[0]) => {
        const pc = await machine();
        const sent = await pc.shutdownUntilReceived({ reason, delay_sec: 1 });
        await expectShutdown(pc, sent, 1);
        await pc.phase("shutting_down");
        expect(new Set(pc.phases)).toEqual(new Set(["received", "delay", "shutting_down"]));
        expect(pc.files()).not.toContain("evil");
      },
    ]),
  ),

  "reads JSON over several lines, with unknown and nested fields": async ({ machine }) => {
    const pc = await machine();
    const extra = {
      action_: "abort",
      nested: { action: "abort", id: "x", list: [1, -2.5e3, null, { id: "y" }, true] },
    };
    const body = {
      ...extra,
      id: "many",
      action: "shutdown",
      delay_sec: 1,
      ttl_sec: 300,
      reason: "r",
      more: false,
    };
    const sent = await pc.send("cmd", JSON.stringify(body, null, 2));
    await expectShutdown(pc, sent, 1);
  },

  "an outage with quotes in its name is one all the same": async ({ machine }) => {
    const pc = await machine();
    const sent = await pc.shutdown({ outage: 'the "shed"-17', delay_sec: 1 });
    await expectShutdown(pc, sent, 1);
  },

  "obeys what the original's server sends": async ({ machine }) => {
    const pc = await machine();
    const text =
      '{"id": "cmd-1763900000", "action": "shutdown", "delay_sec": 1, "reason": "R3 soc 9.0 <= 10", "ttl_sec": 300}';
    const sent = await pc.send("cmd", text);
    await expectShutdown(pc, sent, 1);
    expect(pc.acks[0]).toMatchObject({ id: "cmd-1763900000", phase: "received", clock: "unknown" });
  },

  "ignores a retained command": async ({ prepare }) => {
    const pc = prepare();
    const text = JSON.stringify({
      id: "old",
      action: "shutdown",
      delay_sec: 0,
      ttl_sec: 300,
      issued_at: nowSec(),
    });
    const sent = await pc.send("cmd", text, true);
    await pc.start();
    await pc.logs("ignored: a retained command");
    await expectNoShutdown(pc, sent, 2);
    expect(pc.acks).toEqual([]);
    await pc.send("cmd", "", true);
  },

  "one outage is one shutdown, however often it is commanded": async ({ machine }) => {
    const pc = await machine({ PRE_SHUTDOWN_CMD_1: "{recorder} pre1" });
    const sent = await pc.shutdown({ id: "same", seq: 7, delay_sec: 2 });
    for (let i = 0; i < 5; i++) await pc.shutdown({ id: "same", seq: 7, delay_sec: 2 });
    await expectShutdown(pc, sent, 2, 1);
    await pc.shutdown({ id: "same", seq: 7, delay_sec: 0 });
    await pc.shutdown({ id: "another", seq: 8, delay_sec: 0 });
    expect((await pc.phase("shutting_down", "another")).phase).toBe("shutting_down");
    await expectNoMore(pc, ["pre1", "shutdown"]);
  },

  "a repeat may shorten the delay, never lengthen it": async ({ machine }) => {
    const pc = await machine();
    await pc.shutdown({ id: "same", seq: 7, delay_sec: 40 });
    const sent = await pc.shutdown({ id: "same", seq: 7, delay_sec: 2 });
    await pc.shutdown({ id: "same", seq: 7, delay_sec: 60 });
    const { at } = await pc.entry();
    expect((at - sent) / 1000).toBeGreaterThanOrEqual(1.98);
    expect((at - sent) / 1000).toBeLessThanOrEqual(20);
  },

  "a second outage after an abort is obeyed": async ({ machine }) => {
    const pc = await machine();
    await pc.shutdown({ delay_sec: 3 });
    await pc.phase("delay");
    await pc.abort();
    await pc.phase("aborted");
    pc.forget();
    const sent = await pc.shutdown({ delay_sec: 1, outage: "s-2" });
    await expectShutdown(pc, sent, 1);
  },

  "refuses a command older than the last one, and reports the newest order": async ({ machine }) => {
    const pc = await machine();
    await pc.abort({ epoch: 3, seq: 9 });
    let sent = 0;
    for (const [epoch, seq] of [
      [3, 8],
      [2, 99],
      [3, 9],
    ])
      sent = await pc.shutdown({ id: `o${epoch}-${seq}`, epoch, seq, delay_sec: 0 });
    const refusal = await pc.phase("refused", "o3-9");
    expect(refusal.last).toEqual({ epoch: 3, seq: 9 });
    await expectNoShutdown(pc, sent, 0);
    sent = await pc.shutdown({ epoch: 4, seq: 1, delay_sec: 0 });
    pc.forget();
    await expectShutdown(pc, sent, 0);
  },

  "the order outlives a restart of machine and agent": async ({ machine }) => {
    const pc = await machine();
    await pc.abort({ epoch: 3, seq: 9 });
    await pc.phase("aborted");
    await pc.stop();
    pc.forgetBoot();
    await pc.start();
    const sent = await pc.shutdown({ id: "old", epoch: 3, seq: 8, delay_sec: 0 });
    await pc.phase("refused", "old");
    await expectNoShutdown(pc, sent, 0);
  },

  "a ping does not make a repeat of the command in hand old": async ({ machine }) => {
    const pc = await machine();
    const sent = await pc.shutdown({ id: "same", seq: 7, delay_sec: 3 });
    await pc.command({ action: "ping", seq: 8 });
    await pc.phase("pong");
    await pc.shutdown({ id: "same", seq: 7, delay_sec: 2 });
    await expectShutdown(pc, sent, 2, 1);
    expect(pc.phases).not.toContain("refused");
  },

  "judges age by the server's time, with its own clock an hour off both ways": async ({ prepare }) => {
    for (const hour of [3600, -3600]) {
      const pc = prepare();
      pc.dateOffset(hour);
      await pc.start();
      await pc.power({ on_battery: false });
      const late = await pc.shutdown({ id: "late", issued_at: nowSec() - 303, delay_sec: 0 });
      await pc.phase("expired", "late");
      await expectNoShutdown(pc, late, -4);
      const sent = await pc.shutdown({ id: "fresh", issued_at: nowSec() - 200, delay_sec: 0 });
      await pc.phase("shutting_down", "fresh");
      expect(pc.acks.find(({ id, phase }) => id === "fresh" && phase === "received")).not.toHaveProperty(
        "clock",
      );
      expect((await pc.entry()).at).toBeGreaterThan(sent - 20);
    }
  },

  "an expired abort stops nothing": async ({ machine }) => {
    const pc = await machine();
    await pc.power({ on_battery: true });
    const sent = await pc.shutdown({ delay_sec: 2 });
    await pc.abort({ issued_at: nowSec() - 400 });
    await pc.phase("expired");
    await expectShutdown(pc, sent, 2);
  },

  "after a live power message it refuses commands without issued_at": async ({ machine }) => {
    const pc = await machine();
    await pc.power({ on_battery: false });
    const sent = await pc.send(
      "cmd",
      '{"id":"o","action":"shutdown","delay_sec":0,"ttl_sec":300,"reason":""}',
    );
    expect((await pc.phase("refused", "o")).reason).toContain("issued_at");
    await expectNoShutdown(pc, sent, 0);
  },

  "with a key: refuses what is unsigned, forged, changed or replayed; obeys what is right": async ({
    machine,
  }) => {
    const key = "a secret 6\\%$ ü";
    const pc = await machine({ AGENT_KEY: key });
    const command = { id: "k", action: "shutdown", epoch: 1, seq: 5, delay_sec: 60 };
    const right = signed(pc, key, command);
    const forged: Record<string, unknown>[] = [
      { ...right, sig: undefined },
      { ...right, sig: "0".repeat(64) },
      { ...right, sig: String(right["sig"]).toUpperCase() },
      { ...right, delay_sec: 0 },
      { ...right, action: "ping" },
      { ...right, dry_run: true },
      { ...right, seq: 6 },
      signed(pc, "another key", command),
      signed(pc, key, { ...command, outage: "a|b" }),
      signed(pc, key, { ...command, epoch: undefined }),
    ];
    for (const body of forged) await pc.send("cmd", JSON.stringify(body));
    await pc.send("cmd", JSON.stringify(signed(pc, key, { ...command, id: "mark", seq: 1, action: "ping" })));
    await pc.phase("pong", "mark");
    expect(pc.phases).toEqual([...forged.map(() => "refused"), "pong"]);
    await pc.send("cmd", JSON.stringify(right));
    await pc.phase("delay", "k");
    const abort = signed(pc, key, { id: "a", action: "abort", epoch: 1, seq: 6 });
    await pc.send("cmd", JSON.stringify(abort));
    await pc.phase("aborted", "a");
    pc.forget();
    const sent = await pc.send("cmd", JSON.stringify(right));
    expect((await pc.phase("refused", "k")).last).toEqual({ epoch: 1, seq: 6 });
    await expectNoShutdown(pc, sent, 0);
  },

  "with a key: signs acknowledgements and status; keys of any length and bytes": async ({ machine }) => {
    for (const key of ["k", "6\\6\\'\"%s$x ü電", "long ".repeat(30).trim()]) {
      const pc = await machine({ AGENT_KEY: key });
      const sent = await pc.send(
        "cmd",
        JSON.stringify(signed(pc, key, { id: "s", action: "ping", epoch: 1, seq: 1 })),
      );
      expect(sent).toBeGreaterThan(0);
      const { at, sig } = await pc.phase("pong", "s");
      expect(sig).toBe(hmac(key, `v1|${pc.id}|ack|s|pong|${at}`));
      const status = pc.statuses.at(-1);
      expect(status?.sig).toBe(hmac(key, `v1|${pc.id}|status|1|${status?.boot}|idle|${status?.at}`));
      pc.killListener();
      await pc.status(({ online }) => !online);
      const will = pc.statuses.find(({ online }) => !online);
      expect(will?.sig).toBe(hmac(key, `v1|${pc.id}|status|0|${will?.boot}||${will?.at}`));
    }
  },
};

async function expectNoMore(pc: Machine, what: string[]): Promise<void> {
  await until(`the record ${what}`, () => pc.recorded.length >= what.length);
  await seconds(3);
  expect(pc.recorded).toEqual(what);
}
