/** A scene of the emulated cloud: its stations, and what goes wrong when. Data only. */

export interface CloudStationSetup {
  /** 16 characters; the first four choose the model and with it the form of its messages. */
  serial: string;
  /** As its owner called it in the app. */
  name: string;
  /** At the beginning, percent. */
  socPercent: number;
  loadWatts: number;
  solarWatts?: number;
  capacityWh?: number;
  dischargeLimitPercent?: number;
  chargeLimitPercent?: number;
  chargeWatts?: number;
  /** Shared with the account by another owner: the app lists it apart, the developer API does not list it. */
  isShared?: boolean;
}

/**
 * How a station reaches the cloud. `frozen`: it does not, and the cloud goes on answering with the last values; `repeating`: it does not,
 * and the cloud also pushes the last values with new times; `offline`: it does not, and the cloud says so.
 */
export type StationLink = "live" | "frozen" | "repeating" | "offline";

export type Account = "open" | "app";

/** One thing that happens. `sec` is how long it lasts. */
export type CloudAct =
  | { do: "grid"; station: string; up: boolean }
  | { do: "load"; station: string; watts: number }
  | { do: "solar"; station: string; watts: number }
  | { do: "link"; station: string; link: StationLink }
  /** The developer API serves this station no longer (1006), or again. */
  | { do: "withdraw"; station: string; isServed: boolean }
  /** Today's sessions hear nothing more while TCP lives: of one station, or of all. */
  | { do: "silence"; station?: string | undefined }
  /** For `sec` seconds a second client with the same id kicks every session, and is kicked back. */
  | { do: "rival"; account: Account; sec: number }
  /** "Server is too busy" to every HTTPS request. */
  | { do: "busy"; sec: number }
  /** "Server is too busy" to requests closer together than these; 0 allows all. */
  | { do: "throttle"; quotaSec: number; certificationSec: number }
  /** HTTPS answers 503, MQTT refuses with CONNACK 3. */
  | { do: "maintenance"; sec: number }
  /** The next `times` requests to a path get this code. */
  | { do: "answer"; path: string; code: string; message?: string | undefined; times: number }
  /** HTTPS takes requests and answers none. */
  | { do: "hang"; sec: number }
  /** MQTT credentials and tokens end, and so do the sessions that use them. */
  | { do: "expire"; account: Account }
  /** The broker goes down and comes back. */
  | { do: "restart"; sec: number }
  /** Neither HTTPS nor MQTT can be reached, as without Internet. */
  | { do: "unreachable"; sec: number }
  /** `refuses`: the account is not of this region. `mute`: its login works here, and MQTT closes without an answer. */
  | { do: "region"; region: "right" | "refuses" | "mute" }
  /** The cloud's clock is off by these seconds. */
  | { do: "clock"; offsetSec: number }
  /** What is wrong with the certificates that new connections see. */
  | { do: "certificate"; fault: "none" | "expired" | "wrong-name" | "foreign" };

export interface CloudMoment {
  /** Seconds after the cloud is ready. */
  at: number;
  act: CloudAct;
}

export interface CloudScene {
  stations: readonly CloudStationSetup[];
  timeline: readonly CloudMoment[];
}

/** One station of each form of messages; nothing happens. */
export const quietScene: CloudScene = {
  stations: [
    { serial: "R655ZAB1XH4C0017", name: "Hall", socPercent: 84, loadWatts: 40 },
    { serial: "R631ZAB1XH4C0023", name: "Study", socPercent: 78, loadWatts: 65 },
    { serial: "P231ZAB1XH4C0031", name: "Kitchen", socPercent: 70, loadWatts: 120, solarWatts: 80 },
    { serial: "MR51ZAB1XH4C0044", name: "Cellar", socPercent: 91, loadWatts: 300 },
    { serial: "R331ZAB1XH4C0052", name: "Office", socPercent: 66, loadWatts: 90 },
    { serial: "DCEBZAB1XH4C0068", name: "Garage", socPercent: 73, loadWatts: 150, solarWatts: 200 },
    { serial: "P351ZAB1XH4C0083", name: "Loft", socPercent: 88, loadWatts: 75 },
    { serial: "R331ZAB1XH4C0075", name: "Neighbour", socPercent: 55, loadWatts: 30, isShared: true },
  ],
  timeline: [],
};
