/** The main job on real input: frames that a River 3 sent in an outage, a real broker, the built server. */
import { existsSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { encodeFrame, type Fields } from "../../src/sim/encode.ts";
import { type Server, startServer } from "../server.ts";
import {
  hasMosquitto,
  type Mosquitto,
  orders,
  startMosquitto,
  until,
  type Watcher,
  watch,
} from "../world.ts";

const file = "../shared/captures/captures.jsonl";
const captures = existsSync(file)
  ? readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { id: string; payload: string })
  : [];
const serial = "R655ZEB4HG000001";

/** Returns the bytes of the capture whose id has this prefix. */
function capture(begin: string): Buffer {
  const found = captures.find(({ id }) => id.startsWith(begin));
  if (!found) throw new Error(`no capture ${begin}`);
  return Buffer.from(found.payload, "hex");
}

let seq = 0;
/** A battery heartbeat as the unit sends one every 10 to 20 s. */
const heartbeat = (fields: Fields) =>
  Buffer.from(encodeFrame("BMSHeartBeatReport", { num: 0, ...fields }, { src: 7, seq: ++seq, masked: true }));
const idle = () => heartbeat({ soc: 100, output_watts: 2, input_watts: 0, chg_dsg_state: 0 });
const discharging = (soc: number) => heartbeat({ soc, output_watts: 28, input_watts: 0, chg_dsg_state: 1 });

describe.skipIf(!hasMosquitto || captures.length === 0)(
  "the outage that a River 3 recorded (captures)",
  () => {
    let broker: Mosquitto;
    let server: Server;
    let world: Watcher;

    afterEach(async () => {
      await server?.end();
      await world?.end();
      await broker?.end();
    });

    async function house() {
      broker = await startMosquitto();
      world = await watch(broker.url);
      server = startServer({
        env: {
          MQTT_HOST: "127.0.0.1",
          MQTT_PORT: String(broker.port),
          POLICY_SOC_MIN: "100",
          POLICY_DEBOUNCE_SEC: "2",
          DEVICE_TO_AGENTS_JSON: JSON.stringify({ [serial]: "pc" }),
        },
      });
      await until("the server is there", () =>
        world.on("power-manager/orchestrator/status").some((text) => JSON.parse(text).online),
      );
    }

    const data = (bytes: Buffer) => world.say(`bridge-ecoflow/${serial}/data`, bytes);
    const states = () => world.on(`bridge-ecoflow/${serial}/json/state`).map((text) => JSON.parse(text));
    const commands = () => orders(world, "pc");
    const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));

    it("ends in a shutdown after the debounce, and in an abort only when the mains is proven", async () => {
      await house();
      await data(capture("sh-r655-20"));
      await data(idle());
      await until("the first state", () => states().length > 0);
      // Zeros on mains: never lost.
      expect(states().map(({ grid }) => grid)).not.toContain("lost");
      await data(capture("sh-r655-22"));
      await data(discharging(98));
      await until("the loss", () => states().at(-1)?.grid === "lost");
      await until("the shutdown", () => commands().some(({ action }) => action === "shutdown"));
      await data(capture("sh-r655-25"));
      await data(discharging(98));
      await data(capture("sh-r655-26"));
      await data(discharging(98));
      await pause(2);
      expect(states().at(-1)?.grid).toBe("lost");
      await data(capture("sh-r655-29"));
      await until("the return", () => states().at(-1)?.grid === "present");
      await pause(4);
      await data(capture("sh-r655-29"));
      await pause(4);
      // One sample is no return of the mains, however often it is repeated (S10).
      expect(commands().map(({ action }) => action)).not.toContain("abort");
      const push = { pow_in_sum_w: 210, pow_get_ac_in: 209.6 };
      await data(Buffer.from(encodeFrame("DisplayPropertyUpload", push, { seq: ++seq, masked: true })));
      await until("the abort", () => commands().some(({ action }) => action === "abort"));
      const shutdown = commands().find(({ action }) => action === "shutdown");
      expect(shutdown?.reason).toMatch(/soc \d+ % <= 100 %, on battery \d+ s/);
    });

    it("leaves idle units on mains alone", async () => {
      await house();
      for (const begin of ["sh-r655-01", "sh-r655-02", "sh-r655-03"]) await data(capture(begin));
      await until("a state", () => states().some(({ soc }) => soc !== null));
      await pause(6);
      expect(states().map(({ grid }) => grid)).not.toContain("lost");
      expect(commands()).toEqual([]);
    });
  },
);
