/** The emulated cloud: both APIs over HTTPS, MQTT over TLS, its stations, and the scene that happens to it. */
import type { Clock } from "../../io/clock.ts";
import { startHttpsServer } from "../../io/https-server.ts";
import type { After } from "../../io/timer.ts";
import { startTlsBroker } from "../../io/tls-broker.ts";
import { Accounts } from "./accounts.ts";
import { type ActingParts, happen, stationOf } from "./acts.ts";
import { certificateOf, createCloudAuthority } from "./certificates.ts";
import { Faults } from "./faults.ts";
import { createHttp } from "./http.ts";
import { CloudMqtt } from "./mqtt.ts";
import { type CloudAct, type CloudScene, quietScene } from "./scene.ts";
import { CloudStation } from "./station.ts";

export interface CloudOptions {
  clock: Clock;
  /** Times how long the broker stays down. */
  after: After;
  /** A number from 0 up to 1; keys and ids are made of it. */
  random: () => number;
  /** The HTTPS port; MQTT takes the next one. 0: two free ports. */
  port?: number;
  /** Default: one station of each form of messages, and nothing happens. */
  scene?: CloudScene;
  /** Why something was refused, for the person who runs the emulation. */
  note?: (text: string) => void;
}

/** Everything that a client needs to know. */
export interface CloudInfo {
  /** `https://127.0.0.1:<port>` */
  api: string;
  /** `mqtts://127.0.0.1:<port>`; a client takes it from the certification. */
  mqtt: string;
  /** The authority's certificate, PEM. */
  ca: string;
  accessKey: string;
  secretKey: string;
  username: string;
  password: string;
  stations: { sn: string; name: string; model: string; app: boolean; open: boolean }[];
}

export interface Cloud {
  readonly info: CloudInfo;
  /** Lets one second pass for the stations and the scene. */
  second(): void;
  /** Lets something happen now. Throws for a station that does not exist. */
  act(act: CloudAct): Promise<void>;
  /** The true state of a station. Throws for one that does not exist. */
  station(serial: string): CloudStation;
  /** The client ids that are connected by MQTT. */
  clientIds(): string[];
  /** Resolves when the clients have received everything that was sent to them. */
  delivered(): Promise<void>;
  /** Serials of the settings that clients wrote, by either API. */
  writes(): readonly string[];
  close(): Promise<void>;
}

const host = "127.0.0.1";

/** Starts the cloud on 127.0.0.1; rejects if a port is taken. */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const { clock, random, port = 0, scene = quietScene, note = () => {} } = options;
  const stations = new Map(scene.stations.map((setup) => [setup.serial, new CloudStation(setup)]));
  const accounts = new Accounts({ random });
  const faults = new Faults(clock);
  const writes: string[] = [];
  const wrote = (serial: string) => void writes.push(serial);
  const rules = new CloudMqtt({ accounts, stations, faults, clock, wrote, note });
  const authority = await createCloudAuthority(clock.wall());
  const certificate = await certificateOf("none", authority, clock.wall());
  const mqttPort = port === 0 ? 0 : port + 1;
  const broker = await startTlsBroker({ host, port: mqttPort, certificate, rules });
  const mqtt = { host, port: broker.port };
  const answer = createHttp({ accounts, stations, faults, mqtt, wrote, note });
  const api = await startHttpsServer({ host, port, certificate, answer }).catch(async (error: unknown) => {
    await broker.close();
    throw error;
  });
  const { after } = options;
  const parts: ActingParts = {
    clock,
    after,
    note,
    stations,
    accounts,
    faults,
    rules,
    authority,
    broker,
    api,
  };
  return {
    info: {
      api: `https://${host}:${api.port}`,
      mqtt: `mqtts://${host}:${broker.port}`,
      ca: authority.pem,
      accessKey: accounts.accessKey,
      secretKey: accounts.secretKey,
      username: accounts.username,
      password: accounts.password,
      stations: [...stations.values()].map(({ serial, setup, productName, isOpen }) => ({
        sn: serial,
        name: setup.name,
        model: productName,
        app: true,
        open: isOpen,
      })),
    },
    second: secondsOf(parts, scene),
    act: (act) => happen(parts, act),
    station: (serial) => stationOf(stations, serial),
    clientIds: () => rules.clientIds(),
    delivered: () => broker.delivered(),
    writes: () => writes,
    async close() {
      await Promise.all([broker.close(), api.close()]);
    },
  };
}

/** Returns what lets a second pass: the scene's moments first, then the stations. */
function secondsOf(parts: ActingParts, scene: CloudScene): () => void {
  const { stations, faults, rules, note } = parts;
  const open = new Set(scene.timeline);
  let sec = 0;
  return () => {
    for (const moment of [...open].filter(({ at }) => at <= sec)) {
      open.delete(moment);
      note(`scene, second ${sec}: ${JSON.stringify(moment.act)}`);
      happen(parts, moment.act).catch((error: unknown) => note(`scene: ${String(error)}`));
    }
    sec += 1;
    rules.second();
    for (const station of stations.values()) rules.deliver(station.serial, station.second(faults.wall()));
  };
}
