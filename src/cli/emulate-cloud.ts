/** `ecoflow-power emulate-cloud`: EcoFlow's cloud on this machine, for tests and rehearsals without an account. */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import { systemClock } from "../io/clock.ts";
import { realTime } from "../io/timer.ts";
import { type Cloud, startCloud } from "../sim/cloud/cloud.ts";
import { type CloudScene, quietScene } from "../sim/cloud/scene.ts";
import { readScene } from "../sim/cloud/scene-file.ts";
import { type CommandIo, defineCommand, WrongUsage } from "./command.ts";
import { aborted } from "./waiting.ts";

/** The MQTT port is the next one. */
const highestPort = 65_534;

export const emulateCloudCommand = defineCommand(
  {
    name: "emulate-cloud",
    summary: "EcoFlow's cloud emulated on this machine: both APIs, stations, and faults on demand",
    about:
      "Emulates EcoFlow's cloud on 127.0.0.1: the developer API and the app's API over HTTPS, and MQTT over TLS. It contacts no server of EcoFlow and knows no real account. When it is ready it prints one JSON line on standard output: {api, mqtt, ca, accessKey, secretKey, username, password, stations}; ca is its authority's certificate as PEM. What it refuses, and why, is on standard error. It runs until Ctrl-C.",
    options: {
      port: { value: "P", about: "HTTPS listens on P, MQTT on P + 1; two free ports unless given" },
      "ca-out": { value: "FILE", about: "write the authority's certificate there, for ECOFLOW_CA_FILE" },
      scene: {
        value: "F",
        about: "YAML or JSON: stations, and what happens when (docs/emulate-cloud.md)",
      },
    },
    examples: ["", "--port 8443 --ca-out ca.pem --scene outage.yaml"],
  },
  async ({ values }, io) => {
    const port = portOf(values.port);
    const scene = values.scene === undefined ? quietScene : sceneOf(values.scene, io);
    if (scene === null) return 1;
    const cloud = await started(port, scene, io);
    if (cloud === null) return 1;
    try {
      const file = values["ca-out"];
      if (file !== undefined) writeFileSync(resolve(io.cwd, file), cloud.info.ca);
      io.err(
        `Emulated: no server of EcoFlow is contacted. ${cloud.info.stations.length} stations; Ctrl-C ends it.`,
      );
      io.out(JSON.stringify(cloud.info));
      await livedUntil(io.stop, cloud);
      return 0;
    } finally {
      await cloud.close();
    }
  },
);

function portOf(text: string | undefined): number {
  const port = Number(text ?? 0);
  if (Number.isInteger(port) && port >= 0 && port <= highestPort) return port;
  throw new WrongUsage(`--port: "${text}" is no number from 0 to ${highestPort}.`);
}

/** Null after the sentence that says why there is none. */
function sceneOf(file: string, io: CommandIo): CloudScene | null {
  const read = contentOf(resolve(io.cwd, file));
  const scene = "problem" in read ? read : readScene(read.value);
  if (!("problem" in scene)) return scene;
  io.err(`The scene ${file} cannot be used: ${scene.problem}`);
  return null;
}

function contentOf(path: string): { value: unknown } | { problem: string } {
  try {
    return { value: parse(readFileSync(path, "utf8")) as unknown };
  } catch (error) {
    return { problem: `${error instanceof Error ? error.message.split("\n")[0] : String(error)}.` };
  }
}

/** Null after the sentence that says why it did not start. */
async function started(port: number, scene: CloudScene, io: CommandIo): Promise<Cloud | null> {
  try {
    return await startCloud({
      clock: systemClock(),
      after: realTime,
      random: Math.random,
      port,
      scene,
      note: (text) => io.err(text),
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    io.err(`Port ${port} or ${port + 1} is taken: give another --port, or none for two free ones.`);
    return null;
  }
}

async function livedUntil(stop: AbortSignal, cloud: Cloud): Promise<void> {
  cloud.second();
  const stopTicks = systemClock().everySecond(() => cloud.second());
  await aborted(stop);
  stopTicks();
}
