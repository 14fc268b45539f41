/** The Internet goes in the outage: the server hears nothing of the stations any more, and projects the charge (S5, S6, S19). */
import type { Scene } from "../scene.ts";
import { goes, mainsFail, site, stays } from "./site.ts";

export const routerDies: Scene = {
  ...site,
  name: "router-dies",
  about:
    "The mains fail, and with them the Internet a little later: the server hears no station any more, and pc and nas still go in time.",
  speed: 40,
  timeline: [
    mainsFail,
    {
      when: { sec: 50 },
      act: { kind: "cloud", act: { do: "unreachable", sec: 3_600 } },
      say: "The router of the provider dies: nothing comes from EcoFlow any more.",
    },
    {
      when: { sec: 30, after: { machine: "nas", deed: "off" } },
      act: { kind: "load", station: "Study", watts: 25 },
      say: "Only the switch is left on Study.",
    },
  ],
  expect: { pc: goes, nas: goes, rack: stays },
};
