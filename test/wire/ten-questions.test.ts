/** Ten questions about one outage are answered by the log of the built server, which real agents obeyed. */
import { beforeAll, describe, it, type TestContext } from "vitest";
import { missingTools } from "../agents/broker.ts";
import { Machine } from "../agents/machine.ts";
import { linux } from "../agents/platforms.ts";
import { startServer } from "../server.ts";
import { expectAnswer, tenQuestions } from "../ten-questions.ts";
import { KillableBroker } from "./killable-broker.ts";

const yaml = `stations: { Study: { dischargeLimitPercent: 5 } }
machines:
  pc: { stations: [Study], shutdownAt: { socPercent: 50 }, delaySec: 3, stopSec: 20 }
  nas: { stations: [Study], shutdownAt: { socPercent: 30 }, delaySec: 60, stopSec: 20 }
policy: { debounceSec: 3, abortAfterSec: 2 }
`;

/** Runs the outage; returns the lines of the server's log, parsed. */
async function outage(
  finished: (end: () => Promise<void>) => void,
): Promise<{ time: string; msg: string }[]> {
  const broker = new KillableBroker();
  await broker.start();
  finished(() => broker.close());
  const env = { MQTT_HOST: "127.0.0.1", MQTT_PORT: String(broker.port) };
  const server = startServer({ files: { "ecoflow-power.yaml": yaml }, env });
  finished(() => server.end());
  const says = { device: "Study", soc: 62, grid_connected: true, temp_celsius: 24 };
  const speak = () => broker.publish("bridge-ecoflow/Study/json/state", JSON.stringify(says));
  const timer = setInterval(() => void speak().catch(() => undefined), 500);
  finished(async () => clearInterval(timer));
  const [pc, nas] = ["pc", "nas"].map((id) => new Machine(broker, linux, {}, id)) as [Machine, Machine];
  for (const agent of [pc, nas]) finished(() => agent.close());
  await Promise.all([pc.start(), nas.start(), server.says("Study is heard: 62 %")]);
  says.grid_connected = false;
  await server.says("Study has no grid");
  says.soc = 49;
  await pc.entry();
  await server.says("pc has started its shutdown");
  await pc.stop();
  await server.stop("SIGKILL");
  server.start();
  await server.says("goes on after the restart");
  says.soc = 29;
  await server.says("nas acknowledges command");
  says.grid_connected = true;
  await server.says("nas stays up");
  return server
    .output()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe.skipIf(missingTools() !== null)("the log of one outage, without a terminal", () => {
  let log: { time: string; msg: string }[] = [];
  const ends: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    try {
      log = await outage((end) => void ends.push(end));
    } finally {
      for (const end of ends.reverse()) await end();
    }
  }, 240_000);

  it.for(tenQuestions)("answers: $asks", (question, { expect }: TestContext) => {
    const said = log.map(({ msg }) => msg);
    expectAnswer(expect, question, said);
  });

  it("says date and time in each line", ({ expect }) => {
    for (const { time } of log) expect(new Date(time).toISOString()).toBe(time);
  });
});
