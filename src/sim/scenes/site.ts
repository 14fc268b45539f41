/** The house of every scene: two stations of one account, three machines, and what their verdicts have in common. */
import type { Expectation, Moment, Scene } from "../scene.ts";

type Site = Pick<Scene, "stations" | "machines" | "script" | "speed" | "policy" | "restSec" | "limitSec">;

/** Short delays, so that a scene stays short where a real script takes part and time runs as it is. */
export const site: Site = {
  stations: [
    {
      name: "Study",
      serial: "R631EMULATED0001",
      api: "ecoflow-app",
      capacityWh: 286,
      socPercent: 62,
      dischargeLimitPercent: 10,
      otherWatts: 20,
    },
    {
      name: "Office",
      serial: "R331EMULATED0002",
      api: "ecoflow-open",
      capacityWh: 1_024,
      socPercent: 80,
      dischargeLimitPercent: 10,
      otherWatts: 10,
    },
  ],
  machines: [
    {
      name: "pc",
      station: "Study",
      behaviour: "obeys",
      watts: 250,
      socPercent: 60,
      preShutdownSec: 10,
      stopSec: 15,
      key: "the-demo-has-no-secrets",
    },
    {
      name: "nas",
      station: "Study",
      behaviour: "obeys",
      watts: 60,
      socPercent: 57,
      preShutdownSec: 3,
      stopSec: 5,
    },
    {
      name: "rack",
      station: "Office",
      behaviour: "obeys",
      watts: 150,
      socPercent: 30,
      preShutdownSec: 5,
      stopSec: 10,
    },
  ],
  script: "nas",
  speed: 20,
  policy: { debounceSec: 60, delaySec: 18, abortAfterSec: 10, wakeAfterSec: 60 },
  restSec: 75,
  limitSec: 3_600,
};

/** Returns the site with Study at this charge, percent. */
export const chargedTo = (socPercent: number): Site["stations"] =>
  site.stations.map((station) => (station.name === "Study" ? { ...station, socPercent } : station));

export const stays: Expectation = { fate: "stay up", up: true, did: [], serverSays: ["watching"] };

export const goes: Expectation = {
  fate: "go down",
  up: false,
  did: ["delay", "pre_shutdown", "shutting_down", "off"],
  serverSays: ["down"],
};

export const calledBack: Expectation = {
  fate: "be called back",
  up: true,
  did: ["delay", "aborted"],
  serverSays: ["watching"],
};

export const mainsFail: Moment = {
  when: { sec: 20 },
  act: { kind: "grid", up: false },
  say: "The mains fail. The stations carry the load.",
};
