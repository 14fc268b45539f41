/** `ecoflow-power map`: the rooms in the order of the flow, with the topics that each reads and writes. */
import { servicesOf } from "../app.ts";
import { defaultConfig } from "../config/defaults.ts";
import { filterOf, makeTopics, type TopicKey } from "../contract/topics.ts";
import { memoryStore } from "../io/sqlite.ts";
import { sitePlan } from "../site.ts";
import { sourceKinds } from "../sources.ts";
import { defineCommand, jsonOption } from "./command.ts";

export const mapCommand = defineCommand(
  {
    name: "map",
    summary: "the rooms in the order of the flow, with the topics that each reads and writes",
    about: "Prints the rooms in the order of the flow, with their topics.",
    options: { json: jsonOption },
  },
  ({ values }, io) => {
    const rooms = roomsOf();
    io.out(values.json ? JSON.stringify(rooms, null, 2) : rooms.map(drawn).join("\n\n"));
    return Promise.resolve(0);
  },
);

/** Every room with the topic filters it reads and writes; private ones lie under `ecoflow-power/<site>/`. */
function roomsOf() {
  const topics = makeTopics("<base>", "<site>");
  const filters = (keys: readonly TopicKey[]) => keys.map((key) => filterOf(topics[key]));
  const parts = { store: memoryStore(), instance: "instance", after: () => () => {}, random: () => 0 };
  return servicesOf(emptyPlan(), parts).map(({ name, reads, writes }) => ({
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

/** A site without stations and machines, with every kind of source. */
const emptyPlan = () => ({
  ...sitePlan({ ...defaultConfig(), base: "<base>" }, "<site>", ""),
  sources: Object.keys(sourceKinds).map((kind) => ({ kind, name: kind })),
});
