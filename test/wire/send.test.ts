/** `send`: one command by hand reaches an agent, and its answer decides the exit code. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, it, type TestContext } from "vitest";
import { sendCommand } from "../../src/cli/send.ts";
import type { Ack, Command } from "../../src/contract/messages/machine.ts";
import { ackText, commandText } from "../../src/contract/signatures.ts";
import { sign, verify } from "../../src/io/secrets.ts";
import { hasMosquitto, startMosquitto, watch } from "../world.ts";

const key = "a key of this test only";

type Answers = (command: Command) => Ack[];

async function house(finished: TestContext["onTestFinished"], answers: Answers, keyed = false) {
  const broker = await startMosquitto();
  const world = await watch(broker.url);
  finished(async () => {
    await world.end();
    await broker.end();
  });
  const heard: Command[] = [];
  world.client.on("message", (topic, payload) => {
    if (topic !== "power-manager/pc/cmd") return;
    const command = JSON.parse(payload.toString()) as Command;
    heard.push(command);
    for (const ack of answers(command)) void world.say("power-manager/pc/ack", JSON.stringify(ack));
  });
  const lines: string[] = [];
  const say = (text: string) => void lines.push(text);
  const env = {
    MQTT_HOST: "127.0.0.1",
    MQTT_PORT: String(broker.port),
    ...(!keyed && { DEVICE_TO_AGENTS_JSON: '{"Study": ["pc"]}' }),
  };
  const cwd = mkdtempSync(join(tmpdir(), "send-"));
  finished(() => rmSync(cwd, { recursive: true }));
  if (keyed)
    writeFileSync(
      join(cwd, "ecoflow-power.yaml"),
      `stations: { Study: {} }\nmachines: { pc: { stations: [Study], key: ${key} } }`,
    );
  const stdin = Readable.from([]);
  const stop = new AbortController().signal;
  const io = { out: say, err: say, stdin, cwd, env, isTerminal: false, stop };
  return { world, heard, lines, io, send: (...args: string[]) => sendCommand(args, io) };
}

describe.skipIf(!hasMosquitto)("send", () => {
  it("ping: the agent answers, exit code 0", async ({ expect, onTestFinished }) => {
    const { send, heard, lines } = await house(onTestFinished, ({ id }) => [{ id, phase: "pong" }]);
    expect(await send("pc", "ping")).toBe(0);
    expect(heard[0]).toMatchObject({ action: "ping", issued_at: expect.any(Number) });
    expect(lines.join("\n")).toContain("pc: pong");
  });

  it("numbers in the epoch of the machine's server, not of one with other machines", async ({
    expect,
    onTestFinished,
  }) => {
    const { world, send, heard } = await house(onTestFinished, ({ id }) => [{ id, phase: "pong" }]);
    const lease = { site: "s", instance: "i", at: 1, online: true };
    const retain = (more: object) =>
      world.say("power-manager/orchestrator/status", JSON.stringify({ ...lease, ...more }), { retain: true });
    await retain({ epoch: 9, machines: { elsewhere: null } });
    await send("pc", "ping");
    await retain({ epoch: 9, machines: { pc: null } });
    await send("pc", "ping");
    expect(heard.map(({ epoch }) => epoch)).toEqual([0, 9]);
  });

  it("shutdown: each phase is told, the point of no return ends it", async ({ expect, onTestFinished }) => {
    const phases = ["received", "delay", "pre_shutdown", "shutting_down"] as const;
    const { send, lines } = await house(onTestFinished, ({ id }) => phases.map((phase) => ({ id, phase })));
    expect(await send("pc", "shutdown", "--delay", "0")).toBe(0);
    for (const phase of phases) expect(lines.join("\n")).toContain(`pc: ${phase}`);
  });

  it("a refusal ends with 1 and says why", async ({ expect, onTestFinished }) => {
    const { send, lines } = await house(onTestFinished, ({ id }) => [
      { id, phase: "refused", reason: "older" },
    ]);
    expect(await send("pc", "shutdown")).toBe(1);
    expect(lines.join("\n")).toContain("pc: refused (older)");
  });

  it("an agent that knows a newer word is asked once more, above that (R7)", async ({
    expect,
    onTestFinished,
  }) => {
    const last = { epoch: 9, seq: 4 };
    const { send, heard } = await house(onTestFinished, ({ id, epoch }) =>
      epoch === 9 ? [{ id, phase: "pong" }] : [{ id, phase: "refused", reason: "older", last }],
    );
    expect(await send("pc", "ping")).toBe(0);
    expect(heard).toMatchObject([{ epoch: 0 }, { epoch: 9, seq: 5 }]);
  });

  it("silence ends with 1: sent is not done", async ({ expect, onTestFinished }) => {
    const { send, lines } = await house(onTestFinished, () => []);
    expect(await send("pc", "ping", "--wait", "1")).toBe(1);
    expect(lines.join("\n")).toContain("sent is not done");
  });

  it("no rehearsal for an agent that never published its status (S30)", async ({
    expect,
    onTestFinished,
  }) => {
    const { send, heard, lines } = await house(onTestFinished, () => []);
    expect(await send("pc", "shutdown", "--dry-run")).toBe(1);
    expect(heard).toEqual([]);
    expect(lines.join("\n")).toContain("no agent that can rehearse");
  });

  it("an unknown machine, an unknown action", async ({ expect, onTestFinished }) => {
    const { send, lines } = await house(onTestFinished, () => []);
    expect(await send("nas", "ping")).toBe(1);
    expect(await send("pc", "explode")).toBe(2);
    expect(lines.join("\n")).toContain('no machine "nas" in the configuration; it has pc');
  });

  it("signs for a machine with a key, and believes only a signed answer", async ({
    expect,
    onTestFinished,
  }) => {
    const answer = (id: string, sig: string): Ack => ({ id, phase: "pong", at: 1, sig });
    const forged = await house(onTestFinished, ({ id }) => [answer(id, "0".repeat(64))], true);
    expect(await forged.send("pc", "ping", "--wait", "1")).toBe(1);
    expect(forged.lines.join("\n")).toContain(
      'pc answered "pong" with another key: AGENT_KEY there and machines.pc.key',
    );
    const bare = await house(onTestFinished, ({ id }) => [{ id, phase: "pong" }], true);
    expect(await bare.send("pc", "ping", "--wait", "1")).toBe(1);
    expect(bare.lines.join("\n")).toContain('pc answered "pong" without a signature: set AGENT_KEY');
    const [command] = forged.heard;
    expect(command && verify(key, commandText("pc", command), command.sig)).toBe(true);
    const honest = await house(
      onTestFinished,
      ({ id }) => [answer(id, sign(key, ackText("pc", { id, phase: "pong", at: 1 })))],
      true,
    );
    expect(await honest.send("pc", "ping")).toBe(0);
  });
});
