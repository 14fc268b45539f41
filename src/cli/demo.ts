/** `ecoflow-power demo`: the real server on an emulated cloud, with emulated machines, and the story of one outage. */
import { scenes } from "../sim/scenes/table.ts";
import { defineCommand, type Values, WrongUsage } from "./command.ts";
import { play, type Wanted } from "./demo-play.ts";

const fastest = 200;
const names = scenes.map(({ name }) => name);
const speeds = scenes.map(({ speed }) => speed);
const nameWidth = Math.max(...names.map(({ length }) => length)) + 1;

const options = {
  once: { about: "end with the verdict: exit code 0 only if every machine did what it should" },
  speed: {
    value: "N",
    about: `story seconds per second, 1 to ${fastest}; ${Math.min(...speeds)} to ${Math.max(...speeds)}, by scenario, unless given`,
  },
  scenario: { value: "S", about: `${names.join(", ")}; outage unless given` },
  emulated: { about: "emulate every machine, also where the real Linux script could run" },
} as const;

export const demoCommand = defineCommand(
  {
    name: "demo",
    summary: "play one outage with an emulated cloud, stations and machines, shown in the terminal",
    about:
      "Plays an outage: the real server with a configuration of its own, EcoFlow's cloud emulated with two stations, and three machines. Where mosquitto_sub is installed, one machine is the real Linux script with a shutdown command that does nothing; while it has a command, time runs as it is. Nothing outside this process is touched: the broker is embedded, all ports are free ones of 127.0.0.1, whatever the environment says, and files are only in a temporary folder that is removed at the end.",
    options,
    examples: ["--once", "--scenario router-dies", "--once --speed 200 --emulated"],
    more: `Scenarios:\n${scenes.map(({ name, about }) => `  ${name.padEnd(nameWidth)} ${about}`).join("\n")}`,
  },
  ({ values }, io) => play(understood(values), io),
);

/** What is wanted; throws `WrongUsage` when it cannot be understood. */
function understood({ once, emulated, ...values }: Values<typeof options>): Wanted {
  const scene = scenes.find(({ name }) => name === (values.scenario ?? "outage"));
  if (!scene) {
    throw new WrongUsage(
      `--scenario: there is no scenario "${values.scenario}"; the scenarios are ${names.join(", ")}.`,
    );
  }
  const speed = Number(values.speed ?? scene.speed);
  if (!(speed >= 1 && speed <= fastest)) {
    throw new WrongUsage(`--speed: "${values.speed}" is no number from 1 to ${fastest}.`);
  }
  return { scene, speed, once, emulated };
}
