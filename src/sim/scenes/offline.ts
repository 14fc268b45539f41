/** The agent is offline when its machine is due, and returns in time: the command waits for it. */
import type { Scene } from "../scene.ts";
import { long } from "./long.ts";

export const offline: Scene = {
  ...long,
  name: "offline",
  about: "pc's agent loses its network before the command and finds it again: it goes down all the same.",
  timeline: [
    ...long.timeline,
    {
      when: { sec: 25 },
      act: { kind: "unplug", machine: "pc" },
      say: "The network cable of pc is pulled out.",
    },
    {
      when: { sec: 175 },
      act: { kind: "plug-in", machine: "pc" },
      say: "The network cable of pc is back.",
    },
  ],
  expect: {
    ...long.expect,
    pc: {
      fate: "go down",
      up: false,
      did: ["disconnected", "delay", "pre_shutdown", "shutting_down", "off"],
      serverSays: ["down"],
    },
  },
};
