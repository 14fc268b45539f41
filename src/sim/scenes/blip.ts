/** A blip shorter than the debounce, with the charge already below both thresholds: no machine goes, no command is sent. */
import type { Scene } from "../scene.ts";
import { outage } from "./outage.ts";

const stays = { fate: "stay up", up: true, did: [], serverSays: ["watching" as const] };

export const blip: Scene = {
  ...outage,
  name: "blip",
  about: "The mains fail for less than the debounce: nobody goes, although the charge is low enough.",
  station: { ...outage.station, socPercent: 50 },
  timeline: [
    {
      when: { sec: 20 },
      act: { kind: "grid", up: false },
      say: "The mains fail. The station carries the load.",
    },
    { when: { sec: 60 }, act: { kind: "grid", up: true }, say: "The mains are back: it was a blip." },
  ],
  expect: { pc: stays, nas: stays },
};
