/** The built server takes JSON of any depth, width and length on every topic, live and retained, and goes on. */
import { describe, it } from "vitest";
import { hostileMessages } from "../hostile.ts";
import { startServer } from "../server.ts";
import { hasMosquitto, startMosquitto, until, watch } from "../world.ts";

const yaml = (url: string) =>
  `mqtt: { url: "${url}" }\nstations: { Study: { serial: R631ZEB4XH123456 } }\nmachines: { pc: { stations: [Study] } }\n`;

/** Every topic that the server reads, with a message that is valid there. */
const topics: Readonly<Record<string, object>> = {
  "bridge-ecoflow/Study/json/state": { device: "Study", soc: 80 },
  "bridge-ecoflow/R631ZEB4XH123456/data": { params: { soc: 80 } },
  "power-manager/pc/ack": { id: "a", phase: "received" },
  "power-manager/pc/status": { online: true, boot: "b" },
  "power-manager/pc/cmd": { id: "a", action: "ping" },
  "power-manager/orchestrator/status": { site: "x", instance: "y", epoch: 1, at: 1, online: false },
};

/** A world with a broker, where everything ends with the test. */
async function aWorld(onTestFinished: (end: () => Promise<void>) => void) {
  const broker = await startMosquitto();
  const world = await watch(broker.url);
  const server = startServer({ files: { "ecoflow-power.yaml": yaml(broker.url) } });
  onTestFinished(async () => {
    await server.end();
    await world.end();
    await broker.end();
  });
  let from = 0;
  /** Waits until the server renews its lease after everything that was published so far. */
  const lives = async (after: string) => {
    from = world.heard.length;
    await until(`the server lives after ${after}`, () =>
      world.heard
        .slice(from)
        .some(({ topic, text }) => topic === "power-manager/orchestrator/status" && text.includes('"rooms"')),
    );
  };
  return { world, server, lives };
}

describe.skipIf(!hasMosquitto).concurrent("hostile JSON", () => {
  it.for(Object.keys(topics))(
    "on %s, live: the same process goes on",
    async (topic, { onTestFinished, expect }) => {
      const { world, server, lives } = await aWorld(onTestFinished);
      await lives("its start");
      for (const [, text] of hostileMessages(topics[topic] ?? {})) await world.say(topic, text);
      await lives("all of them");
      expect(server.output()).not.toMatch(/RangeError|threw/);
    },
  );

  it.for(Object.keys(topics))("on %s, retained: it starts", async (topic, { onTestFinished, expect }) => {
    const { world, server, lives } = await aWorld(onTestFinished);
    await lives("its first start");
    for (const [name, text] of hostileMessages(topics[topic] ?? {})) {
      if (!/nested lists/.test(name)) continue;
      await server.stop();
      await world.say(topic, text, { retain: true });
      server.start();
      await lives(name);
    }
    expect(server.output()).not.toMatch(/RangeError|threw/);
  });
});
