/** A station that exists is never played (S32). */
import { describe, expect, it } from "vitest";
import { makeTopics } from "../contract/topics.ts";
import { objectionTo, type Played } from "./simulate-guard.ts";

const topics = makeTopics("bridge-ecoflow", "unused");
const played: Played = {
  id: "Study",
  words: new Set(["Study", "The study", "R631ABC"]),
  serial: null,
  machines: ["pc"],
};
const says = (topic: string, message: unknown) =>
  objectionTo(played, topics, topic, new TextEncoder().encode(JSON.stringify(message)));
const armed = { online: true, armed: true };

describe("a station that may not be played", () => {
  it.each<[string, string, unknown, RegExp]>([
    ["raw frames come in", "bridge-ecoflow/R631ABC/data", 1, /raw frames of R631ABC/],
    [
      "a server publishes it",
      "bridge-ecoflow/Study/json/state",
      { device: "Study", origin: "home/1" },
      /server home\/1/,
    ],
    [
      "another program publishes it",
      "bridge-ecoflow/Study/json/state",
      { device: "Study" },
      /another program publishes/,
    ],
    ["it is named inside only", "bridge-ecoflow/x/json/state", { device: "The study" }, /The study/],
    ["a machine would obey", "power-manager/pc/status", armed, /agent of pc is online and armed/],
  ])("%s", (_, topic, message, reason) => {
    expect(says(topic, message)).toMatch(reason);
  });
});

describe("what says nothing against it", () => {
  it.each<[string, string, unknown]>([
    ["another station's frames", "bridge-ecoflow/R655/data", 1],
    ["another station's readings", "bridge-ecoflow/Attic/json/state", { device: "Attic", origin: "home/1" }],
    ["an agent that is away", "power-manager/pc/status", { online: false }],
    ["an agent in dry run", "power-manager/pc/status", { online: true, armed: false }],
    ["another machine's agent", "power-manager/nas/status", armed],
    ["nonsense", "power-manager/pc/status", "what"],
  ])("%s", (_, topic, message) => {
    expect(says(topic, message)).toBeNull();
  });
});
