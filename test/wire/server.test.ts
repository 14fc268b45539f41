/** The server as a process: how it ends when it cannot begin, and what it leaves behind when it is killed. */
import { createServer } from "node:net";
import { describe, it } from "vitest";
import { startServer } from "../server.ts";
import { freePort, hasMosquitto, startMosquitto, until, watch } from "../world.ts";

const yaml = (lines: string) =>
  `${lines}\nstations: { Study: {} }\nmachines: { pc: { stations: [Study] } }\n`;

describe("a server that cannot begin", () => {
  it("names the port that is taken, and ends with 1", async ({ expect, onTestFinished }) => {
    const port = await freePort();
    const other = createServer();
    await new Promise<void>((listening) => other.listen(port, "127.0.0.1", listening));
    const server = startServer({ files: { "ecoflow-power.yaml": yaml(`broker: { port: ${port} }`) } });
    onTestFinished(async () => {
      await server.end();
      other.close();
    });
    await server.says(`port ${port} on 127.0.0.1 is taken`);
    expect(await server.ended()).toBe(1);
  });
});

describe.skipIf(!hasMosquitto)("a second server", () => {
  it("on the same state folder ends with 1: two would command the same machines", async ({
    expect,
    onTestFinished,
  }) => {
    const broker = await startMosquitto();
    const first = startServer({ files: { "ecoflow-power.yaml": yaml(`mqtt: { url: "${broker.url}" }`) } });
    const world = await watch(broker.url);
    await until("the first is there", () => world.on("power-manager/orchestrator/status").length > 0);
    const config = yaml(`mqtt: { url: "${broker.url}" }\nstateDir: ${first.cwd}/data`);
    const second = startServer({ files: { "ecoflow-power.yaml": config } });
    onTestFinished(async () => {
      await second.end();
      await first.end();
      await world.end();
      await broker.end();
    });
    await second.says("is in use by another process");
    expect(await second.ended()).toBe(1);
  });

  it("with --only needs the site's name, or the two would talk past each other", async ({
    expect,
    onTestFinished,
  }) => {
    const config = yaml('mqtt: { url: "mqtt://127.0.0.1:1" }');
    const server = startServer({ args: ["--only", "telemetry"], files: { "ecoflow-power.yaml": config } });
    onTestFinished(() => server.end());
    await server.says("set site in ecoflow-power.yaml");
    expect(await server.ended()).toBe(1);
  });
});

describe.skipIf(!hasMosquitto)("a server that is killed", () => {
  it("leaves its epoch in its Last Will, and no absurd one of somebody else", async ({
    expect,
    onTestFinished,
  }) => {
    const broker = await startMosquitto();
    const world = await watch(broker.url);
    const files = { "ecoflow-power.yaml": yaml(`mqtt: { url: "${broker.url}" }`) };
    const server = startServer({ files });
    onTestFinished(async () => {
      await server.end();
      await world.end();
      await broker.end();
    });
    const leases = () => world.on("power-manager/orchestrator/status").map((text) => JSON.parse(text));
    await until("the lease", () => leases().some(({ online }) => online));
    const absurd = { site: "other", instance: "x", at: 1, online: false };
    for (const epoch of [1e15, 800_000_000]) {
      await world.say("power-manager/orchestrator/status", JSON.stringify({ ...absurd, epoch }));
    }
    await world.say("power-manager/orchestrator/status", JSON.stringify({ ...absurd, epoch: 41 }));
    const ours = () => leases().filter(({ site }) => site !== "other");
    await until("an epoch above the one that can be true", () => ours().at(-1).epoch === 42);
    await server.stop("SIGKILL");
    await until("the Last Will", () => ours().at(-1).online === false);
    expect(ours().at(-1).epoch).toBeGreaterThan(0);
    const seqs = world.on("power-manager/pc/power").map((text) => JSON.parse(text).seq);
    expect(seqs.every(Number.isSafeInteger)).toBe(true);
    expect(new Set(seqs).size).toBe(seqs.length);
  });
});
