/** The cloud goes on sending the last values of a station in the outage: a charge that does not fall is not believed (S18). */
import type { Scene } from "../scene.ts";
import { goes, mainsFail, site, stays } from "./site.ts";

export const frozenCloud: Scene = {
  ...site,
  name: "frozen-cloud",
  about:
    "In the outage the cloud repeats Study's old values for ever: the server notices that the charge does not fall, and pc and nas still go in time.",
  speed: 40,
  timeline: [
    mainsFail,
    {
      when: { sec: 40 },
      act: { kind: "cloud", act: { do: "link", station: "R631EMULATED0001", link: "repeating" } },
      say: "Study loses the cloud. The cloud does not say so: it repeats the last values, with new times.",
    },
    {
      when: { sec: 30, after: { machine: "nas", deed: "off" } },
      act: { kind: "load", station: "Study", watts: 25 },
      say: "Only the router is left on Study.",
    },
  ],
  expect: { pc: goes, nas: goes, rack: stays },
};
