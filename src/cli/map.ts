/** `ecoflow-power map`: the rooms in the order of the flow, with the topics that each reads and writes. */
import { servicesOf } from "../app.ts";
import { filterOf, makeTopics, type TopicKey } from "../contract/topics.ts";
import { memoryStore } from "../io/sqlite.ts";
import { sourceKinds } from "../sources.ts";
import type { Command } from "./command.ts";

export const mapCommand: Command = (args, io) => {
  if (args.includes("--help") || args.includes("-h")) {
    io.out("Usage: ecoflow-power map [--json]\n\nThe rooms in the order of the flow, with their topics.");
    return Promise.resolve(0);
  }
  const rooms = roomsOf();
  io.out(args.includes("--json") ? JSON.stringify(rooms, null, 2) : rooms.map(drawn).join("\n\n"));
  return Promise.resolve(0);
};

/** Every room with the topic filters it reads and writes; private ones lie under `ecoflow-power/<site>/`. */
function roomsOf() {
  const topics = makeTopics("<base>", "<site>");
  const filters = (keys: readonly TopicKey[]) => keys.map((key) => filterOf(topics[key]));
  const parts = { store: memoryStore(), instance: "instance", after: () => () => {} };
  return servicesOf(emptyPlan, parts).map(({ name, reads, writes }) => ({
    name,
    reads: filters(reads),
    writes: filters(writes),
  }));
}

function drawn({ name, reads, writes }: ReturnType<typeof roomsOf>[number]): string {
  return [name, ...reads.map((topic) => `  <- ${topic}`), ...writes.map((topic) => `  -> ${topic}`)].join(
    "\n",
  );
}

const emptyPlan: Parameters<typeof servicesOf>[0] = {
  base: "<base>",
  site: "<site>",
  version: "",
  rules: {
    stations: {},
    machines: {},
    debounceSec: 0,
    cooldownSec: 0,
    hysteresisPercent: 0,
    abortAfterSec: 0,
    wakeAfterSec: 0,
    blindAfterSec: 0,
    blindMaxSec: "auto",
    deadmanSec: 0,
    bootGraceSec: 0,
  },
  stations: [],
  keys: {},
  ttlSec: 0,
  sources: Object.keys(sourceKinds).map((kind) => ({ kind, name: kind })),
  idOf: (name) => name,
};
