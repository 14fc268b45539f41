/** The rooms in two processes at one broker, without a change in them. */
import { describe, it } from "vitest";
import type { JournalEntry } from "../../src/contract/messages/journal.ts";
import type { Command } from "../../src/contract/messages/machine.ts";
import { startServer } from "../server.ts";
import { hasMosquitto, startMosquitto, until, watch } from "../world.ts";

const yaml = (port: number, state: string) => `
site: home
stateDir: ${state}
mqtt: { url: "mqtt://127.0.0.1:${port}" }
stations: { Study: {} }
machines: { pc: { stations: [Study] } }
policy: { socMinPercent: 20, debounceSec: 2 }
`;

describe.skipIf(!hasMosquitto)("run --only", () => {
  it("telemetry in one process, the decision in another: the shutdown comes, the journal reports it", async ({
    expect,
    onTestFinished,
  }) => {
    const broker = await startMosquitto();
    const world = await watch(broker.url);
    const start = (rooms: string, state: string) =>
      startServer({ args: ["--only", rooms], files: { "ecoflow-power.yaml": yaml(broker.port, state) } });
    const telemetry = start("telemetry", "a");
    const decision = start("policy,commander,journal", "b");
    onTestFinished(async () => {
      await telemetry.end();
      await decision.end();
      await world.end();
      await broker.end();
    });
    await until("the decision is there", () => world.on("power-manager/orchestrator/status").length > 0);
    const feed = setInterval(() => {
      void world.say(
        "bridge-ecoflow/Study/json/state",
        JSON.stringify({ device: "Study", soc: 9, grid_connected: false }),
      );
    }, 500);
    onTestFinished(() => clearInterval(feed));
    const commands = (): Command[] => world.on("power-manager/pc/cmd").map((text) => JSON.parse(text));
    await until("the shutdown", () => commands().some(({ action }) => action === "shutdown"));
    const events = (): JournalEntry[] => world.on("power-manager/events").map((text) => JSON.parse(text));
    await until("the journal tells", () => events().some(({ type }) => type === "shutdown-triggered"));
    expect(events().filter(({ code }) => code === "foreign-command")).toEqual([]);
    // The end of the process without the commander must not report the other as offline.
    await telemetry.stop("SIGKILL");
    await until(
      "its own last word",
      () => world.on("power-manager/orchestrator/telemetry/status").length > 0,
    );
    const leases = world.on("power-manager/orchestrator/status").map((text) => JSON.parse(text).online);
    expect(leases).not.toContain(false);
  });
});
