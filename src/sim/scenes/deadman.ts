/** A machine loses its network in the outage for good: it goes down alone, in time (S21). */
import type { Scene } from "../scene.ts";
import { long } from "./long.ts";

export const deadman: Scene = {
  ...long,
  name: "deadman",
  about: "pc loses its network in the outage for good: it hears nothing more and goes down alone, in time.",
  station: { ...long.station, socPercent: 50 },
  machines: long.machines.map((machine) => ({ ...machine, socPercent: machine.name === "pc" ? 20 : 40 })),
  timeline: [
    {
      when: { sec: 20 },
      act: { kind: "grid", up: false },
      say: "The mains fail. The station carries the load.",
    },
    {
      when: { sec: 60 },
      act: { kind: "unplug", machine: "pc" },
      say: "Somebody trips over the network cable of pc; it stays out.",
    },
    {
      when: { sec: 100, after: { machine: "pc", deed: "off" } },
      act: { kind: "load", watts: 25 },
      say: "Only the router is left on the battery.",
    },
  ],
  expect: {
    ...long.expect,
    pc: {
      fate: "go down alone",
      up: false,
      did: ["disconnected", "dead-man", "pre_shutdown", "shutting_down", "off"],
      // The server received nothing from it either, so it must not report pc as down.
      serverSays: ["watching", "unknown"],
    },
  },
};
