/** `ecoflow-power demo`: the real server with a generated configuration, an emulated station and emulated machines, and the story of one outage. */
import { type App, createApp } from "../app.ts";
import { loadConfig } from "../config/load.ts";
import { describeProblems } from "../config/problems.ts";
import type { Log } from "../io/log.ts";
import { memoryStore } from "../io/sqlite.ts";
import { realTime } from "../io/timer.ts";
import { ManualClock } from "../sim/clock.ts";
import { configurationOf, type Scene } from "../sim/scene.ts";
import { scenes } from "../sim/scenes/table.ts";
import { createSimStation } from "../sim/station.ts";
import { type Judged, judge } from "../sim/verdict.ts";
import { World } from "../sim/world.ts";
import { sitePlan } from "../site.ts";
import { type CommandIo, defineCommand, type Values, WrongUsage } from "./command.ts";
import { Narrator } from "./narrator.ts";
import { clockText, Story } from "./story.ts";
import { versionText } from "./version.ts";
import { sleep } from "./waiting.ts";

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
    summary: "play one outage with an emulated station and emulated machines, told in the terminal",
    about:
      "Plays an outage with an emulated station and emulated machines. Nothing outside this process is touched: the broker is embedded, on a free port of 127.0.0.1, whatever the environment says; nothing is written to disk.",
    options,
    examples: ["--once --speed 200", "--scenario blip"],
    more: `Scenarios:\n${scenes.map(({ name, about }) => `  ${name.padEnd(8)} ${about}`).join("\n")}`,
  },
  ({ values }, io) => play(understood(values), io),
);

interface Wanted {
  scene: Scene;
  speed: number;
  once: boolean;
}

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

async function play({ scene, speed, once }: Wanted, io: CommandIo): Promise<number> {
  const clock = new ManualClock({ wall: Date.now() });
  const beganAt = clock.wall();
  const story = new Story(io, () => (clock.wall() - beganAt) / 1000, Object.keys(scene.expect));
  const app = house(scene, clock, storyLog(story));
  await app.start();
  const brokerUrl = app.brokerUrl();
  if (brokerUrl === null) throw new Error("the embedded broker did not start");
  const narrator = new Narrator(story, app.topics);
  const station = createSimStation({ ...scene.station, loadWatts: 0 });
  const world = new World({
    scene,
    clock,
    station,
    brokerUrl,
    base,
    onMoment: ({ say }) => story.say("world", say, "world"),
  });
  try {
    begin(story, scene, speed, brokerUrl);
    await narrator.start(brokerUrl);
    await world.start();
    const turn = paced(async () => {
      await world.second();
      story.progress(narrator.standing());
    }, speed);
    while (!world.over && !io.stop.aborted) await turn();
    if (!world.over) return interrupted(story, once);
    const judged = judge(scene, world.records(), narrator.states());
    const passed = tellVerdict(story, judged, beganAt);
    if (once) return passed ? 0 : 1;
    story.write(`\nThe world goes on, and so does the server on ${brokerUrl}. Ctrl-C ends it.`);
    while (!io.stop.aborted) await turn();
    return passed ? 0 : 1;
  } finally {
    await narrator.stop();
    await world.stop();
    await app.stop();
  }
}

const base = "bridge-ecoflow";

/** The real server on the scene's clock: memory instead of a disk, a free port, and nothing of this machine's environment. */
function house(scene: Scene, clock: ManualClock, log: Log): App {
  const file = "ecoflow-power.yaml";
  const readFile = (path: string) => {
    if (path.endsWith(file)) return configurationOf(scene);
    throw Object.assign(new Error(`${path} is not read by the demo`), { code: "ENOENT" });
  };
  const loaded = loadConfig({ cwd: "/", env: {}, file, readFile });
  if (!loaded.ok) throw new Error(`the scene's configuration is wrong: ${describeProblems(loaded.problems)}`);
  const plan = sitePlan(loaded.config, "demo", versionText());
  const broker = { embedded: { host: "127.0.0.1", port: 0 } };
  return createApp(
    { ...plan, base },
    {
      clock,
      log,
      store: memoryStore(),
      broker,
      after: realTime,
      random: () => 0.5,
      instance: "demo",
    },
  );
}

