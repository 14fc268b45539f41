/** A machine loses its network in the outage for good: it goes down alone, in time (S21). */
import type { Scene } from "../scene.ts";
import { long } from "./long.ts";
import { chargedTo, goes, mainsFail, site, stays } from "./site.ts";

export const deadman: Scene = {
  ...long,
  name: "deadman",
  speed: 40,
  about: "pc loses its network in the outage for good: it hears nothing more and goes down alone, in time.",
  stations: chargedTo(50),
  machines: site.machines.map((machine) => {
    if (machine.name === "rack") return machine;
    return { ...machine, socPercent: machine.name === "pc" ? 20 : 40 };
  }),
  timeline: [
    mainsFail,
    {
      when: { sec: 60 },
      act: { kind: "unplug", machine: "pc" },
      say: "The network cable of pc is pulled out, and stays out.",
    },
    {
      when: { sec: 60, after: { machine: "pc", deed: "off" } },
      act: { kind: "load", station: "Study", watts: 25 },
      say: "Only the router is left on Study.",
    },
  ],
  expect: {
    nas: goes,
    rack: stays,
    pc: {
      fate: "go down alone",
      up: false,
      did: ["disconnected", "dead-man", "pre_shutdown", "shutting_down", "off"],
      // The server received nothing from it either, so it must not report pc as down.
      serverSays: ["watching", "unknown"],
    },
  },
};
