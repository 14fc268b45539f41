/** A cloud in memory, as small as it can be: answers of EcoFlow's two APIs by docs/protocol.md, and a broker that obeys the story. */
import { type AccountMemory, noFileMemory } from "../../src/io/accounts-file.ts";
import type { CloudDoors, CloudSetup } from "../../src/io/cloud.ts";
import { createAccount } from "../../src/io/cloud-account.ts";
import type { HttpOutcome } from "../../src/io/cloud-http.ts";
import type { MqttOptions, MqttOutcome } from "../../src/io/cloud-mqtt.ts";
import type { ManualClock } from "../../src/sim/clock.ts";

interface Connection extends MqttOptions {
  filters: string[];
  asked: { topic: string; payload: Uint8Array }[];
  open: boolean;
}

interface Request {
  base: string;
  path: string;
  query: Readonly<Record<string, string>>;
  headers: Readonly<Record<string, string>>;
}

const answer = (code: string, data: unknown = null, message = "Success"): HttpOutcome => ({
  status: 200,
  text: JSON.stringify({ code, message, data }),
  date: null,
});

/** The stations of the account, and how the cloud behaves now: the story changes both at any time. */
export class ToyCloud {
  /** The host that knows the account; others refuse it. */
  home = "https://api-a.ecoflow.com";
  stations: { sn: string; deviceName: string; online: number }[] = [];
  /** In place of every answer over HTTP. */
  http: ((path: string, base: string) => HttpOutcome | null) | null = null;
  /** In place of a connection. */
  mqtt: (() => MqttOutcome | null) | null = null;
  password = "mqtt-password-1";
  /** The values of each station in the cloud's cache. */
  quota: Record<string, unknown> = {};
  readonly requests: Request[] = [];
  readonly connections: Connection[] = [];
  readonly memory: AccountMemory;

  constructor(memory: AccountMemory = noFileMemory()) {
    this.memory = memory;
  }

  /** The doors for a house on this clock. */
  doors = (clock: ManualClock): CloudDoors => ({
    memory: this.memory,
    open: (setup: CloudSetup) => {
      const send = (base: string, request: Omit<Request, "base">) => {
        this.requests.push({ ...request, base });
        return Promise.resolve(this.http?.(request.path, base) ?? this.#answer(base, request.path));
      };
      const account = createAccount(setup, { send, wall: () => clock.wall(), random: () => 0.5 });
      return { account, connect: (options) => Promise.resolve(this.#connect(options)) };
    },
  });

  /** The open connection; throws where there is none. */
  get connection(): Connection {
    const open = this.connections.find((each) => each.open);
    if (!open) throw new Error("nobody is connected");
    return open;
  }

  /** The station's message arrives at whoever subscribed to its topic. */
  push(topic: string, payload: Uint8Array | object): void {
    const bytes = payload instanceof Uint8Array ? payload : new TextEncoder().encode(JSON.stringify(payload));
    for (const each of this.connections)
      if (each.open && each.filters.includes(topic)) each.heard(topic, bytes);
  }

  /** The broker ends the connection. */
  cut(): void {
    const { connection } = this;
    connection.open = false;
    connection.onLost();
  }

  /** How often a path was asked for, at any host. */
  count(path: string): number {
    return this.requests.filter((request) => request.path.startsWith(path)).length;
  }

  #answer(base: string, path: string): HttpOutcome {
    const isHome = base === this.home;
    if (path.startsWith("/iot-open") && !isHome) return answer("8513", null, "accessKey is invalid");
    if (path === "/auth/login" && !isHome) return answer("2026", null, "account or password error");
    if (path === "/auth/login") return answer("0", { token: "token-1", user: { userId: "1500" } });
    if (path === "/iot-open/sign/device/list") return answer("0", this.stations);
    if (path === "/iot-service/user/device") {
      return answer("0", {
        bound: Object.fromEntries(this.stations.map((each) => [each.sn, each])),
        share: {},
      });
    }
    if (path.endsWith("/certification")) {
      const account = path.startsWith("/iot-open") ? "open-abc" : "app-abc";
      return answer("0", {
        certificateAccount: account,
        certificatePassword: this.password,
        url: "mqtt-x.ecoflow.com",
        port: "8884",
        protocol: "mqtts",
      });
    }
    if (path === "/iot-open/sign/device/quota/all") return answer("0", this.quota);
    return { status: 404, text: "", date: null };
  }

  #connect(options: MqttOptions): MqttOutcome {
    const instead = this.mqtt?.() ?? null;
    if (instead) return instead;
    const { password } = options.certification;
    if (password !== this.password) return { fault: "mqtt-refused", said: "MQTT code 5", refused: true };
    const connection: Connection = { ...options, filters: [], asked: [], open: true };
    this.connections.push(connection);
    return {
      session: {
        subscribe: (filters) => {
          connection.filters.push(...filters);
          return Promise.resolve(connection.open ? [] : null);
        },
        ask: (topic, payload) => {
          connection.asked.push({ topic, payload });
          return Promise.resolve();
        },
        close: () => {
          connection.open = false;
        },
      },
    };
  }
}

export const openSource = {
  kind: "ecoflow-open",
  name: "open",
  accessKey: "key",
  secretKey: "secret",
  region: "auto",
  apiUrl: null,
  ca: null,
  devices: null,
};

export const appSource = {
  kind: "ecoflow-app",
  name: "app",
  username: "me@example.com",
  password: "hunter2",
  region: "auto",
  apiUrl: null,
  ca: null,
  devices: null,
};
