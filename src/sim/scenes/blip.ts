/** A blip shorter than the debounce, with the charge already below both thresholds: no machine goes, no command is sent. */
import type { Scene } from "../scene.ts";
import { chargedTo, mainsFail, site, stays } from "./site.ts";

export const blip: Scene = {
  ...site,
  name: "blip",
  about: "The mains fail for less than the debounce: no machine goes, although the charge is low enough.",
  stations: chargedTo(50),
  timeline: [
    mainsFail,
    { when: { sec: 60 }, act: { kind: "grid", up: true }, say: "The mains are back: it was a blip." },
  ],
  expect: { pc: stays, nas: stays, rack: stays },
};
