/** The log of the built server: good news once, and each message in and out at LOG_LEVEL=debug. */
import { describe, expect, it, onTestFinished } from "vitest";
import { startServer } from "../server.ts";
import { freePort, until, watch } from "../world.ts";

async function run(level: string) {
  const port = await freePort();
  const yaml = `stations: { Study: {} }\nmachines: { pc: { stations: [Study] } }\nbroker: { port: ${port} }\n`;
  const server = startServer({ files: { "ecoflow-power.yaml": yaml }, env: { LOG_LEVEL: level } });
  onTestFinished(() => server.end());
  await server.says("connected to the broker");
  const watcher = await watch(`mqtt://127.0.0.1:${port}`);
  onTestFinished(() => watcher.end());
  const reading = JSON.stringify({ device: "Study", soc: 62, grid_connected: true });
  await until("the station is heard", async () => {
    await watcher.say("bridge-ecoflow/Study/json/state", reading);
    return server.output().includes("Study is heard: 62 %, mains present");
  });
  await watcher.say("power-manager/pc/status", '{"online":true,"armed":true,"boot":"b"}');
  await server.says("the agent of pc is online, armed");
  return server;
}

const times = (text: string, words: string) => text.split(words).length - 1;

describe("the log of the server", () => {
  it("without a terminal is one JSON a line, and says good news once", async () => {
    const server = await run("info");
    const lines = server.output().trim().split("\n");
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty("msg");
    for (const news of ["connected to the broker", "Study is heard", "the agent of pc is online"])
      expect(times(server.output(), news)).toBe(1);
    expect(server.output()).not.toContain("power-manager/pc/status");
  });

  it("shows each message in and out at LOG_LEVEL=debug", async () => {
    const server = await run("debug");
    await server.says("out power-manager/plan/pc");
    const messages = server
      .output()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).msg as string);
    expect(messages).toContain(
      'in  bridge-ecoflow/Study/json/state {"device":"Study","soc":62,"grid_connected":true}',
    );
    expect(messages.some((text) => text.startsWith('in  power-manager/pc/status {"online":true'))).toBe(true);
    expect(messages.some((text) => /^out power-manager\/plan\/pc \{.*\(retained\)$/.test(text))).toBe(true);
  });
});
