/** With a key everything is signed, and an outsider on an open broker can neither put a machine down nor keep it up (I21, R9). */
import { describe, it } from "vitest";
import type { Ack, Command, Power, Status } from "../../src/contract/messages/machine.ts";
import { ackText, commandText, powerText, statusText } from "../../src/contract/signatures.ts";
import { sign, verify } from "../../src/io/secrets.ts";
import { seconds } from "../agents/wait.ts";
import { watch } from "../world.ts";
import { House, short } from "./agent-house.ts";

const key = "the-key-of-this-test-only";
const now = () => Math.floor(Date.now() / 1000);

/** What an outsider can put together: everything but the key. */
const forged = (more: Partial<Command> = {}): Command => ({
  id: "forged",
  action: "shutdown",
  delay_sec: 0,
  reason: "",
  ttl_sec: 300,
  issued_at: now(),
  outage: "Study-1",
  epoch: 9,
  seq: 9,
  ...more,
});

const saidOn = <T>(house: House, kind: string): T[] =>
  house.broker.heard
    .filter(({ topic, body }) => topic === `power-manager/pc/${kind}` && body["id"] !== "forged")
    .map(({ body }) => body as T);

export function keys(): void {
  describe.concurrent("with a key", () => {
    it("everything is signed, all the way, and the outage ends as it should", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished, { key });
      await house.falls();
      await house.planned("going_down");
      await house.pc.phase("shutting_down");
      const signed = (text: string, sig: string | undefined) =>
        expect(verify(key, text, sig), text).toBe(true);
      for (const word of saidOn<Command>(house, "cmd")) signed(commandText("pc", word), word.sig);
      for (const word of saidOn<Power>(house, "power")) signed(powerText("pc", word), word.sig);
      for (const word of saidOn<Ack>(house, "ack")) signed(ackText("pc", word), word.sig);
      for (const word of saidOn<Status>(house, "status")) signed(statusText("pc", word), word.sig);
      expect(house.distinct("shutting_down")).toBe(1);
      await seconds(3);
      expect(house.shutdowns).toBe(1);
      expect(house.server.output()).not.toContain("its signature is missing or wrong");
    });

    it("and with an account at the broker: the same, and nobody else comes in", async ({
      expect,
      onTestFinished,
    }) => {
      const account = { user: "house", password: "a password of this test only" };
      const house = await House.open(onTestFinished, { key, account });
      await expect(watch(`mqtt://127.0.0.1:${house.broker.port}`)).rejects.toThrow();
      expect((await house.send("pc", "ping", "--wait", "60")).code).toBe(0);
      await house.falls();
      await house.planned("going_down");
      expect(house.shutdowns).toBe(1);
    });

    it("a forged command is refused and nothing happens; the server's own still gets through", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished, { key });
      const text = commandText("pc", forged());
      const tries = [
        forged(),
        { ...forged(), sig: "0".repeat(64) },
        { ...forged(), sig: sign("another key", text) },
        { ...forged(), sig: sign(key, commandText("nas", forged())) },
        { ...forged({ delay_sec: 1 }), sig: sign(key, text) },
      ];
      for (const command of tries) await house.pc.send("cmd", JSON.stringify(command));
      await house.until("the refusals", () => house.count("refused") === tries.length);
      await house.event(({ code }) => code === "foreign-command");
      await seconds(short.delaySec);
      expect(house.pc.record).toEqual([]);
      expect(house.plan("watching")).toBe(true);
      await house.falls();
      await seconds(3);
      expect(house.shutdowns).toBe(1);
    });

    it("an agent with another key is named so by send, and refuses what the server signs", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished, { key, absent: true });
      const { pc } = house;
      const settings = { AGENT_ID: "pc", MQTT_HOST: "127.0.0.1", MQTT_PORT: house.broker.port };
      pc.settings({ ...settings, SHUTDOWN_CMD: pc.recorder, AGENT_KEY: "another key of this test" });
      await pc.start();
      const { code, said } = await house.send("pc", "ping", "--wait", "20");
      expect(code).toBe(1);
      expect(said).toContain('pc answered "refused" with another key');
    });

    it("a replay of the server's own earlier command is refused", async ({ expect, onTestFinished }) => {
      const house = await House.open(onTestFinished, { key, delaySec: 20 });
      house.grid(false);
      await house.pc.phase("delay");
      house.grid(true);
      await house.pc.phase("aborted");
      await house.planned("watching");
      const [order] = house.commands;
      expect(order?.action).toBe("shutdown");
      await house.pc.send("cmd", JSON.stringify(order));
      const refusal = await house.pc.phase("refused", order?.id ?? "");
      expect(refusal.reason).toContain("older");
      await seconds(10);
      expect(house.pc.record).toEqual([]);
    });

    it("a forged word of power arms no dead-man", async ({ expect, onTestFinished }) => {
      const house = await House.open(onTestFinished, { key });
      const word = { on_battery: true, soc: 1, runtime_sec: 1, deadman_sec: 1, at: now(), seq: 999_999_999 };
      await house.pc.send("power", JSON.stringify(word));
      await house.pc.send("power", JSON.stringify({ ...word, sig: "f".repeat(64) }));
      await house.pc.logs("without the right signature");
      await seconds(4);
      expect(house.pc.record).toEqual([]);
    });

    it("an unsigned status does not fool the server: it commands all the same", async ({
      expect,
      onTestFinished,
    }) => {
      const house = await House.open(onTestFinished, { key });
      const lies: Status[] = [
        { online: true, state: "shutting_down", boot: "another", command: "x", at: now() },
        { online: true, state: "shutting_down", boot: "another", at: now(), sig: "0".repeat(64) },
        { online: false, reason: "user", at: now() },
      ];
      for (const lie of lies) await house.pc.send("status", JSON.stringify(lie), true);
      await house.server.says("ignored a message of pc: its signature is missing or wrong");
      await house.falls();
      await house.planned("going_down");
      expect([...new Set(house.states)].slice(0, 3)).toEqual(["watching", "pending", "commanded"]);
    });

    it("an unsigned acknowledgement does not quieten the server", async ({ expect, onTestFinished }) => {
      const house = await House.open(onTestFinished, { key });
      // The machine hangs; an unsigned message answers in its place.
      house.pc.process?.kill("SIGSTOP");
      house.grid(false);
      await house.until("the command", () => house.commands.length > 0);
      const id = house.commands[0]?.id ?? "";
      for (const phase of ["received", "shutting_down"])
        await house.pc.send("ack", JSON.stringify({ id, phase, at: now() }));
      await house.event(({ code }) => code === "no-acknowledgement");
      expect(house.plan("commanded")).toBe(true);
      expect(house.commands.length).toBeGreaterThanOrEqual(4);
      expect(new Set(house.commands.map((command) => command.id)).size).toBe(1);
    });
  });

  describe.concurrent("without a key", () => {
    it("the same lies are believed: what a key is for", async ({ expect, onTestFinished }) => {
      const house = await House.open(onTestFinished);
      await house.pc.send(
        "status",
        JSON.stringify({ online: true, state: "shutting_down", boot: "another" }),
      );
      await house.event(({ type }) => type === "going-down");
      await house.pc.send("cmd", JSON.stringify(forged()));
      await house.pc.entry();
      await house.event(({ code }) => code === "foreign-command");
      expect(house.shutdowns).toBe(1);
    });
  });
}
