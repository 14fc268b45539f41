/** An outage long enough for the first machine to go down; the mains return during the delay of the second. */
import type { Scene } from "../scene.ts";

export const outage: Scene = {
  name: "outage",
  about: "The mains fail for some minutes: pc goes down, nas is called back when they return.",
  station: {
    name: "Study",
    serial: "R631EMULATED0001",
    capacityWh: 286,
    socPercent: 62,
    dischargeLimitPercent: 10,
    otherWatts: 20,
  },
  machines: [
    { name: "pc", behaviour: "obeys", watts: 250, socPercent: 60, preShutdownSec: 15, stopSec: 25 },
    {
      name: "nas",
      behaviour: "obeys",
      watts: 60,
      socPercent: 54,
      preShutdownSec: 20,
      stopSec: 40,
      key: "the-demo-has-no-secrets",
    },
  ],
  policy: { debounceSec: 60, delaySec: 60, abortAfterSec: 10, wakeAfterSec: 60 },
  timeline: [
    {
      when: { sec: 20 },
      act: { kind: "grid", up: false },
      say: "The mains fail. The station carries the load.",
    },
    {
      when: { sec: 15, after: { machine: "nas", deed: "delay" } },
      act: { kind: "grid", up: true },
      say: "The mains are back, while nas still waits out its delay.",
    },
  ],
  restSec: 75,
  limitSec: 1_800,
  expect: {
    pc: {
      fate: "go down",
      up: false,
      did: ["delay", "pre_shutdown", "shutting_down", "off"],
      serverSays: ["down"],
    },
    nas: { fate: "be called back", up: true, did: ["delay", "aborted"], serverSays: ["watching"] },
  },
};
