/** The built server and what others publish on a machine's `cmd` topic: an alarm each time, and nothing retained is left. */
import { describe, it } from "vitest";
import type { Alarms } from "../../src/contract/messages/journal.ts";
import { startServer } from "../server.ts";
import { hasMosquitto, startMosquitto, until, watch } from "../world.ts";

const yaml = (url: string) =>
  `mqtt: { url: "${url}" }\nstations: { Study: {} }\nmachines: { pc: { stations: [Study] }, nas: { stations: [Study] } }\n`;

describe.skipIf(!hasMosquitto)("a foreign command", () => {
  it("that lay at the broker before the start, or cannot be read, is an alarm", async ({
    expect,
    onTestFinished,
  }) => {
    const broker = await startMosquitto();
    const world = await watch(broker.url);
    const topic = "power-manager/pc/cmd";
    const retained = { id: "old", action: "shutdown", delay_sec: 0, reason: "R", ttl_sec: 300 };
    await world.say(topic, JSON.stringify(retained), { retain: true });
    await world.say("power-manager/elsewhere/cmd", JSON.stringify(retained), { retain: true });
    const server = startServer({ files: { "ecoflow-power.yaml": yaml(broker.url) } });
    onTestFinished(async () => {
      await server.end();
      await world.end();
      await broker.end();
    });
    const alarmOf = (machine: string) => {
      const newest = world.on("power-manager/alarms").at(-1) ?? '{"alarms":[]}';
      const { alarms } = JSON.parse(newest) as Alarms;
      return (
        alarms.find((alarm) => alarm.code === "foreign-command" && alarm.machine === machine)?.text ?? ""
      );
    };
    await until("the retained command is an alarm", () => alarmOf("pc").includes("id old) is retained"));
    await until("that of a stranger too", () => alarmOf("elsewhere").includes("is retained"));
    for (const [text, why] of [
      ['{"id":"a","action":"shutdown","reason":5}', "reason"],
      ["shutdown", "no command"],
      [JSON.stringify({ ...retained, reason: "x".repeat(300_000) }), "300"],
    ] as const) {
      await world.say("power-manager/nas/cmd", text);
      await until(`an alarm about ${text.slice(0, 50)}`, () => alarmOf("nas").includes(why));
    }
    const later = await watch(broker.url);
    onTestFinished(() => later.end());
    await until("the other retained messages came", () => later.on("power-manager/elsewhere/cmd").length > 0);
    await until(
      "the server renewed its lease",
      () => later.on("power-manager/orchestrator/status").length > 1,
    );
    expect(later.on(topic).filter((text) => text !== "")).toEqual([]);
    expect(world.on(topic).at(-1), "it was removed").toBe("");
  });
});
