/** An agent whose "online" the broker kept is asked by the built server: what is kept comes before commands are taken. */
import { describe, it } from "vitest";
import { startServer } from "../server.ts";
import { hasMosquitto, startMosquitto, until, watch } from "../world.ts";

describe.skipIf(!hasMosquitto)("a server that starts, and one whose broker was away", () => {
  it("asks the agents that the broker says are there", async ({ expect, onTestFinished }) => {
    const broker = await startMosquitto();
    onTestFinished(() => broker.end());
    const world = await watch(broker.url);
    onTestFinished(() => world.end());
    const online = JSON.stringify({ online: true, boot: "pc-1", state: "shutting_down", command: "x" });
    await world.say("power-manager/pc/status", online, { retain: true });
    await world.say("power-manager/stranger/status", online, { retain: true });
    const server = startServer({
      files: { "ecoflow-power.yaml": "stations: { Study: {} }\nmachines: { pc: { stations: [Study] } }\n" },
      env: { MQTT_HOST: "127.0.0.1", MQTT_PORT: String(broker.port) },
    });
    onTestFinished(() => server.end());
    await until("pc is asked", () => world.on("power-manager/pc/cmd").length > 0);
    expect(JSON.parse(world.on("power-manager/pc/cmd")[0] ?? "{}")).toMatchObject({ action: "ping" });
    expect(world.on("power-manager/stranger/cmd")).toEqual([]);
  });
});
