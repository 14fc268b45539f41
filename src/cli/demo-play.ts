/** Plays one scene of the demo: time, world, narrator and verdict. */
import { connectClient } from "../io/client.ts";
import type { Log } from "../io/log.ts";
import { ManualClock } from "../sim/clock.ts";
import type { Wanted as Plugged } from "../sim/line.ts";
import { SimMachine } from "../sim/machine.ts";
import type { Scene } from "../sim/scene.ts";
import { judge } from "../sim/verdict.ts";
import { World, type WorldMachine } from "../sim/world.ts";
import type { CommandIo } from "./command.ts";
import { canRunScript, ScriptMachine } from "./demo-agent.ts";
import { type House, openHouse } from "./demo-house.ts";
import { Curves, tellOtherwise } from "./demo-otherwise.ts";
import { Wires } from "./demo-wires.ts";
import { begin, tellVerdict } from "./demo-words.ts";
import { Narrator } from "./narrator.ts";
import { Story } from "./story.ts";
import { sleep } from "./waiting.ts";

export interface Wanted {
  scene: Scene;
  /** Story seconds per second. */
  speed: number;
  once: boolean;
  /** No machine is the real script. */
  emulated: boolean;
}

/** Seconds of real time without a line after which progress is printed where lines cannot be written over. */
const quietSec = 2;
/** Where a process has no search path. */
const usualPath = "/usr/local/bin:/usr/bin:/bin";

/** Plays a scene; returns the exit code. */
export async function play(wanted: Wanted, io: CommandIo): Promise<number> {
  const { scene } = wanted;
  const clock = new ManualClock({ wall: Date.now() });
  const beganAt = clock.wall();
  const story = new Story(io, () => (clock.wall() - beganAt) / 1000, Object.keys(scene.expect), {
    sec: quietSec,
    now: () => performance.now() / 1000,
  });
  const wires = new Wires();
  story.progress("starting the emulated cloud and the server");
  const house = await openHouse(scene, clock, storyLog(story), wires);
  const path = io.env["PATH"] ?? usualPath;
  const script = wanted.emulated || !canRunScript(path) ? null : scriptOf(scene, clock, house, path, story);
  const emulated = scene.machines
    .filter(({ name }) => name !== script?.name)
    .map((machine) => new SimMachine({ ...machine, clock, plug: (by) => plugInto(house.brokerUrl, by) }));
  const narrator = new Narrator(story, house.app.topics);
  const machines: WorldMachine[] = script === null ? emulated : [...emulated, script];
  try {
    begin(story, wanted, house.brokerUrl, script?.name ?? null);
    await wires.connect(house.brokerUrl);
    // What the server learns at its start is told at 00:00, however fast this computer is.
    await wires.settled(() => house.cloud.delivered());
    await narrator.start(house.brokerUrl);
    return await played({ ...wanted, clock, story, wires, house, narrator, machines, script }, io);
  } finally {
    await narrator.stop();
    for (const machine of emulated) machine.unplug();
    await script?.close();
    await wires.close();
    await house.close();
  }
}

interface Parts extends Wanted {
  clock: ManualClock;
  story: Story;
  wires: Wires;
  house: House;
  narrator: Narrator;
  machines: readonly WorldMachine[];
  script: ScriptMachine | null;
}

async function played(parts: Parts, io: CommandIo): Promise<number> {
  const { scene, speed, once, clock, story, wires, narrator, machines, script } = parts;
  const { cloud, brokerUrl } = parts.house;
  const beganAt = clock.wall();
  const world = new World({
    scene,
    clock,
    cloud,
    machines,
    settled: () => wires.settled(() => cloud.delivered()),
    publish: (topic, message) => wires.publish(topic, message),
    onMoment: ({ say }) => story.say("world", say, "world"),
  });
  story.progress("the machines start");
  await world.start();
  const curves = new Curves(scene, cloud);
  // A real script cannot be accelerated.
  const isReal = () =>
    script !== null &&
    (script.busy || (script.record.up && narrator.states().get(script.name) === "commanded"));
  const turn = paced(
    async () => {
      await world.second();
      curves.second();
      story.progress(narrator.standing());
    },
    () => (isReal() ? 1 : speed),
  );
  while (!world.over && !io.stop.aborted) await turn();
  if (!world.over) return interrupted(story, once);
  tellOtherwise(story, scene, world, curves);
  const judged = judge(scene, world.records(), narrator.states());
  const passed = tellVerdict(story, judged, beganAt, script?.name ?? null);
  if (once) return passed ? 0 : 1;
  story.write(`\nThe world goes on, and so does the server on ${brokerUrl}. Ctrl-C ends it.`);
  while (!io.stop.aborted) await turn();
  return passed ? 0 : 1;
}

function scriptOf(scene: Scene, clock: ManualClock, house: House, path: string, story: Story): ScriptMachine {
  const machine = scene.machines.find(({ name }) => name === scene.script);
  if (machine === undefined) throw new RangeError(`the scene has no machine ${scene.script}`);
  const { brokerUrl, folder } = house;
  const onTrouble = (text: string) => story.say(machine.name, text, "bad");
  return new ScriptMachine({ machine, clock, brokerUrl, folder, path, onTrouble });
}

/** Opens a machine's own connection, with its Last Will. */
async function plugInto(url: string, { filters, ...rest }: Plugged) {
  const client = await connectClient({ url, ...rest });
  await client.subscribe(filters);
  return client;
}

/** What the server logs as a warning is part of the story, and what the sources log; the journal's events are heard on the broker. */
function storyLog(story: Story): Log {
  const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, room: () => silent };
  const speaking = (who: string): Log => ({
    ...silent,
    warn: (text) => story.say("log", who + text, "faint"),
    error: (text) => story.say("log", who + text, "bad"),
    room: (name) => (name === "journal" ? silent : loggedBy(name)),
  });
  const loggedBy = (room: string): Log => {
    if (!room.startsWith("source-")) return speaking("");
    const log = speaking(`${room.slice("source-".length)}: `);
    return { ...log, info: log.warn };
  };
  return speaking("");
}

/** Calls `turn` once a story second. A turn that took longer is not caught up: the story slows down instead. */
function paced(turn: () => Promise<void>, speed: () => number): () => Promise<void> {
  return async () => {
    const began = performance.now();
    await turn();
    await sleep(Math.max(1, 1_000 / speed() - (performance.now() - began)) / 1_000);
  };
}

function interrupted(story: Story, once: boolean): number {
  story.write("\nEnded before the scene was over: no verdict.");
  return once ? 1 : 0;
}