/** What the server logs as a warning is part of the story; what its journal tells is heard on the broker already. */
function storyLog(story: Story): Log {
  const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, room: () => silent };
  const speaking: Log = {
    ...silent,
    warn: (text) => story.say("log", text, "faint"),
    error: (text) => story.say("log", text, "bad"),
    room: (name) => (name === "journal" ? silent : speaking),
  };
  return speaking;
}

/** Calls `turn` once a story second. A turn that took longer is not caught up: the story slows down instead. */
function paced(turn: () => Promise<void>, speed: number): () => Promise<void> {
  return async () => {
    const began = performance.now();
    await turn();
    await sleep(Math.max(1, 1_000 / speed - (performance.now() - began)) / 1_000);
  };
}

function begin(story: Story, scene: Scene, speed: number, brokerUrl: string) {
  const { station, policy, machines } = scene;
  const { name, serial, capacityWh, socPercent, dischargeLimitPercent } = station;
  story.write(`ecoflow-power ${versionText()}, demo, scene "${scene.name}". ${scene.about}`);
  story.write("");
  story.write(
    `Emulated: the station (real frames of a River 3 Plus) and the machines (the agents' protocol). Real: the server and its broker, ${brokerUrl}. Nothing else is touched. Time runs ${speed} times as fast.`,
  );
  story.write("");
  story.write(
    `  ${name.padEnd(8)} ${serial}, ${capacityWh} Wh, ${socPercent} % full, cuts its output at ${dischargeLimitPercent} %`,
  );
  for (const { name: machine, socPercent: at, watts, preShutdownSec, stopSec } of machines) {
    const order = `goes at ${at} % on battery for ${policy.debounceSec} s`;
    const way = `waits ${policy.delaySec} s, stops in ${preShutdownSec + stopSec} s`;
    story.write(`  ${machine.padEnd(8)} ${watts} W; ${order}; ${way}`);
  }
  story.write("");
}

function interrupted(story: Story, once: boolean): number {
  story.write("\nEnded before the scene was over: no verdict.");
  return once ? 1 : 0;
}

/** The table of what each machine was to do, what its own record says, and what the server says; true when all is well. */
function tellVerdict(story: Story, judged: readonly Judged[], beganAt: number): boolean {
  story.write("\nThe verdict, by the machines' own records:\n");
  story.write(row(["machine", "was to", "its own record", "server says", ""]), "faint");
  for (const { machine, fate, record, serverSays, faults } of judged) {
    const did = record.did.slice(1).map(({ at, deed }) => `${deed} ${clockText((at - beganAt) / 1000)}`);
    const [first = record.up ? "did nothing, stays up" : "off", ...rest] = did;
    const good = faults.length === 0;
    story.write(
      row([machine, fate, first, serverSays ?? "nothing", good ? "ok" : "WRONG"]),
      good ? "good" : "bad",
    );
    for (const more of rest) story.write(row(["", "", more, "", ""]));
    for (const fault of faults) story.write(`  ${machine}: ${fault}.`, "bad");
  }
  const wrong = judged.filter(({ faults }) => faults.length > 0).length;
  const summary =
    wrong === 0
      ? `All ${judged.length} machines did what they should.`
      : `${wrong} of ${judged.length} machines did not do what they should.`;
  story.write(`\n${summary}`, wrong === 0 ? "good" : "bad");
  return wrong === 0;
}

const columns = [10, 17, 25, 14, 6] as const;
const row = (cells: readonly string[]) =>
  `  ${cells.map((cell, index) => cell.padEnd(columns[index] ?? 0)).join("")}`.trimEnd();
