/** The shape of a command: what is none is ignored or refused, field by field as the server's schema does. */
import { expect } from "vitest";
import { commandSchema } from "../../src/contract/messages/machine.ts";
import { type Cases, expectNoShutdown, expectShutdown } from "./cases.ts";
import { nowSec } from "./cases-trust.ts";

export const shape: Cases = {
  "ignores what is not a command": async ({ machine }) => {
    const pc = await machine();
    const good = '"id":"x","action":"shutdown","delay_sec":0,"ttl_sec":300';
    const bad = [
      "",
      "shutdown",
      '"action":"shutdown"',
      `[{${good}}]`,
      `{${good}`,
      `{${good}} {}`,
      `{${good},}`,
      `{${good},"action":"shutdown"}`,
      `{${good},"reason":"a\tb\u0001"}`,
      `{${good},"reason":"\\x"}`,
      `{${good},"n":01}`,
      `{${good},"n":nul}`,
      `{'id':'x','action':'shutdown'}`,
      `{"id":"","action":"shutdown"}`,
      `{"id":7,"action":"shutdown"}`,
      `{"id":"a\\"b","action":"shutdown"}`,
      `{"id":"${"i".repeat(129)}","action":"shutdown"}`,
      `{"action":"shutdown","delay_sec":0}`,
      `{${good},"deep":${"[".repeat(40)}${"]".repeat(40)}}`,
    ];
    let sent = 0;
    for (const text of bad) sent = await pc.send("cmd", text);
    for (const delay of ['"0"', "-1", "1.5", "1e3", "true", "[]", "99999999999"]) {
      sent = await pc.send(
        "cmd",
        `{"id":"d${delay.replaceAll('"', "")}","action":"shutdown","delay_sec":${delay}}`,
      );
    }
    sent = await pc.send("cmd", '{"id":"unknown-verb","action":"reboot"}');
    await pc.phase("refused", "unknown-verb");
    await expectNoShutdown(pc, sent, 0);
    expect(new Set(pc.phases)).toEqual(new Set(["refused"]));
  },

  "refuses in each field what the server's schema refuses": async ({ machine }) => {
    const pc = await machine();
    const right = { id: "x", action: "shutdown", delay_sec: 0, ttl_sec: 300, issued_at: nowSec() };
    const notWhole = ['"60"', "null", "-1", "1.5", "true", "[]", "{}", "9007199254740993"];
    const noText = ["5", "null", "true", "[]", '{"a":1}'];
    const wrong: Record<string, string[]> = {
      action: [...noText, '"reboot"', '""'],
      reason: noText,
      outage: noText,
      station: noText,
      sig: noText,
      delay_sec: notWhole,
      ttl_sec: notWhole,
      issued_at: notWhole,
      epoch: [...notWhole, "900000001"],
      seq: notWhole,
      dry_run: ['"true"', "null", "1", "[]"],
    };
    let sent = 0;
    for (const [field, values] of Object.entries(wrong))
      for (const [at, value] of values.entries()) {
        const body = JSON.stringify({ ...right, id: `${field}-${at}`, [field]: "?" }).replace('"?"', value);
        expect(commandSchema.safeParse(JSON.parse(body)).success, body).toBe(false);
        sent = await pc.send("cmd", body);
        await pc.phase("refused", `${field}-${at}`);
      }
    await expectNoShutdown(pc, sent, 0);
    expect(new Set(pc.phases)).toEqual(new Set(["refused"]));
  },

  "throws a payload of a megabyte away and goes on": async ({ machine }) => {
    const pc = await machine();
    await pc.shutdown({ reason: "x".repeat(1_000_000), delay_sec: 0 });
    await pc.logs("a message of more than");
    const sent = await pc.shutdown({ delay_sec: 1 });
    await expectShutdown(pc, sent, 1);
    expect(pc.acks.map(({ id }) => id)).not.toContain("c1");
  },
};
