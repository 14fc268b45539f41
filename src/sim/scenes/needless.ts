/** A machine that another program shuts down in a blip: the verdict must fail. */
import type { Scene } from "../scene.ts";
import { blip } from "./blip.ts";

export const needless: Scene = {
  ...blip,
  name: "needless",
  about: "As the blip, but another program shuts rack down, which nobody needs. This scenario must fail.",
  timeline: [
    ...blip.timeline,
    {
      when: { sec: 40 },
      act: { kind: "foreign-shutdown", machine: "rack" },
      say: "Another program sends rack a shutdown.",
    },
  ],
};
