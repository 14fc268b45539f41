/** Carries out the acts of a scene. */
import type { Authority } from "../../io/certs.ts";
import type { Clock } from "../../io/clock.ts";
import type { HttpsServer } from "../../io/https-server.ts";
import type { After } from "../../io/timer.ts";
import type { TlsBroker } from "../../io/tls-broker.ts";
import type { Accounts } from "./accounts.ts";
import { type CertificateFault, certificateOf } from "./certificates.ts";
import type { Faults } from "./faults.ts";
import type { CloudMqtt } from "./mqtt.ts";
import type { CloudAct, StationLink } from "./scene.ts";
import type { CloudStation } from "./station.ts";

/** The parts of the cloud that acts change. */
export interface ActingParts {
  clock: Clock;
  after: After;
  note(text: string): void;
  stations: ReadonlyMap<string, CloudStation>;
  accounts: Accounts;
  faults: Faults;
  rules: CloudMqtt;
  authority: Authority;
  broker: TlsBroker;
  api: HttpsServer;
}

/** Returns a station of the scene. Throws for one that does not exist. */
export function stationOf(stations: ReadonlyMap<string, CloudStation>, serial: string): CloudStation {
  const station = stations.get(serial);
  if (station === undefined) throw new RangeError(`the scene has no station ${serial}`);
  return station;
}

/** Carries out one act now. Throws for a station that does not exist. */
export async function happen(parts: ActingParts, act: CloudAct): Promise<void> {
  const { stations, faults, rules, accounts } = parts;
  switch (act.do) {
    case "grid":
    case "load":
    case "solar":
    case "link":
    case "withdraw":
      return happenToStation(rules, stationOf(stations, act.station), act);
    case "silence":
      return rules.mute(
        act.station === undefined ? [...stations.keys()] : [stationOf(stations, act.station).serial],
      );
    case "rival":
      return faults.beginRival(act.account, act.sec);
    case "busy":
    case "hang":
      return faults.begin(act.do, act.sec);
    case "maintenance":
      faults.begin("maintenance", act.sec);
      return rules.cutAll();
    case "throttle":
      faults.spacingMs = { quota: act.quotaSec * 1_000, certification: act.certificationSec * 1_000 };
      return;
    case "answer":
      return faults.force(act.path, act.code, act.message, act.times);
    case "expire":
      accounts.expire(act.account);
      return rules.cut(act.account);
    case "region":
      faults.region = act.region;
      return act.region === "right" ? undefined : rules.cutAll();
    case "clock":
      return faults.setClock(act.offsetSec);
    case "restart":
      return restart(parts, act.sec, [parts.broker]);
    case "unreachable":
      return restart(parts, act.sec, [parts.broker, parts.api]);
    case "certificate":
      return showCertificate(parts, act.fault);
  }
}

type StationAct = Extract<CloudAct, { do: "grid" | "load" | "solar" | "link" | "withdraw" }>;

function happenToStation(rules: CloudMqtt, station: CloudStation, act: StationAct): void {
  if (act.do === "grid") station.battery.setGrid(act.up);
  else if (act.do === "load") station.battery.setLoad(act.watts);
  else if (act.do === "solar") station.battery.setSolar(act.watts);
  else if (act.do === "withdraw") station.isOpen = act.isServed;
  else setLink(rules, station, act.link);
}

/** Changes the link; the developer API publishes the online flag when it changes. */
function setLink(rules: CloudMqtt, station: CloudStation, link: StationLink): void {
  const wasOnline = station.isOnline;
  station.setLink(link);
  if (station.isOpen && station.isOnline !== wasOnline) rules.deliverStatus(station.serial, station.isOnline);
}

/** Resolves when these servers are down; they come back by themselves. */
async function restart(
  { after, note }: ActingParts,
  sec: number,
  servers: readonly (TlsBroker | HttpsServer)[],
): Promise<void> {
  await Promise.all(servers.map((server) => server.silence()));
  after(sec * 1_000, () => {
    for (const server of servers)
      server
        .listen()
        .catch((error: unknown) => note(`a port of the cloud did not open again: ${String(error)}`));
  });
}

async function showCertificate(
  { authority, clock, broker, api }: ActingParts,
  fault: CertificateFault,
): Promise<void> {
  const certificate = await certificateOf(fault, authority, clock.wall());
  broker.setCertificate(certificate);
  api.setCertificate(certificate);
}
