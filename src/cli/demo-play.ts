/** Plays one scene of the demo: time, world, narrator and verdict. */
import type { Log } from "../io/log.ts";
import { connectClient } from "../io/client.ts";
import { ManualClock } from "../sim/clock.ts";
import type { Wanted as Plugged } from "../sim/line.ts";
import { SimMachine } from "../sim/machine.ts";
import type { Scene } from "../sim/scene.ts";
import { judge } from "../sim/verdict.ts";
import { World } from "../sim/world.ts";
import type { CommandIo } from "./command.ts";
import { openHouse } from "./demo-house.ts";
import { Wires } from "./demo-wires.ts";
import { begin, tellVerdict } from "./demo-words.ts";
import { Narrator } from "./narrator.ts";
import { Story } from "./story.ts";
import { sleep } from "./waiting.ts";

export interface Wanted {
  scene: Scene;
  speed: number;
  once: boolean;
}

/** Plays a scene; returns the exit code. */
export async function play({ scene, speed, once }: Wanted, io: CommandIo): Promise<number> {
  const clock = new ManualClock({ wall: Date.now() });
  const beganAt = clock.wall();
  const story = new Story(io, () => (clock.wall() - beganAt) / 1000, Object.keys(scene.expect));
  const wires = new Wires();
  const house = await openHouse(scene, clock, storyLog(story), wires);
  const { cloud, app, brokerUrl } = house;
  const narrator = new Narrator(story, app.topics);
  const machines = scene.machines.map(
    (machine) => new SimMachine({ ...machine, clock, plug: (wanted) => plugInto(brokerUrl, wanted) }),
  );
  const world = new World({
    scene,
    clock,
    cloud,
    machines,
    settled: () => wires.settled(() => cloud.delivered()),
    publish: (topic, message) => wires.publish(topic, message),
    onMoment: ({ say }) => story.say("world", say, "world"),
  });
  try {
    begin(story, scene, speed, brokerUrl);
    await wires.connect(brokerUrl);
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
    for (const machine of machines) machine.unplug();
    await wires.close();
    await house.close();
  }
}

/** Opens a machine's own connection, with its Last Will. */
async function plugInto(url: string, { filters, ...rest }: Plugged) {
  const client = await connectClient({ url, ...rest });
  await client.subscribe(filters);
  return client;
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

function interrupted(story: Story, once: boolean): number {
  story.write("\nEnded before the scene was over: no verdict.");
  return once ? 1 : 0;
}
