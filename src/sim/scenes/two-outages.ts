/** Two outages: what was decided in the first one does not decide in the second. */
import type { Scene } from "../scene.ts";
import { calledBack, goes, mainsFail, site, stays } from "./site.ts";

export const twoOutages: Scene = {
  ...site,
  name: "two-outages",
  about:
    "Two outages: in the first one pc goes and nas is called back; in the second one, with less charge left, both go.",
  speed: 80,
  timeline: [
    mainsFail,
    {
      when: { sec: 3, after: { machine: "nas", deed: "delay" } },
      act: { kind: "grid", up: true },
      say: "The mains are back, while nas still waits out its delay.",
    },
    {
      when: { sec: 80, after: { machine: "nas", deed: "aborted" } },
      act: { kind: "boot", machine: "pc" },
      say: "pc is switched on again.",
    },
    {
      when: { sec: 30, after: { machine: "pc", deed: "booted", nth: 2 } },
      act: { kind: "grid", up: false },
      say: "The mains fail again.",
    },
    {
      when: { sec: 30, after: { machine: "nas", deed: "off" } },
      act: { kind: "load", station: "Study", watts: 25 },
      say: "Only the router is left on Study.",
    },
  ],
  expect: {
    pc: { ...goes, fate: "go down twice", did: [...goes.did, "booted", ...goes.did] },
    nas: { ...goes, fate: "stay, then go", did: [...calledBack.did, ...goes.did] },
    rack: stays,
  },
};
