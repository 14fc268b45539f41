/** `ecoflow-power run`: the server. */
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { describeProblems } from "../config/problems.ts";
import { defineCommand, WrongUsage } from "./command.ts";
import { configOption, configured } from "./configured.ts";
import { serve } from "./serve.ts";

/** Rooms that only work together in one process. */
const together = ["policy", "commander"];
const rooms = ["telemetry", "policy", "commander", "journal"];
/** The room of the source NAME is called source-NAME. */
const sourceRoom = "source-";
const hasRoom = ({ sources }: Config, room: string) =>
  sources.some(({ kind, name }) => kind.startsWith("ecoflow-") && room === `${sourceRoom}${name}`);

export const runCommand = defineCommand(
  {
    name: "run",
    summary: "start the server: stations in, decisions, commands out",
    about:
      "Starts the server and runs until SIGINT or SIGTERM. SIGHUP reads the configuration again and applies it.",
    options: {
      config: configOption,
      only: {
        value: "ROOM,ROOM",
        about: `only these rooms (${rooms.join(", ")}, source-<name>), against a real broker`,
      },
    },
    examples: ["", "--config /etc/ecoflow-power/site.yaml"],
  },
  async ({ values }, io) => {
    const only = values.only?.split(",").map((name) => name.trim());
    if (only) refuseWrongRooms(only);
    const config = configured(values.config, io);
    if (config === null) return 1;
    const objection = objectionTo(config, only);
    if (objection !== null) {
      io.err(objection);
      return 1;
    }
    await serve(config, io, only, () => {
      const { config: file } = values;
      const loaded = loadConfig({ cwd: io.cwd, env: io.env, ...(file && { file }) });
      return loaded.ok
        ? (objectionTo(loaded.config, only) ?? loaded.config)
        : describeProblems(loaded.problems);
    });
    return 0;
  },
);

/** Why these rooms cannot run with this configuration; null when they can. */
function objectionTo(config: Config, only: readonly string[] | undefined): string | null {
  const { mqtt, site } = config;
  const stranger = only?.find((name) => name.startsWith(sourceRoom) && !hasRoom(config, name));
  if (stranger !== undefined)
    return `--only: there is no room "${stranger}": no account of the configuration is a source of this name.`;
  if (only && mqtt === null)
    return "--only needs a broker that the other rooms reach too: set mqtt.url or MQTT_HOST.";
  if (only && site === null)
    return "--only needs the site's name, the same in each process, so that they find each other: set site in ecoflow-power.yaml.";
  return null;
}

function refuseWrongRooms(only: readonly string[]): void {
  const unknown = only.filter((name) => !rooms.includes(name) && !name.startsWith(sourceRoom));
  if (unknown.length > 0)
    throw new WrongUsage(`--only: there is no room "${unknown[0]}"; the rooms are ${rooms.join(", ")}.`);
  const some = together.filter((name) => only.includes(name));
  if (some.length === 1)
    throw new WrongUsage(`--only: ${together.join(" and ")} always run together; name both.`);
}
