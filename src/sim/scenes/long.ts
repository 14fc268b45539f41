/** An outage that does not end: both machines of the small station go, one after the other, before the battery is empty. */
import type { Scene } from "../scene.ts";
import { goes, mainsFail, site, stays } from "./site.ts";

export const long: Scene = {
  ...site,
  name: "long",
  about: "The mains stay away: pc and then nas go down, both with charge to spare.",
  timeline: [
    mainsFail,
    {
      when: { sec: 30, after: { machine: "nas", deed: "off" } },
      act: { kind: "load", station: "Study", watts: 25 },
      say: "Only the router is left on Study.",
    },
  ],
  expect: { pc: goes, nas: goes, rack: stays },
};
