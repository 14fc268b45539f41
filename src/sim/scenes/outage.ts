/** An outage long enough for the first machine to go down; the mains return during the delay of the second. */
import type { Scene } from "../scene.ts";
import { calledBack, goes, mainsFail, site, stays } from "./site.ts";

export const outage: Scene = {
  ...site,
  name: "outage",
  about: "The mains fail for some minutes: pc goes down, nas is called back, rack never needs to go.",
  timeline: [
    mainsFail,
    {
      when: { sec: 3, after: { machine: "nas", deed: "delay" } },
      act: { kind: "grid", up: true },
      say: "The mains are back, while nas still waits out its delay.",
    },
  ],
  expect: { pc: goes, nas: calledBack, rack: stays },
};
