/** An outage that does not end: both machines go, one after the other, before the battery is empty. */
import type { Scene } from "../scene.ts";
import { outage } from "./outage.ts";

const goes = {
  fate: "go down",
  up: false,
  did: ["delay", "pre_shutdown", "shutting_down", "off"] as const,
  serverSays: ["down" as const],
};

export const long: Scene = {
  ...outage,
  name: "long",
  about: "The mains stay away: pc and then nas go down, both with charge to spare.",
  timeline: [
    {
      when: { sec: 20 },
      act: { kind: "grid", up: false },
      say: "The mains fail. The station carries the load.",
    },
    {
      when: { sec: 60, after: { machine: "nas", deed: "off" } },
      act: { kind: "load", watts: 25 },
      say: "Only the router is left on the battery.",
    },
  ],
  expect: { pc: goes, nas: goes },
};
