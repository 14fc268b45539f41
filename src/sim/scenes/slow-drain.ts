/** A small load: the charge sinks slowly through both thresholds. */
import type { Scene } from "../scene.ts";
import { chargedTo, goes, mainsFail, site, stays } from "./site.ts";

const small: Readonly<Record<string, { watts: number; socPercent: number }>> = {
  pc: { watts: 40, socPercent: 30 },
  nas: { watts: 20, socPercent: 29 },
};

export const slowDrain: Scene = {
  ...site,
  name: "slow-drain",
  about:
    "The mains stay away and the load is small: Study sinks point by point, and pc and then nas go down.",
  stations: chargedTo(31),
  machines: site.machines.map((machine) => ({ ...machine, ...small[machine.name] })),
  speed: 80,
  timeline: [
    mainsFail,
    {
      when: { sec: 30, after: { machine: "nas", deed: "off" } },
      act: { kind: "load", station: "Study", watts: 15 },
      say: "Only the router is left on Study.",
    },
  ],
  expect: { pc: goes, nas: goes, rack: stays },
};
