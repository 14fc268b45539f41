/** `ecoflow-power demo`: the real server on an emulated cloud, with emulated machines, and the story of one outage. */
import { scenes } from "../sim/scenes/table.ts";
import { defineCommand, type Values, WrongUsage } from "./command.ts";
import { play, type Wanted } from "./demo-play.ts";

const defaultSpeed = 20;
const fastest = 200;

const options = {
  once: { about: "end with the verdict: exit code 0 only if every machine did what it should" },
  speed: { value: "N", about: `story seconds per second, 1 to ${fastest}; ${defaultSpeed} unless given` },
  scenario: { value: "S", about: `${scenes.map(({ name }) => name).join(", ")}; outage unless given` },
} as const;

export const demoCommand = defineCommand(
  {
    name: "demo",
    summary: "play one outage with an emulated station and emulated machines, shown in the terminal",
    about:
      "Plays an outage with an emulated station and emulated machines. Nothing outside this process is touched: the broker is embedded, on a free port of 127.0.0.1, whatever the environment says; nothing is written to disk.",
    options,
    examples: ["--once --speed 200", "--scenario blip"],
    more: `Scenarios:\n${scenes.map(({ name, about }) => `  ${name.padEnd(8)} ${about}`).join("\n")}`,
  },
  ({ values }, io) => play(understood(values), io),
);

/** What is wanted; throws `WrongUsage` when it cannot be understood. */
function understood({ once, ...values }: Values<typeof options>): Wanted {
  const scene = scenes.find(({ name }) => name === (values.scenario ?? "outage"));
  if (!scene) {
    throw new WrongUsage(
      `--scenario: there is no scene "${values.scenario}"; the scenes are ${scenes.map(({ name }) => name).join(", ")}.`,
    );
  }
  const speed = Number(values.speed ?? defaultSpeed);
  if (!(speed >= 1 && speed <= fastest)) {
    throw new WrongUsage(`--speed: "${values.speed}" is no number from 1 to ${fastest}.`);
  }
  return { scene, speed, once };
}
