/** Two built servers on one real broker, with the same machines and sources that disagree. */
import { describe, it } from "vitest";
import { startServer } from "../server.ts";
import { hasMosquitto, startMosquitto, until, watch } from "../world.ts";

interface Lease {
  instance: string;
  epoch: number;
  online: boolean;
}

/** Each server has a base of its own, so that the test decides what each of them sees. */
const files = (url: string, base: string) => ({
  "ecoflow-power.yaml": [
    `mqtt: { url: "${url}" }`,
    `base: ${base}`,
    "policy: { debounceSec: 0 }",
    "sources: [{ kind: mqtt }]",
    "stations: { Study: {} }",
    "machines: { pc: { stations: [Study], shutdownAt: { socPercent: 50 } } }",
    "",
  ].join("\n"),
});

describe.skipIf(!hasMosquitto)("two built servers on one broker (E24)", () => {
  it("bid a bounded number of epochs, and the commands come from one", async ({ expect, onTestFinished }) => {
    const broker = await startMosquitto();
    const world = await watch(broker.url);
    const leases = () =>
      world.on("power-manager/orchestrator/status").map((text) => JSON.parse(text) as Lease);
    const first = startServer({ files: files(broker.url, "first") });
    onTestFinished(() => first.end());
    await until("the first leads", () => leases().some(({ online }) => online));
    const second = startServer({ files: files(broker.url, "second") });
    onTestFinished(async () => {
      await second.end();
      await world.end();
      await broker.end();
    });
    await until("one stands aside", () => /stands aside/.test(first.output() + second.output()));
    const heard = leases();
    const leader = heard.reduce((best, lease) => (lease.epoch > best.epoch ? lease : best));
    expect(leader.epoch).toBeLessThan(20);
    expect(second.output()).toContain("stands aside");

    // The server that leads sees mains; the one that stands aside sees an outage at 9 %, and then the reverse.
    const say = async (grids: Record<string, boolean>) => {
      for (const [base, grid] of Object.entries(grids)) {
        const reading = { device: "Study", soc: grid ? 80 : 9, grid_connected: grid, temp_celsius: 20 };
        await world.say(`${base}/Study/json/state`, JSON.stringify(reading));
      }
    };
    const commands = () =>
      world.on("power-manager/pc/cmd").map((text) => JSON.parse(text) as { action: string; epoch: number });
    const after = leases().length;
    const renewals = (count: number) =>
      until(`${count} more renewals`, () => leases().length >= after + count);
    for (let round = 1; round <= 3; round++) {
      await say({ first: true, second: false });
      await renewals(round);
    }
    expect(commands().filter(({ action }) => action !== "ping")).toEqual([]);
    await until("the leader commands", async () => {
      await say({ first: false, second: true });
      await new Promise((resolve) => setTimeout(resolve, 500));
      return commands().some(({ action }) => action === "shutdown");
    });
    expect(
      new Set(
        leases()
          .slice(after)
          .map(({ instance }) => instance),
      ),
    ).toEqual(new Set([leader.instance]));
    expect(new Set(commands().map(({ epoch }) => epoch))).toEqual(new Set([leader.epoch]));
    expect(Math.max(...leases().map(({ epoch }) => epoch))).toBe(leader.epoch);
  });
});
